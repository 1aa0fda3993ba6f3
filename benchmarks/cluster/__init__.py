"""Two bot processes over one PostgreSQL, and what a second judge gains: `python -m benchmarks.cluster`."""
