"""Actions of a person at the page in the simulated server, and the “try this” list."""
