"""Schema changes, one file each. Imports nothing of ours but the shared MetaData."""
