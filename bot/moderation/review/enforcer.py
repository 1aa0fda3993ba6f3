"""The port through which actions are carried out on Discord."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from bot.moderation.cases.action import Action
from bot.moderation.cases.case import Case
from bot.moderation.review.kept_timeouts import Kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """Discord did it. `note` says in words what else a moderator should know, such as that it was done before."""

    note: str = ""
    until: datetime | None = None  #: the end of the timeout that was set, or left in force
    earlier_until: datetime | None = None  #: the end of the timeout that was in force before and is not any longer
    left: Action | None = None  #: the timeout of another case that is in force now


@dataclass(frozen=True, slots=True, kw_only=True)
class Declined:
    """It was not done. `why` is one plain sentence for moderators."""

    why: str
    until: datetime | None = None  #: the end of the timeout that stays, because it is not this action's to end


@dataclass(frozen=True, slots=True, kw_only=True)
class Unheard:
    """Discord was asked, and nobody knows whether it did it. `why` is one plain sentence for moderators."""

    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unneeded:
    """What the action asks for was in force already, or over already: nothing was changed. `why` says so in one plain
    sentence for moderators."""

    why: str
    until: datetime | None = None  #: the end of the timeout that was asked for
    earlier_until: datetime | None = None  #: the end of the timeout in force, which lasts at least as long


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedText:
    """The message that an automatic action follows from, as it read when it was judged. Nothing follows once it was
    edited after that: its new text has not been judged, or has a verdict of its own."""

    message_id: int
    edit: int | None  #: milliseconds since 1970; 0 for the message as posted, None for what its case says


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What an action may do to a timeout or ban that is in force already, and what must still be so."""

    earlier: Action | None = None  #: the action that it undoes or changes: what anybody else set stays
    #: The end of the timeout in force that the moderator saw, and wants replaced even by one that ends earlier.
    may_replace: datetime | None = None
    others: tuple[Action, ...] = ()  #: the timeouts of all cases about the member: one of them may be in force
    kept: Kept | None = None  #: what keeps the member timed out, whatever is undone or changed here
    decided: frozenset[int] = frozenset()  #: those of the cases behind `others` that somebody decided
    #: Told the end of a timeout that is about to be set, and of the one in force, right before Discord is asked.
    notes_ends: Callable[[datetime, datetime | None], Awaitable[None]] | None = None
    judged: JudgedText | None = None  #: of an automatic action: it is declined where the message reads otherwise now


AS_USUAL = Terms()


class Enforcer(Protocol):
    """Carries actions out on Discord. Never raises for what Discord refuses.

    Never shortens a timeout unless the terms say so, never lifts what another case or a person set, and never does for
    a moderator what they may not do by hand.
    """

    async def foresee(self, action: Action, case: Case) -> Declined | Unneeded | None:
        """Why it could not be done, or need not be, as far as that can be known without trying: the member is immune
        or ranks above, or a permission is missing. Asked before a member is told of a kick or ban. Changes nothing on
        Discord."""

    async def carry_out(
        self, action: Action, case: Case, terms: Terms = AS_USUAL
    ) -> Accepted | Unneeded | Declined | Unheard:
        """Do it, with the case's number in Discord's audit log reason. Staff, bots and the owner are immune. Called for
        one action about a member at a time."""


@dataclass(slots=True)
class MemoryEnforcer:
    """An enforcer that keeps what it was asked: for tests. `refusal` is its answer while it is set."""

    carried_out: list[Action] = field(default_factory=list)
    terms: list[Terms] = field(default_factory=list)  #: on which it was asked to
    refusal: Declined | Unneeded | Unheard | None = None
    foreseen: Declined | Unneeded | None = None

    async def foresee(self, action: Action, case: Case) -> Declined | Unneeded | None:
        """What a test says."""
        del action, case
        return self.foreseen

    async def carry_out(
        self, action: Action, case: Case, terms: Terms = AS_USUAL
    ) -> Accepted | Unneeded | Declined | Unheard:
        """Keep the action, or refuse."""
        del case
        if self.refusal:
            return self.refusal
        self.carried_out.append(action)
        self.terms.append(terms)
        return Accepted()
