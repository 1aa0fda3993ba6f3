"""Discord's side of a server's setup: `/setup` and `/settings`."""
