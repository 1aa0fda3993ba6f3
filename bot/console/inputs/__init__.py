"""What the console reads: files, JSON lines, options, and which judge was asked for."""
