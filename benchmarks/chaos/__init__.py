"""Faults of every kind against the real bot: `python -m benchmarks.chaos`."""
