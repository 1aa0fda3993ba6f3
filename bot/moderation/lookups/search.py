"""Finding cases again: what can be asked for, and what a list shows of each case."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.moderation.cases.case import Case, CaseKind, CaseState, RuleBroken

PAGE = 10  #: cases on one page of a list
LONGEST_WORD = 40  #: characters of a word that count

_WORDS = re.compile(r"\w+")


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseQuery:
    """Which cases are wanted; what is None or empty does not matter."""

    member_id: int | None = None
    rule_id: str | None = None  #: compared without regard to case
    policy_id: int | None = None
    moderator_id: int | None = None  #: who decided
    state: CaseState | None = None
    kinds: frozenset[CaseKind] = frozenset()
    opened_from: datetime | None = None
    opened_before: datetime | None = None
    words: frozenset[str] = frozenset()  #: all of them are in notes of the case; as `words_of` gives them


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseLine:
    """What a list shows of a case. Holds no text of anybody's."""

    number: int
    kind: CaseKind
    state: CaseState
    member_id: int
    channel_id: int  #: 0 where it has none
    message_id: int
    gone: bool
    policy_name: str
    rules: tuple[RuleBroken, ...]
    opened_at: datetime
    decided_by: int | None
    decided_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CasePage:
    """A page of a list, the newest case first."""

    lines: tuple[CaseLine, ...] = ()
    newer: bool = False  #: there are cases before this page
    older: bool = False  #: there are cases behind it


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberSummary:
    """A member's cases in numbers."""

    states: tuple[tuple[CaseState, int], ...] = ()  #: how many cases are in each state; none that is zero
    last_at: datetime | None = None

    @property
    def total(self) -> int:
        """All of them."""
        return sum(count for _, count in self.states)


class ExportLog(Protocol):
    """Writes down what was taken away."""

    async def exported(self, guild_id: int, *, actor_id: int, cases: int, what: str, number: int | None = None) -> None:
        """Write an audit entry: this many cases were exported, in this form; with a number, that case alone."""


class CaseSearchStore(ExportLog, Protocol):
    """Looks cases up. Every method is one transaction."""

    async def find(
        self,
        guild_id: int,
        query: CaseQuery,
        *,
        older_than: int | None = None,
        newer_than: int | None = None,
        limit: int = PAGE,
    ) -> CasePage:
        """The newest cases; or those next to a case, by its number, on its older or on its newer side."""

    async def whole(
        self, guild_id: int, query: CaseQuery, *, older_than: int | None = None, limit: int
    ) -> tuple[Case, ...]:
        """The newest cases with their texts; or those on the older side of a case, by its number."""

    async def of_message(self, guild_id: int, message_id: int) -> tuple[Case, ...]:
        """The cases about a message, the oldest first."""

    async def summary(self, guild_id: int, member_id: int) -> MemberSummary:
        """All cases of a member in numbers."""

    async def keep(self, guild_id: int, query: CaseQuery) -> int:
        """Keep a query for the buttons below its list, for a week; its id."""

    async def kept(self, guild_id: int, query_id: int) -> CaseQuery | None:
        """A query that was kept; None where it is too old or another server's."""


def words_of(text: str) -> frozenset[str]:
    """The words by which a note is found: folded, and of scripts without spaces every letter by itself."""
    found: set[str] = set()
    for run in _WORDS.findall(unicodedata.normalize("NFKC", text).casefold()):
        word = ""
        for letter in run:
            if unicodedata.east_asian_width(letter) in {"W", "F"}:
                found |= {letter, word}
                word = ""
            else:
                word += letter
        found.add(word)
    return frozenset(word[:LONGEST_WORD] for word in found if word)
