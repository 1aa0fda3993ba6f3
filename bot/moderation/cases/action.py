"""What is done about a case: warnings, deletions, timeouts, kicks, bans, and their undoing.

An action is stored as pending before Discord is asked and settled afterwards, so that there is always a record of what
was tried. Nothing retries it automatically.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from bot.languages.translation import marked
from bot.moderation.servers.retention import PURGED_AT_A_TIME, KeepsTexts

LONGEST_TIMEOUT = timedelta(days=28)  #: Discord's limit
#: Discord's clock and ours differ, and it refuses anything beyond 28 days by its own clock.
_CLOCKS_DIFFER = timedelta(seconds=30)
_ROUNDED = timedelta(milliseconds=10)  #: tolerance between the end that was set and the one that Discord reports
_ABOUT = timedelta(seconds=1)  #: the same, if the end wasn't stored and is computed
_ASKED_WITHIN = timedelta(minutes=1)  #: the longest time between storing an action and sending it
#: Of a timeout that was not needed at first.
LEFT_IN_FORCE = marked("A longer timeout of another case was in force at first.")
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
    """The result of an action."""

    PENDING = "pending"  #: Discord is being asked
    DONE = "done"
    ALREADY = "already"  #: it was in force already, or over already; nothing was changed, and `why` says so
    REFUSED = "refused"  #: Discord or one of our rules refused it; `why` says so in words
    UNCERTAIN = "uncertain"  #: Bylaw stopped between asking and hearing the answer; a person has to look
    REHEARSED = "rehearsed"  #: a dry run: what would have been done
    UNDONE = "undone"  #: done, and taken back by another action
    ENDED = "ended"  #: a timeout that was over when the member was timed out again
    CHANGED = "changed"  #: a timeout that a later action of the case gave another end
    PLANNED = "planned"  #: automatic, stored with the case; Discord wasn't asked yet


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
    changes: int | None = None  #: the timeout whose end this one changes
    rehearsal: bool = False
    message_id: int = 0  #: a deletion of this one of the case's messages; 0 for all of them


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedAction:
    """An automatic action after a verdict: a deletion or a timeout, nothing else."""

    kind: ActionKind
    length: timedelta | None = None  #: of a timeout
    reason: str  #: policy, version and rule
    rehearsal: bool  #: dry run: only say what would have been done


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """An action as it is now."""

    id: int
    new: NewAction
    state: ActionState
    why: str = ""  #: for REFUSED and UNCERTAIN, one plain sentence; for DONE, anything else worth knowing
    asked_at: datetime
    settled_at: datetime | None = None
    #: End of the timeout that it set or asked for. For an action that ended a timeout: end of the timeout that stays in
    #: force. None if unknown.
    until: datetime | None = None
    earlier_until: datetime | None = None  #: end of the timeout that was in force before; None if none was

    @property
    def end(self) -> datetime | None:
        """When its timeout ends, as far as known; None for other actions."""
        return self.until or self._end

    def set_end(self, end: datetime) -> bool:
        """Did this action set the timeout with this end? Compares ends, because the end is all that Discord stores
        about a timeout."""
        if self.until is not None:
            return abs(end - self.until) <= _ROUNDED
        if self.new.length is None:
            return False
        length = min(self.new.length, LONGEST_TIMEOUT - _CLOCKS_DIFFER)
        sent_until = min(self.settled_at or self.asked_at, self.asked_at + _ASKED_WITHIN)
        return self.asked_at + length - _ABOUT <= end <= sent_until + length + _ABOUT

    def is_over(self, now: datetime) -> bool:
        """Is it a timeout that ran out?"""
        return self._end is not None and self._end <= now

    @property
    def _end(self) -> datetime | None:
        """Its end by our own clock."""
        return None if self.new.length is None else (self.settled_at or self.asked_at) + self.new.length


def end_of_timeout(length: timedelta, *, now: datetime) -> datetime:
    """The end of a timeout of this length that begins now, as a whole second: so the end is the same however Discord
    rounds it, and two timeouts within a second can be told apart. The longest stays just below Discord's limit."""
    return (now + min(length, LONGEST_TIMEOUT - _CLOCKS_DIFFER)).replace(microsecond=0)


def planned_for(
    planned: PlannedAction, *, guild_id: int, case_number: int, member_id: int, message_id: int
) -> NewAction:
    """The action that a plan becomes for a case: a deletion is of this message only."""
    return NewAction(
        guild_id=guild_id,
        case_number=case_number,
        kind=planned.kind,
        target_id=member_id,
        by=None,
        reason=planned.reason,
        length=planned.length,
        rehearsal=planned.rehearsal,
        message_id=message_id if planned.kind is ActionKind.DELETE else 0,
    )


class CaseActions(Protocol):
    """Which actions belong to cases."""

    async def of_cases(self, guild_id: int, numbers: tuple[int, ...]) -> dict[int, tuple[Action, ...]]:
        """The actions of cases, oldest first, by case number."""


class ActionStore(CaseActions, KeepsTexts, Protocol):
    """Actions of all servers. Every change writes its audit entry in the same transaction.

    For one case, member and message, only one action of a kind is pending or done at a time. An action has only one
    undo, and a timeout only one change, that is pending or done. So only one of two simultaneous clicks counts.
    """

    async def add(self, new: NewAction) -> tuple[Action, bool]:
        """Store an action as PENDING, or REHEARSED at once for a dry run: (action, True). A planned one becomes
        PENDING. If an existing action blocks it, (that one, False). A timeout that is over doesn't block the next,
        and becomes ENDED."""

    async def note_ends(self, action_id: int, *, until: datetime, earlier_until: datetime | None) -> None:
        """Store what a pending timeout is about to do, before Discord is asked. If Discord never answers, it is still
        known which timeout is in force, and which was before. Writes no audit entry; settling does."""

    async def settle(
        self,
        action_id: int,
        state: ActionState,
        why: str = "",
        *,
        until: datetime | None = None,
        earlier_until: datetime | None = None,
        left_to: int | None = None,
    ) -> Action:
        """Record the result of a pending or planned action; a second result changes nothing. DONE and ALREADY mark the
        one that it undoes as UNDONE, DONE the one that it changes as CHANGED. UNCERTAIN keeps the ends that were
        noted. Raises `NoSuchAction`.

        Args:
            until: see `Action.until`.
            earlier_until: see `Action.earlier_until`.
            left_to: the timeout that was not needed so far, and is in force now: it becomes DONE, so that it can be
                taken back. Not where its case did something else since that leaves no room for it.
        """

    async def get(self, guild_id: int, action_id: int) -> Action | None:
        """The action with this id, if it belongs to this server."""

    async def pending(self, *, before: datetime) -> tuple[Action, ...]:
        """Actions of all servers that were asked before this time and never settled; oldest first."""

    async def planned(self, *, before: datetime) -> tuple[Action, ...]:
        """Actions of all servers that were planned before this time and never begun; oldest first."""

    async def sanctions_of(self, guild_id: int, member_id: int, kind: ActionKind) -> tuple[Action, ...]:
        """Actions of this kind, done or tried, against this member in all cases of a server; oldest first."""

    async def purge_texts(self, guild_id: int, *, before: datetime, limit: int = PURGED_AT_A_TIME) -> int:
        """Delete the reasons of actions asked before this time. Returns how many were purged."""


class NoSuchAction(LookupError):
    """There is no action with this id."""
