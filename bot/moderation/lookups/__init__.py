"""Lookups: case search, lists, export, `/why`, statistics, samples."""
