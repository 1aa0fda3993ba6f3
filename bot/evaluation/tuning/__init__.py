"""Tuning: chooses among variants on development rows only, and tests the winner once on held-out rows."""
