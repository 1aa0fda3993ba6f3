"""How each kind of server is spoken to, and a reply written or read through it."""
