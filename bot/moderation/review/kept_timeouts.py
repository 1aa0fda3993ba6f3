"""Until when a member must stay timed out when one timeout of theirs ends early. Pure.

Discord keeps a single timeout of a member, so each one that is set hides the one before. Whoever asked for that one
still does: another case, or somebody outside Bylaw. What each of them asks for is worked out here from what every case
wrote down about its timeouts: the end that it set or asked for, and the end that was in force at that moment.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.moderation.cases.action import LEFT_IN_FORCE, Action, ActionState
from bot.moderation.review.undo_rules import IN_EFFECT

_ASKS = frozenset({*IN_EFFECT, ActionState.ALREADY})
_MAY_NOT_HAVE_SET = frozenset({ActionState.ALREADY, ActionState.UNCERTAIN})
#: A timeout in one of these looked at what was in force, whatever came of it later.
_LOOKED = frozenset({*_ASKS, ActionState.UNDONE, ActionState.ENDED, ActionState.CHANGED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A timeout that somebody still asks for."""

    asked_until: datetime
    until: datetime  #: what is left of it: it may have been shortened since
    by: Action | None = None  #: the timeout of the case that asks; None where it was set outside all cases


def kept_without(
    ended: Action,
    timeouts: Sequence[Action],
    *,
    dismissed: frozenset[int],
    is_change: bool = False,
) -> Kept | None:
    """What still keeps the member timed out when this timeout is taken back or changed; None where nothing does. It may
    be over: that is for Discord's clock to say.

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
    for each in reversed(looked):  # of two that ask for the same, the newer one
        asked = each.end if _is_asked(each, looked, silent) else None
        for by, end in ((each, asked), (None, _set_outside(each, looked))):
            until = None if end is None else _left_of(end, each, looked)
            if end is None or until is None or (is_change and _was_replaced(end, each, first, looked)):
                continue
            kept.append(Kept(asked_until=end, until=until, by=by))
    return max(kept, key=lambda each: (each.until, each.until == each.asked_until), default=None)


def _is_asked(timeout: Action, looked: Sequence[Action], silent: frozenset[int]) -> bool:
    """Does its case still ask for it? Whoever takes a timeout back takes back what the case asked for before."""
    number = timeout.new.case_number
    undone = (each.id for each in looked if each.new.case_number == number and each.state is ActionState.UNDONE)
    return timeout.state in _ASKS and number not in silent and timeout.id > max(undone, default=0)


def _set_outside(timeout: Action, looked: Sequence[Action]) -> datetime | None:
    """The end of the timeout that this one found in force, where no case set it."""
    end = timeout.earlier_until
    if end is None or timeout.new.changes is not None:  # what was there before a change was there before the first one
        return None
    return None if any(each.set_end(end) for each in looked) else end


def _first_version(timeout: Action, looked: Sequence[Action]) -> Action:
    """The timeout as it was before it was changed, perhaps several times."""
    for each in reversed(looked):
        if each.id == timeout.new.changes:
            timeout = each
    return timeout


def _was_replaced(end: datetime, asked_by: Action, replacer: Action, looked: Sequence[Action]) -> bool:
    """Did this timeout end what lasted longer? Only a moderator who saw that can have wanted it."""
    if asked_by.id > replacer.id or replacer.end is None or replacer.why == LEFT_IN_FORCE:
        return False
    left = _left_of(end, asked_by, [each for each in looked if each.id < replacer.id])
    return left is not None and min(left, replacer.earlier_until or left) > replacer.end


def _left_of(end: datetime, asked_by: Action, looked: Sequence[Action]) -> datetime | None:
    """What is left of a timeout after the later ones; None where it had been lifted before one of them was set."""
    for each in looked:
        if each.id <= asked_by.id or each.until is None or each.new.changes is not None:
            continue  # older versions did not keep what was in force; a change is about its own case's timeout
        if each.earlier_until is None:
            return None
        end = min(end, each.earlier_until)
        if each.state not in _MAY_NOT_HAVE_SET and each.why != LEFT_IN_FORCE:
            end = min(end, each.until)  # a moderator had a longer one replaced
    return end
