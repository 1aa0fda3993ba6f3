"""`bylaw settings`: every setting with its default and its meaning."""

from __future__ import annotations


def settings() -> None:
    """List every setting, its default and its meaning, as a Markdown table."""
    from bot.console.screen.output import print_line
    from bot.settings import settings_table

    print_line(settings_table())
