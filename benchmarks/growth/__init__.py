"""How time grows with size: nothing may grow faster than its input, nor hold up the event loop."""
