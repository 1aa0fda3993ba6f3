"""Discord's side of review: the buttons and forms that decide, act and undo."""
