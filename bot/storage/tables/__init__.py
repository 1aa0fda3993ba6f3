"""The tables, one file per capability."""
