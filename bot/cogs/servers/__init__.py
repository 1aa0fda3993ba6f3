"""Discord's side of a server's set-up: `/setup` and `/settings`."""
