"""Data sets: labelled rows, and cards that say where they come from and what the labels mean."""
