"""What a person at the page does in the simulated server, and what the list knows to be done."""
