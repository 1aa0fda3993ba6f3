"""The real bot in a simulated server, and the story that the demo plays there."""
