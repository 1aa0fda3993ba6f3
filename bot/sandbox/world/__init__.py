"""The simulated server: its rounds, its people and rooms, and why something cannot be done there."""
