"""Evaluates judges: labelled rows in, predictions on disk, figures and reports out. No Discord, no SQL."""
