"""Discord's side of cards: how a case looks, its buttons, and the channel it is posted to."""
