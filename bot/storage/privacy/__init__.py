"""A member's data, erasure, departures and key rotation in SQL."""
