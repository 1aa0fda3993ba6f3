"""The append-only audit log in SQL."""
