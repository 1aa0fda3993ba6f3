"""`bylaw policy`: checks, compares, imports and backtests policy files."""
