"""Figures from predictions, each with an interval. Needs the extra `eval`; no model, no rows."""
