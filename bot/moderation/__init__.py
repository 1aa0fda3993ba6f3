"""What happens to a message: pure decisions, and services in our own words. No discord, no SQL."""
