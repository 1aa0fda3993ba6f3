"""What somebody is asked or offered right after they decided a case."""
