"""Pictures: bursts of them, the same one again after a decision, and small copies. None of them is judged."""
