"""Controls against a raid as a whole, in addition to decisions on its cases."""
