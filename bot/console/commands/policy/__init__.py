"""`bylaw policy`: policy files checked, compared, imported, and tried on past decisions."""
