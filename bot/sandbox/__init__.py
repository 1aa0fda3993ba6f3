"""The sandbox: a page, only on this machine, around a simulated server, where people learn Bylaw by using it."""
