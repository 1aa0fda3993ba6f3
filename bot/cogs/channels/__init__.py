"""A server's channels that Bylaw can or can't see."""
