"""Pictures: bursts of them, the same one again after a decision, and small copies. Pictures are never judged."""
