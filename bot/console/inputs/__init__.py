"""Inputs of the commands: files, JSON lines, options, and the choice of the judge."""
