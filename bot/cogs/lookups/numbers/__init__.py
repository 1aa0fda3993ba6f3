"""``/mod``: counts as moderators and members read them."""
