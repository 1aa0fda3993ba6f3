"""Choosing among ways to ask the judge: on development rows only, and the chosen one meets the held-out rows once."""
