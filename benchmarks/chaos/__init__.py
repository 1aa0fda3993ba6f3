"""A storm of faults against the real bot: `python -m benchmarks.chaos`."""
