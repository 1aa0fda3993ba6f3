"""Shared cards, which represent many cases, such as a raid: rendering, buttons, and raid controls."""
