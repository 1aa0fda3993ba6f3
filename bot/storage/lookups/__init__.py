"""Case search, statistics and samples in SQL."""
