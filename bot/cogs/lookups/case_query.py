"""Converts the typed options of ``/case search`` and ``/case export`` to a query."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.cogs.interactions.dates import NOT_A_DAY, BadDay, day, say_swap
from bot.cogs.interactions.quoting import on_one_line
from bot.languages.translation import _
from bot.moderation.cases.case import CaseKind, CaseState
from bot.moderation.lookups.search import CaseQuery, words_of
from bot.moderation.policies.publishing import Publishing

_SHOWN = 300  #: UTF-16 units
#: AutoMod has already handled its hits: they need no decision.
_WAITING = frozenset(CaseKind) - {CaseKind.AUTOMOD}


class BadQuery(ValueError):
    """The query is invalid. Its text is for the person who asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedQuery:
    """The options as typed or chosen; None if left out."""

    state: str | None = None
    kind: str | None = None
    member_id: int | None = None
    moderator_id: int | None = None
    rule: str | None = None
    policy: str | None = None  #: its name
    since: str | None = None  #: a day, or this many days ago
    until: str | None = None
    notes: str | None = None  #: words that the notes have


async def query_of(
    typed: TypedQuery, desk: Publishing, guild_id: int, *, now: datetime, all_kinds: bool = False
) -> CaseQuery:
    """Convert the options to a query in a server.

    Args:
        all_kinds: “Open” without a kind means all open cases; otherwise it leaves out those that need no decision.

    Raises:
        BadQuery: there is no such policy or day, or nothing to look for in notes.
    """
    policy_id = None
    if typed.policy is not None:
        found = await desk.find(guild_id, typed.policy)
        if found is None:
            raise BadQuery(_("There is no policy named “{name}”.", name=on_one_line(typed.policy, _SHOWN)))
        policy_id = found.id
    words = frozenset[str]() if typed.notes is None else words_of(typed.notes)
    if typed.notes is not None and not words:
        raise BadQuery(_("Write a word to look for in notes."))
    opened_from, opened_before = _days(typed, now)
    kinds = frozenset({CaseKind(typed.kind)}) if typed.kind is not None else frozenset[CaseKind]()
    if not kinds and typed.state == CaseState.OPEN.value and not all_kinds:
        kinds = _WAITING
    return CaseQuery(
        state=None if typed.state is None else CaseState(typed.state),
        kinds=kinds,
        member_id=typed.member_id,
        moderator_id=typed.moderator_id,
        rule_id=typed.rule,
        policy_id=policy_id,
        words=words,
        opened_from=opened_from,
        opened_before=opened_before,
    )


def _days(typed: TypedQuery, now: datetime) -> tuple[datetime | None, datetime | None]:
    """The beginning and end of the time span."""
    try:
        first = None if typed.since is None else day(typed.since, now)
        last = None if typed.until is None else day(typed.until, now, end=True)
    except BadDay:
        raise BadQuery(_(NOT_A_DAY)) from None
    if first is not None and last is not None and first >= last:
        raise BadQuery(say_swap(first, last))
    return first, last
