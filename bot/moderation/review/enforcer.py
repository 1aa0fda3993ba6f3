"""The port that carries out actions on Discord."""

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
    """Discord did it. `note` says anything else a moderator should know, such as that it was done before."""

    note: str = ""
    until: datetime | None = None  #: the end of the timeout that was set, or left in force
    earlier_until: datetime | None = None  #: the end of the timeout that was in force before and no longer is
    left: Action | None = None  #: the timeout of another case that is in force now


@dataclass(frozen=True, slots=True, kw_only=True)
class Declined:
    """It was not done. `why` is one plain sentence for moderators."""

    why: str
    until: datetime | None = None  #: the end of the timeout that stays, because this action may not end it


@dataclass(frozen=True, slots=True, kw_only=True)
class Unheard:
    """Discord was asked, and the result is unknown. `why` is one plain sentence for moderators."""

    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unneeded:
    """The effect was in force already, or over already: nothing was changed. `why` says so in one plain sentence for
    moderators."""

    why: str
    until: datetime | None = None  #: the end of the timeout that was asked for
    earlier_until: datetime | None = None  #: the end of the timeout in force, which lasts at least as long


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedText:
    """The version of the message that led to an automatic action. If the message was edited after that, no action is
    taken, because the new text wasn't judged or has its own verdict."""

    message_id: int
    edit: int | None  #: milliseconds since 1970; 0 for the message as posted, None to use the case's


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What an action may change about a timeout or ban that is already in force, and under which conditions."""

    earlier: Action | None = None  #: the action that it undoes or changes: timeouts and bans set by others stay
    #: The end of the timeout in force that the moderator saw and wants to replace, even by one that ends earlier.
    may_replace: datetime | None = None
    others: tuple[Action, ...] = ()  #: the timeouts of all cases about the member: one of them may be in force
    kept: Kept | None = None  #: what keeps the member timed out in any case
    decided: frozenset[int] = frozenset()  #: of the cases behind `others`, the decided ones
    #: Called right before Discord is asked, with the end of the timeout about to be set and of the one in force.
    notes_ends: Callable[[datetime, datetime | None], Awaitable[None]] | None = None
    judged: JudgedText | None = None  #: for an automatic action: it is declined if the message has changed


AS_USUAL = Terms()


class Enforcer(Protocol):
    """Carries out actions on Discord. Doesn't raise when Discord refuses.

    Never shortens a timeout unless the terms allow it, never lifts a timeout or ban set by another case or a person,
    and never does anything that the moderator may not do by hand.
    """

    async def foresee(self, action: Action, case: Case) -> Declined | Unneeded | None:
        """Why the action would fail or isn't needed, as far as can be known without trying: the member is immune or
        ranks above, or a permission is missing. Called before a member is told of a kick or ban. Changes nothing on
        Discord."""

    async def carry_out(
        self, action: Action, case: Case, terms: Terms = AS_USUAL
    ) -> Accepted | Unneeded | Declined | Unheard:
        """Do it, with the case's number in Discord's audit log reason. Staff, bots and the owner are immune. Called for
        one action about a member at a time."""


@dataclass(slots=True)
class MemoryEnforcer:
    """For tests: an enforcer that records requests. While `refusal` is set, it is the answer."""

    carried_out: list[Action] = field(default_factory=list)
    terms: list[Terms] = field(default_factory=list)  #: the terms of each request
    refusal: Declined | Unneeded | Unheard | None = None
    foreseen: Declined | Unneeded | None = None

    async def foresee(self, action: Action, case: Case) -> Declined | Unneeded | None:
        """The answer that the test set."""
        del action, case
        return self.foreseen

    async def carry_out(
        self, action: Action, case: Case, terms: Terms = AS_USUAL
    ) -> Accepted | Unneeded | Declined | Unheard:
        """Record the action, or refuse."""
        del case
        if self.refusal:
            return self.refusal
        self.carried_out.append(action)
        self.terms.append(terms)
        return Accepted()
