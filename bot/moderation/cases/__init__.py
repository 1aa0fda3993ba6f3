"""Cases, actions, notes and audit entries: the values, and the ports of the stores that keep them."""
