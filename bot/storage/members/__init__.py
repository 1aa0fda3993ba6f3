"""Appeals, notices and reports in SQL."""
