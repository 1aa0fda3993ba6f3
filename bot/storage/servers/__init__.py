"""Servers, their options and their channels' watermarks in SQL."""
