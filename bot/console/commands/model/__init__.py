"""`bylaw model`: downloads, checks and measures the model; and `bylaw plan`, which estimates a community's load."""
