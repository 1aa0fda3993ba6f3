"""What is done about a case: warnings, deletions, timeouts, kicks, bans, and their undoing.

An action is written down as pending before Discord is asked and settled afterwards, so that whatever happens in
between there is a record of what was tried. It is never tried twice by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from bot.languages.translation import marked
from bot.moderation.servers.retention import PURGED_AT_A_TIME, KeepsTexts

LONGEST_TIMEOUT = timedelta(days=28)  #: Discord's limit
#: Discord's clock and ours differ, and it refuses whatever lies beyond 28 days on its own.
_CLOCKS_DIFFER = timedelta(seconds=30)
_ROUNDED = timedelta(milliseconds=10)  #: how far an end that Discord gives back may be from the one that was set
_ABOUT = timedelta(seconds=1)  #: the same where the end was not kept and is worked out
_ASKED_WITHIN = timedelta(minutes=1)  #: how long after it was written down an action was sent at the latest
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
    """What came of an action."""

    PENDING = "pending"  #: Discord is being asked
    DONE = "done"
    ALREADY = "already"  #: what it asks for was in force already, or over already; nothing was changed, `why` says so
    REFUSED = "refused"  #: Discord, or a rule of ours, said no; `why` says so in words
    UNCERTAIN = "uncertain"  #: Bylaw stopped between asking and hearing the answer; a person has to look
    REHEARSED = "rehearsed"  #: a dry run: what would have been done
    UNDONE = "undone"  #: done, and taken back by another action
    ENDED = "ended"  #: a timeout that was over when the member was timed out once more
    CHANGED = "changed"  #: a timeout that a later action of the case gave another end
    PLANNED = "planned"  #: follows from the verdict, and was written down with the case; Discord was not asked yet


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
    changes: int | None = None  #: the timeout to which this one gives another end
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
    #: When the timeout ends that it set, or asked for. Of the end of a timeout: when the one ends that stays in force.
    #: None where nobody knows.
    until: datetime | None = None
    earlier_until: datetime | None = None  #: when the timeout ended that was in force before; None where none was

    @property
    def end(self) -> datetime | None:
        """When its timeout ends, as well as anybody knows; None for anything else."""
        return self.until or self._end

    def set_end(self, end: datetime) -> bool:
        """Did this action set the timeout that ends then? Ends are compared, because Discord knows no more of a
        timeout than its end."""
        if self.until is not None:
            return abs(end - self.until) <= _ROUNDED
        if self.new.length is None:
            return False
        length = min(self.new.length, LONGEST_TIMEOUT - _CLOCKS_DIFFER)
        sent_until = min(self.settled_at or self.asked_at, self.asked_at + _ASKED_WITHIN)
        return self.asked_at + length - _ABOUT <= end <= sent_until + length + _ABOUT

    def is_over(self, now: datetime) -> bool:
        """Is it a timeout that has ended by itself?"""
        return self._end is not None and self._end <= now

    @property
    def _end(self) -> datetime | None:
        """By our own clock."""
        return None if self.new.length is None else (self.settled_at or self.asked_at) + self.new.length


def end_of_timeout(length: timedelta, *, now: datetime) -> datetime:
    """When a timeout of this length ends that begins now, as a whole second: so that an end is one and the same however
    Discord rounds it, and two timeouts within a second are told apart. The longest stays just below Discord's limit."""
    return (now + min(length, LONGEST_TIMEOUT - _CLOCKS_DIFFER)).replace(microsecond=0)


def planned_for(
    planned: PlannedAction, *, guild_id: int, case_number: int, member_id: int, message_id: int
) -> NewAction:
    """The action that a plan becomes for a case: of a deletion, only this message is meant."""
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

    Of one kind, for one case, one member and one message, a single action is pending or done at a time; and an action
    has a single undoing, and a timeout a single change, that is pending or done. So of two clicks at once one counts.
    """

    async def add(self, new: NewAction) -> tuple[Action, bool]:
        """Write an action down, PENDING, or REHEARSED at once for a rehearsal: (action, True). One that was planned
        becomes PENDING. Where one exists that leaves no room for it, (that one, False). A timeout that is over leaves
        room for the next, and is ENDED then."""

    async def note_ends(self, action_id: int, *, until: datetime, earlier_until: datetime | None) -> None:
        """Keep what a pending timeout is about to do, before Discord is asked: whatever is never heard, it is known
        whose timeout is in force, and what was in force before. Writes no audit entry; settling it does."""

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
        """What came of a pending or planned one; a second answer changes nothing. DONE and ALREADY mark the one that
        it undoes as UNDONE, DONE the one that it changes as CHANGED. UNCERTAIN keeps the ends that were noted. Raises
        `NoSuchAction`.

        Args:
            until: see `Action.until`.
            earlier_until: see `Action.earlier_until`.
            left_to: the timeout that was not needed so far, and is in force now: it becomes DONE, so that it can be
                taken back. Not where its case did something else since that leaves no room for it.
        """

    async def get(self, guild_id: int, action_id: int) -> Action | None:
        """The action of this id, if it belongs to this server."""

    async def pending(self, *, before: datetime) -> tuple[Action, ...]:
        """Those that were asked before this moment and never settled, of all servers; oldest first."""

    async def planned(self, *, before: datetime) -> tuple[Action, ...]:
        """Those that were planned before this moment and never begun, of all servers; oldest first."""

    async def sanctions_of(self, guild_id: int, member_id: int, kind: ActionKind) -> tuple[Action, ...]:
        """What all cases of a server did, or tried to do, to this member of this kind; oldest first."""

    async def purge_texts(self, guild_id: int, *, before: datetime, limit: int = PURGED_AT_A_TIME) -> int:
        """Delete the reasons of actions asked before this; how many were purged."""


class NoSuchAction(LookupError):
    """There is no action of this id."""
