"""The simulated server: its rounds, its people and rooms, and errors."""
