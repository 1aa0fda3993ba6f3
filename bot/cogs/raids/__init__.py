"""Raid controls on Discord: the panel opened by a button on a raid's card, its forms, and their handlers."""
