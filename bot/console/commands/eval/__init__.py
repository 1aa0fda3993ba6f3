"""`bylaw eval`: judge sets of labelled rows, report how well it went, compare two runs."""
