"""How fast the engine judges, beside what a user would run instead: `python -m benchmarks.engine --json`."""
