"""Raids: many members post one text or picture, or break one rule, within a minute. Their cases share a card.

Kept in memory only: after a restart, counting starts from zero.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from cachetools import LRUCache

from bot.moderation.cases.case import Case
from bot.moderation.cases.further_messages import BY_PICTURES, digest_of

RAID_SECONDS = 60.0
RAID_MEMBERS = 5  #: members with the same text in this time
RAID_CASES = 20  #: cases of one rule in this time, by at least `RAID_MEMBERS`
_KEPT = 2_048  #: texts and rules watched at once

RaidKey = tuple[int, int, str, bytes]


@dataclass(slots=True)
class _Watched:
    # A time window, not a cache: case number -> when, by whom; oldest first.
    cases: OrderedDict[int, tuple[float, int]] = field(default_factory=OrderedDict)
    is_raid: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Raid:
    """A raid in progress. `numbers` are its cases of the last minute, including this one."""

    key: RaidKey
    numbers: tuple[int, ...]


class RaidWatch:
    """Detects raids: many members with one text, or many cases of one rule, in a minute. A raid ends after a quiet
    minute."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._watched: LRUCache[RaidKey, _Watched] = LRUCache(maxsize=_KEPT)

    def see(self, case: Case) -> Raid | None:
        """Record a case. Returns the raid that it belongs to, if any. Recording a case twice changes nothing."""
        raids = [raid for key in _keys(case) if (raid := self._note(key, case)) is not None]
        return raids[0] if raids else None

    def _note(self, key: RaidKey, case: Case) -> Raid | None:
        now = self._clock()
        watched = self._watched.setdefault(key, _Watched())
        cases = watched.cases
        while cases and now - next(iter(cases.values()))[0] > RAID_SECONDS:
            cases.popitem(last=False)
        watched.is_raid = watched.is_raid and bool(cases)
        cases.setdefault(case.number, (now, case.evidence.author_id))
        if not watched.is_raid:  # once it is a raid, don't count thousands of cases again for each new one
            members = len({member for _, member in cases.values()})
            watched.is_raid = members >= RAID_MEMBERS and (key[2] == "text" or len(cases) >= RAID_CASES)
        return Raid(key=key, numbers=tuple(cases)) if watched.is_raid else None


def _keys(case: Case) -> tuple[RaidKey, ...]:
    """The keys that cases of one raid share: the text or how its pictures were found first, then the rule."""
    judged = case.judged
    text = judged.method if case.kind in BY_PICTURES else case.evidence.text if judged.rules else None
    where = (case.guild_id, judged.version_id)
    by_text = [(*where, "text", digest_of(text))] if text else []
    by_rule = [(*where, "rule", rule.id.encode("utf-8", "replace")) for rule in judged.rules[:1]]
    return (*by_text, *by_rule)
