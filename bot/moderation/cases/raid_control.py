"""Raid controls: invites or direct messages paused for a time, or slow mode in a channel, set from a raid's card.

Like an action, a control is stored before Discord is asked and settled afterwards. Unlike an action, it isn't about a
member: it belongs to the card and the server. It stores what was in force before, so that its end restores exactly
that.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from bot.moderation.servers.retention import PURGED_AT_A_TIME, KeepsTexts

LONGEST_CONTROL = timedelta(hours=24)  #: Discord's limit for a pause


class ControlKind(StrEnum):
    """What can be done. The values are stored, and part of custom_ids."""

    PAUSE_INVITES = "pause_invites"  #: nobody can join with an invite
    PAUSE_DMS = "pause_dms"  #: members who are not friends cannot send each other direct messages
    SLOW_MODE = "slow_mode"  #: in one channel


class ControlState(StrEnum):
    """The state of a control. The values are stored."""

    PENDING = "pending"  #: Discord is being asked
    IN_FORCE = "in_force"
    REFUSED = "refused"  #: it was never in force; `why` says so in words
    UNCERTAIN = "uncertain"  #: Discord's answer is unknown; looked up within minutes
    ENDING = "ending"  #: Discord is being asked to end it
    ENDED = "ended"


#: Allowed changes of state. Anything else changes nothing, so only one of two simultaneous clicks counts.
MAY_BECOME = {
    ControlState.PENDING: {ControlState.IN_FORCE, ControlState.REFUSED, ControlState.UNCERTAIN},
    ControlState.UNCERTAIN: {ControlState.IN_FORCE, ControlState.REFUSED},
    ControlState.IN_FORCE: {ControlState.ENDING, ControlState.ENDED},
    ControlState.ENDING: {ControlState.IN_FORCE, ControlState.ENDED},
    ControlState.REFUSED: set[ControlState](),
    ControlState.ENDED: set[ControlState](),
}
#: Open states: a server has one control of a kind at a time, and a channel has one slow mode.
OPEN = frozenset({ControlState.PENDING, ControlState.UNCERTAIN, ControlState.IN_FORCE, ControlState.ENDING})


@dataclass(frozen=True, slots=True, kw_only=True)
class NewControl:
    """A control about to be set."""

    guild_id: int
    group_id: int  #: the raid's card
    case_number: int  #: the first case on it, whose audit entries record the control
    kind: ControlKind
    channel_id: int = 0  #: of slow mode
    seconds: int = 0  #: of slow mode: how long a member waits between two messages
    length: timedelta
    by: int  #: the moderator
    reason: str = ""  #: their words; kept encrypted


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """What a control replaces: the end of an earlier pause, or the slow mode in seconds."""

    until: datetime | None = None
    seconds: int = 0


NOTHING_BEFORE = Before()


@dataclass(frozen=True, slots=True, kw_only=True)
class RaidControl:
    """A control as it is now."""

    id: int
    new: NewControl
    state: ControlState
    why: str = ""  #: one plain sentence: what Discord, or a rule of ours, answered
    asked_at: datetime
    until: datetime  #: when it ends, a whole second; the only thing that identifies a pause at Discord
    before: Before = NOTHING_BEFORE
    settled_at: datetime | None = None
    ended_by: int | None = None  #: the moderator who ended it; None if it ran out
    ended_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Is it in force, or could it be?"""
        return self.state in OPEN


class ControlsOfCards(Protocol):
    """Which controls were set from shared cards."""

    async def of_card(self, guild_id: int, group_id: int) -> tuple[RaidControl, ...]:
        """Those set from this card, oldest first."""

    async def of_case(self, guild_id: int, number: int) -> tuple[RaidControl, ...]:
        """Those set from the cards that a case is on, oldest first."""


class RaidControlStore(ControlsOfCards, KeepsTexts, Protocol):
    """Controls of all servers. Every change writes its audit entry in the same transaction."""

    async def add(self, new: NewControl, *, until: datetime) -> tuple[RaidControl, bool]:
        """Store a control as PENDING: (control, True). If an open one conflicts, (that one, False)."""

    async def note_before(self, control_id: int, before: Before) -> None:
        """Keep what a pending control is about to replace, before Discord is asked."""

    async def become(
        self, control_id: int, state: ControlState, why: str = "", *, by: int | None = None
    ) -> tuple[RaidControl, bool]:
        """Give a control another state: (the control, whether that changed anything). See `MAY_BECOME`.

        Args:
            by: the moderator who ends it.

        Raises:
            NoSuchControl: there is no control with this id.
        """

    async def get(self, guild_id: int, control_id: int) -> RaidControl | None:
        """The control with this id, if it belongs to this server."""

    async def open_in(self, guild_id: int) -> tuple[RaidControl, ...]:
        """The controls of a server that are not over, oldest first."""

    async def all_open(self) -> tuple[RaidControl, ...]:
        """The controls of all servers that are not over, oldest first."""

    async def purge_texts(self, guild_id: int, *, before: datetime, limit: int = PURGED_AT_A_TIME) -> int:
        """Delete the reasons of controls asked before this time. Returns how many were purged."""


class NoSuchControl(LookupError):
    """There is no control with this id."""
