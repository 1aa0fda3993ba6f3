"""What moderators do with a case: decide, act, undo, add notes, one case or many at once."""
