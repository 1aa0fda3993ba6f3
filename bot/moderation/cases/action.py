"""What is done about a case: warnings, deletions, timeouts, kicks, bans, and their undoing.

An action is written down as pending before Discord is asked and settled afterwards, so that whatever happens in
between there is a record of what was tried. It is never tried twice by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from bot.moderation.servers.retention import PURGED_AT_A_TIME, KeepsTexts

LONGEST_TIMEOUT = timedelta(days=28)  #: Discord's limit; the enforcer stays a few seconds below it
MAX_REASON = 400  #: characters; Discord's audit log takes 512 with the case number


class ActionKind(StrEnum):
    """The things that can be done. The values are stored."""

    WARN = "warn"  #: the member is told, nothing else happens
    DELETE = "delete"  #: every message of the case
    TIMEOUT = "timeout"
    KICK = "kick"
    BAN = "ban"
    REMOVE_TIMEOUT = "remove_timeout"
    UNBAN = "unban"


#: What takes an action back; what is not named here cannot be undone.
UNDONE_BY = {ActionKind.TIMEOUT: ActionKind.REMOVE_TIMEOUT, ActionKind.BAN: ActionKind.UNBAN}


class ActionState(StrEnum):
    """What came of an action."""

    PENDING = "pending"  #: Discord is being asked
    DONE = "done"
    REFUSED = "refused"  #: Discord, or a rule of ours, said no; `why` says so in words
    UNCERTAIN = "uncertain"  #: Bylaw stopped between asking and hearing the answer; a person has to look
    REHEARSED = "rehearsed"  #: a dry run: what would have been done
    UNDONE = "undone"  #: done, and taken back by another action


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAction:
    """An action about to be tried."""

    guild_id: int
    case_number: int
    kind: ActionKind
    target_id: int  #: the member
    by: int | None  #: the moderator; None for the bot itself
    reason: str = ""  #: a moderator's words, or the rule's; kept encrypted
    length: timedelta | None = None  #: of a timeout
    undoes: int | None = None  #: the action that this one takes back
    rehearsal: bool = False
    message_id: int = 0  #: a deletion of this one of the case's messages; 0 for all of them


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedAction:
    """What is to follow a verdict by itself: a deletion or a timeout, never more."""

    kind: ActionKind
    length: timedelta | None = None  #: of a timeout
    reason: str  #: policy, version and rule
    rehearsal: bool  #: only say what would have been done


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """An action as it is now."""

    id: int
    new: NewAction
    state: ActionState
    why: str = ""  #: for REFUSED and UNCERTAIN, one plain sentence; for DONE, what else there is to know
    asked_at: datetime
    settled_at: datetime | None = None


class CaseActions(Protocol):
    """Which actions belong to cases."""

    async def of_cases(self, guild_id: int, numbers: tuple[int, ...]) -> dict[int, tuple[Action, ...]]:
        """The actions of cases, oldest first, by case number."""


class ActionStore(CaseActions, KeepsTexts, Protocol):
    """Actions of all servers. Every change writes its audit entry in the same transaction.

    Of one kind, for one case, one member and one message, a single action is pending or done at a time; and an action
    has a single undoing that is pending or done. So of two clicks at once one counts.
    """

    async def add(self, new: NewAction) -> tuple[Action, bool]:
        """Write an action down, PENDING, or REHEARSED at once for a rehearsal: (action, True). Where one exists
        that leaves no room for it, (that one, False)."""

    async def settle(self, action_id: int, state: ActionState, why: str = "") -> Action:
        """What came of a pending one; a second answer changes nothing. DONE marks the one that it undoes as UNDONE.
        Raises `NoSuchAction`."""

    async def get(self, guild_id: int, action_id: int) -> Action | None:
        """The action of this id, if it belongs to this server."""

    async def pending(self, *, before: datetime) -> tuple[Action, ...]:
        """Those that were asked before this moment and never settled, of all servers; oldest first."""

    async def purge_texts(self, guild_id: int, *, before: datetime, limit: int = PURGED_AT_A_TIME) -> int:
        """Delete the reasons of actions asked before this; how many were purged."""


class NoSuchAction(LookupError):
    """There is no action of this id."""
