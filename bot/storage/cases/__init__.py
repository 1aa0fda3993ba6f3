"""Cases, actions and notes in SQL."""
