"""Shared by all commands, buttons and forms: replies, forms, quoting, permission, errors."""
