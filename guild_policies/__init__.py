"""The policies of a server: written, checked, versioned and kept. Knows a server only as a number."""
