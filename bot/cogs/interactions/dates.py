"""Days as moderators type them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from bot.cogs.interactions.wording import at
from bot.languages.translation import _, marked

NOT_A_DAY = marked("Write a day like 2026-11-21, or 30d for 30 days ago.")

_AGO = re.compile(r"([0-9]{1,5})\s*d")


class BadDay(ValueError):
    """The text isn't a date."""


def day(text: str, now: datetime, *, end: bool = False) -> datetime:
    """The beginning of a day in UTC, or its end.

    Raises:
        BadDay: the text isn't a date.
    """
    ago = _AGO.fullmatch(text.strip().lower())
    try:
        if ago:
            found = now.astimezone(UTC).date() - timedelta(days=int(ago[1]))
        else:
            found = datetime.strptime(text.strip(), "%Y-%m-%d").replace(tzinfo=UTC).date()
        start = datetime(found.year, found.month, found.day, tzinfo=UTC)
        return start + timedelta(days=1) if end else start
    except (ValueError, OverflowError):
        raise BadDay(NOT_A_DAY) from None


def say_swap(first: datetime, last: datetime) -> str:
    """Says that a span ends before it begins."""
    return _("{first} is after {last}: swap them.", first=at(first, "d"), last=at(last, "d"))
