"""Disclosure: everything that is stored about a case, in a file."""
