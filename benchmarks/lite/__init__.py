"""How fast the lite judge is, and how much it finds, beside simpler filters."""
