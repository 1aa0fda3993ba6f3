"""The current room: SimCord's Preview, and the proxy that lets our page show it."""
