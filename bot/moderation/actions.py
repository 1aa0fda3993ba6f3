"""What is done about a case: warnings, deletions, timeouts, kicks, bans, and their undoing.

An action is written down as pending before Discord is asked and settled afterwards, so that whatever happens in
between there is a record of what was tried. It is never tried twice by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from bot.moderation.cases import Case

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """An action as it stands now."""

    id: int
    new: NewAction
    state: ActionState
    why: str = ""  #: for REFUSED and UNCERTAIN, one plain sentence
    asked_at: datetime
    settled_at: datetime | None = None


class ActionStore(Protocol):
    """Actions of all servers. Every change writes its audit entry in the same transaction."""

    async def add(self, new: NewAction) -> Action:
        """Write an action down: PENDING, or REHEARSED at once for a rehearsal."""

    async def settle(self, action_id: int, state: ActionState, why: str = "") -> Action:
        """What came of a pending one; a second answer changes nothing. DONE marks the one that it undoes as UNDONE."""

    async def get(self, guild_id: int, action_id: int) -> Action | None:
        """The action of this id, if it belongs to this server."""

    async def of_cases(self, guild_id: int, numbers: tuple[int, ...]) -> dict[int, tuple[Action, ...]]:
        """The actions of cases, oldest first, by case number."""

    async def pending(self, *, before: datetime) -> tuple[Action, ...]:
        """Those that were asked before this moment and never settled, of all servers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """Discord did it. `note` says in words what a moderator should know besides, such as that it was done before."""

    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Declined:
    """It was not done. `why` is one plain sentence for moderators."""

    why: str


class Enforcer(Protocol):
    """Carries actions out on Discord. Never raises for what Discord refuses."""

    async def carry_out(self, action: Action, case: Case) -> Accepted | Declined:
        """Do it, with the case's number in Discord's audit log reason. Staff, bots and the owner are immune."""
