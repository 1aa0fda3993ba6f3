"""Questions and offers right after a decision."""
