"""The reason of Bylaw's actions in Discord's audit log: the case, why, and for whom.

Discord's limit is 512 characters after URL encoding, in which a letter outside ASCII counts for six and an emoji for
twelve.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from functools import partial
from itertools import accumulate
from urllib.parse import quote

from bot.languages.language import Language
from bot.languages.translation import _, speaking
from bot.moderation.cases.action import Action

LIMIT = 512  #: characters, after URL encoding
_UNENCODED = "/ "  # characters that discord.py doesn't encode
_NAME_LIMIT = 32


def audit_reason(case_number: int, reason: str, *, by: tuple[str, int] | None) -> str:
    """``Case 12: spoilers again (by omar, 123)`` in the current language, with the reason shortened if
    needed.

    Args:
        by: name and id of the moderator; None if Bylaw acted automatically.
    """
    head, why = _head(case_number), _plain(reason)
    tail = f" ({_by_itself()})"
    if by is not None:
        tail = f" ({_('by {member}', member=_plain(by[0])[:_NAME_LIMIT])}, {by[1]})"
    if not why:
        return f"{head}{tail}"
    whole = f"{head}: {why}{tail}"
    if _length(whole) <= LIMIT:
        return whole
    room = LIMIT - _length(f"{head}: …{tail}")
    kept = sum(used <= room for used in accumulate(map(_length, why)))
    return f"{head}: {why[:kept].rstrip()}…{tail}"


def names_case(reason: str, case_number: int) -> bool:
    """Does this reason name the case as Bylaw's do, in any language? Anybody could write it: check who did."""
    heads = _in_every_language(partial(_head, case_number))
    return reason.startswith(tuple(f"{head}{sign}" for head in heads for sign in (": ", " (")))


def is_written_for(reason: str, action: Action) -> bool:
    """Does this reason begin and end like the one that Bylaw wrote for this action?"""
    by = action.new.by
    tails = (f", {by})",) if by is not None else tuple(f"({each})" for each in _in_every_language(_by_itself))
    return names_case(reason, action.new.case_number) and reason.endswith(tails)


def _head(case_number: int) -> str:
    return _("Case {number}", number=case_number)


def _by_itself() -> str:
    # Translators: in Discord's audit log, behind what was done: no moderator wanted it, Bylaw did it by itself.
    return _("by itself")


def _in_every_language(say: Callable[[], str]) -> list[str]:
    """A text in all languages, because a server may change its language, and Discord keeps the old reasons."""
    said = []
    for language in Language:
        with speaking(language):
            said.append(say())
    return said


def _plain(text: str) -> str:
    """On one line, without control characters and lone surrogates, which cannot be encoded."""
    kept = "".join(character if unicodedata.category(character) not in {"Cc", "Cs"} else " " for character in text)
    return " ".join(kept.split())


def _length(text: str) -> int:
    return len(quote(text, safe=_UNENCODED))
