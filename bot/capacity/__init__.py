"""Capacity planning: how much hardware a community needs. Arithmetic only, no Discord and no judge."""
