"""The sandbox: a page on this machine alone around a simulated server, where people learn Bylaw by using it."""
