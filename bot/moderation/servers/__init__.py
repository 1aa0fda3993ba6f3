"""What is known about a server: its options, permissions, languages, retention, departure."""
