"""Judging the rows of a set: what was asked of whom (the manifest), the answers as they came, and going on later."""
