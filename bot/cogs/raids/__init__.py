"""Raid controls on Discord: the panel behind a button on a raid's card, its forms, and what they do."""
