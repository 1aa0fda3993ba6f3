"""Discord's side of judging: `/status`, and checking a message or a conversation by menu."""
