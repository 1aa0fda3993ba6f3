"""Case search: queries, and what a list shows of each case."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.moderation.cases.case import Case, CaseKind, CaseState, RuleBroken

PAGE = 10  #: cases on one page of a list
LONGEST_WORD = 40  #: only this many characters of a word are compared

_WORDS = re.compile(r"\w+")


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseQuery:
    """A filter for cases. A field that is None or empty matches everything."""

    member_id: int | None = None
    rule_id: str | None = None  #: compared without regard to case
    policy_id: int | None = None
    moderator_id: int | None = None  #: who decided
    state: CaseState | None = None
    kinds: frozenset[CaseKind] = frozenset()
    opened_from: datetime | None = None
    opened_before: datetime | None = None
    words: frozenset[str] = frozenset()  #: all of them occur in notes of the case; as returned by `words_of`


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseLine:
    """A case in a list. Holds no text that anybody wrote."""

    number: int
    kind: CaseKind
    state: CaseState
    member_id: int
    channel_id: int  #: 0 if it has none
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
    older: bool = False  #: there are cases after it


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberSummary:
    """A member's cases in numbers."""

    states: tuple[tuple[CaseState, int], ...] = ()  #: number of cases in each state; states without cases are left out
    last_at: datetime | None = None

    @property
    def total(self) -> int:
        """All of them."""
        return sum(count for _, count in self.states)


class ExportLog(Protocol):
    """Records exports in the audit log."""

    async def exported(self, guild_id: int, *, actor_id: int, cases: int, what: str, number: int | None = None) -> None:
        """Write an audit entry: this many cases were exported, in this format; with a number, only that case."""


class CaseSearchStore(ExportLog, Protocol):
    """Searches cases. Every method is one transaction."""

    async def find(
        self,
        guild_id: int,
        query: CaseQuery,
        *,
        older_than: int | None = None,
        newer_than: int | None = None,
        limit: int = PAGE,
    ) -> CasePage:
        """The newest cases; or those next to a case, by its number, on its older or newer side."""

    async def whole(
        self, guild_id: int, query: CaseQuery, *, older_than: int | None = None, limit: int
    ) -> tuple[Case, ...]:
        """The newest cases with their texts; or those older than a case, by its number."""

    async def of_message(self, guild_id: int, message_id: int) -> tuple[Case, ...]:
        """The cases about a message, the oldest first."""

    async def summary(self, guild_id: int, member_id: int) -> MemberSummary:
        """All cases of a member in numbers."""

    async def keep(self, guild_id: int, query: CaseQuery) -> int:
        """Store a query for the buttons below its list, for a week. Returns its id."""

    async def kept(self, guild_id: int, query_id: int) -> CaseQuery | None:
        """A stored query. None if it expired or belongs to another server."""


def words_of(text: str) -> frozenset[str]:
    """The search words of a text: case-folded; in scripts without spaces, each letter is a word."""
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
