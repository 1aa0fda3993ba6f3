"""Where policies and their versions are kept: the port, and its implementation in SQL."""
