"""The reason that is in Discord's audit log behind what Bylaw did: the case, why, and for whom.

Discord takes 512 characters after URL encoding, in which a letter outside ASCII counts for six and an emoji for twelve.
"""

from __future__ import annotations

import unicodedata
from itertools import accumulate
from urllib.parse import quote

from bot.moderation.cases.action import Action

LIMIT = 512  #: characters, after URL encoding
_UNENCODED = "/ "  # what discord.py leaves as it is
_NAME_LIMIT = 32


def audit_reason(case_number: int, reason: str, *, by: tuple[str, int] | None) -> str:
    """``Case 12: spoilers again (by omar, 123)``, cut within the reason where it would be too long.

    Args:
        by: name and id of the moderator; None where Bylaw acted by itself.
    """
    head, why = f"Case {case_number}", _plain(reason)
    tail = f" (by {_plain(by[0])[:_NAME_LIMIT]}, {by[1]})" if by else " (by itself)"
    if not why:
        return f"{head}{tail}"
    whole = f"{head}: {why}{tail}"
    if _length(whole) <= LIMIT:
        return whole
    room = LIMIT - _length(f"{head}: …{tail}")
    kept = sum(used <= room for used in accumulate(map(_length, why)))
    return f"{head}: {why[:kept].rstrip()}…{tail}"


def names_case(reason: str, case_number: int) -> bool:
    """Does this reason name the case as Bylaw's do? Anybody could write it: look at who did."""
    return reason.startswith((f"Case {case_number}: ", f"Case {case_number} ("))


def is_written_for(reason: str, action: Action) -> bool:
    """Does this reason begin and end as the one that Bylaw wrote for this action?"""
    tail = "(by itself)" if action.new.by is None else f", {action.new.by})"
    return names_case(reason, action.new.case_number) and reason.endswith(tail)


def _plain(text: str) -> str:
    """On one line, without control characters and lone surrogates, which cannot be encoded."""
    kept = "".join(character if unicodedata.category(character) not in {"Cc", "Cs"} else " " for character in text)
    return " ".join(kept.split())


def _length(text: str) -> int:
    return len(quote(text, safe=_UNENCODED))
