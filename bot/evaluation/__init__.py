"""How well a judge judges: rows with labels in, predictions on disk, figures and reports out. No Discord, no SQL."""
