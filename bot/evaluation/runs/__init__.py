"""Runs: judging the rows of a set, with a manifest, stored answers, and resuming."""
