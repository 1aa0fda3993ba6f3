"""SQLAlchemy Core only. No discord."""
