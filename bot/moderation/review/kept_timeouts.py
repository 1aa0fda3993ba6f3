"""Until when a member must stay timed out when one timeout of theirs ends early. Pure.

Discord stores a single timeout per member, so each new one replaces the one before. But another case, or somebody
outside Bylaw, may still want that one. This module works out what each of them wants from what every case stored about
its timeouts: the end that it set or asked for, and the end in force at that time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.moderation.cases.action import LEFT_IN_FORCE, Action, ActionState
from bot.moderation.review.undo_rules import IN_EFFECT

_ASKS = frozenset({*IN_EFFECT, ActionState.ALREADY})
_MAY_NOT_HAVE_SET = frozenset({ActionState.ALREADY, ActionState.UNCERTAIN})
#: States of a timeout that checked what was in force, whatever its later result.
_LOOKED = frozenset({*_ASKS, ActionState.UNDONE, ActionState.ENDED, ActionState.CHANGED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A timeout that a case or a person still wants."""

    asked_until: datetime
    until: datetime  #: its remaining part: it may have been shortened since
    by: Action | None = None  #: the timeout of the case that wants it; None if it was set outside all cases


def kept_without(
    ended: Action,
    timeouts: Sequence[Action],
    *,
    dismissed: frozenset[int],
    is_change: bool = False,
) -> Kept | None:
    """What still keeps the member timed out when this timeout is undone or changed; None if nothing does. It may be
    over; Discord's clock decides that.

    Args:
        ended: the timeout that is taken back. What else its case did keeps nobody timed out.
        timeouts: those of all cases about the member, oldest first.
        dismissed: the cases that ask for nothing, because they were decided as no violation.
        is_change: it is changed. Leave out what a moderator had it replace: they wanted it shorter.
    """
    looked = [each for each in timeouts if each.state in _LOOKED]
    silent = dismissed | {ended.new.case_number}
    first = _first_version(ended, looked)
    kept = []
    for each in reversed(looked):  # of two with the same end, the newer one
        asked = each.end if _is_asked(each, looked, silent) else None
        for by, end in ((each, asked), (None, _set_outside(each, looked))):
            until = None if end is None else _left_of(end, each, looked)
            if end is None or until is None or (is_change and _was_replaced(end, each, first, looked)):
                continue
            kept.append(Kept(asked_until=end, until=until, by=by))
    return max(kept, key=lambda each: (each.until, each.until == each.asked_until), default=None)


def _is_asked(timeout: Action, looked: Sequence[Action], silent: frozenset[int]) -> bool:
    """Does its case still want it? Undoing a timeout also undoes what the case wanted before."""
    number = timeout.new.case_number
    undone = (each.id for each in looked if each.new.case_number == number and each.state is ActionState.UNDONE)
    return timeout.state in _ASKS and number not in silent and timeout.id > max(undone, default=0)


def _set_outside(timeout: Action, looked: Sequence[Action]) -> datetime | None:
    """The end of the timeout that this one found in force, if no case set it."""
    end = timeout.earlier_until
    if end is None or timeout.new.changes is not None:  # a change keeps what was in force before the first version
        return None
    return None if any(each.set_end(end) for each in looked) else end


def _first_version(timeout: Action, looked: Sequence[Action]) -> Action:
    """The timeout as it was before it was changed, perhaps several times."""
    for each in reversed(looked):
        if each.id == timeout.new.changes:
            timeout = each
    return timeout


def _was_replaced(end: datetime, asked_by: Action, replacer: Action, looked: Sequence[Action]) -> bool:
    """Did this timeout replace one that lasted longer? Only a moderator who saw that can have wanted it."""
    if asked_by.id > replacer.id or replacer.end is None or replacer.why == LEFT_IN_FORCE:
        return False
    left = _left_of(end, asked_by, [each for each in looked if each.id < replacer.id])
    return left is not None and min(left, replacer.earlier_until or left) > replacer.end


def _left_of(end: datetime, asked_by: Action, looked: Sequence[Action]) -> datetime | None:
    """The remaining part of a timeout after later ones; None if it was lifted before one of them was set."""
    for each in looked:
        if each.id <= asked_by.id or each.until is None or each.new.changes is not None:
            continue  # older versions didn't store what was in force; a change is about its own case's timeout
        if each.earlier_until is None:
            return None
        end = min(end, each.earlier_until)
        if each.state not in _MAY_NOT_HAVE_SET and each.why != LEFT_IN_FORCE:
            end = min(end, each.until)  # a moderator had a longer one replaced
    return end
