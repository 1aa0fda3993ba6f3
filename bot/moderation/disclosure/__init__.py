"""A case handed out as a whole: everything that is kept of it, in a file."""
