"""Speed against named peers, and random-weight model files."""
