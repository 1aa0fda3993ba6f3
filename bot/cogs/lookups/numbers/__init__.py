"""``/mod``: statistics for moderators and members."""
