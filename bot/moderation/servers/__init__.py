"""Servers: their options, permissions, languages, retention and departure."""
