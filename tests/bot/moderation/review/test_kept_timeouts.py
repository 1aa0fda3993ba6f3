"""What keeps a member timed out when one of their timeouts is taken back: the rule by itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.moderation.cases.action import LEFT_IN_FORCE, Action, ActionKind, ActionState, NewAction
from bot.moderation.review.kept_timeouts import Kept, kept_without

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
BY_HAND = NOON + 5 * HOUR + timedelta(milliseconds=123)  # as Discord's own clock has it
NOBODY = frozenset[int]()


def timeout(
    number: int,
    case_number: int,
    hours: int,
    state: ActionState = ActionState.DONE,
    *,
    before: datetime | None = None,
    changes: int | None = None,
    kept_its_end: bool = True,
) -> Action:
    """A timeout that ends this many hours after noon, with what was in force before."""
    length, end = hours * HOUR, NOON + hours * HOUR
    new = NewAction(
        guild_id=1,
        case_number=case_number,
        kind=ActionKind.TIMEOUT,
        target_id=7,
        by=77,
        length=length,
        changes=changes,
    )
    until = end if kept_its_end else None
    return Action(id=number, new=new, state=state, asked_at=NOON, settled_at=NOON, until=until, earlier_until=before)


def at(hours: int) -> datetime:
    """This many hours after noon."""
    return NOON + hours * HOUR


def test_nothing_keeps_a_member_timed_out() -> None:
    """This timeout was the only one, and found none in force."""
    mine = timeout(1, 1, 8)
    assert kept_without(mine, [mine], dismissed=NOBODY) is None


def test_what_was_in_force_before_is_kept() -> None:
    """Somebody had set it by hand: no case is named."""
    mine = timeout(1, 1, 8, before=BY_HAND)
    assert kept_without(mine, [mine], dismissed=NOBODY) == Kept(asked_until=BY_HAND, until=BY_HAND)


def test_it_is_kept_through_other_cases() -> None:
    """Case 2 made case 1's longer, which had made the one by hand longer, and is dismissed by now."""
    first, mine = timeout(1, 1, 8, before=BY_HAND), timeout(2, 2, 20, before=at(8))
    assert kept_without(mine, [first, mine], dismissed=NOBODY) == Kept(asked_until=at(8), until=at(8), by=first)
    by_hand = Kept(asked_until=BY_HAND, until=BY_HAND)
    assert kept_without(mine, [first, mine], dismissed=frozenset({1})) == by_hand


def test_a_change_keeps_what_was_before_the_first() -> None:
    """What a changed timeout found in force was itself."""
    first = timeout(1, 1, 8, ActionState.CHANGED, before=BY_HAND)
    mine = timeout(2, 1, 20, before=BY_HAND, changes=1)
    assert kept_without(mine, [first, mine], dismissed=NOBODY) == Kept(asked_until=BY_HAND, until=BY_HAND)


@pytest.mark.parametrize(("before", "left"), [(None, None), (BY_HAND, BY_HAND)])
def test_what_was_lifted_or_shortened_by_hand_since_does_not_come_back(
    before: datetime | None, left: datetime | None
) -> None:
    """Case 1 asked for 20 hours; when case 2 looked, less was in force."""
    first, mine = timeout(1, 1, 20), timeout(2, 2, 8, before=before)
    kept = kept_without(mine, [first, mine], dismissed=NOBODY)
    assert (kept.until if kept else None) == left


def test_what_another_case_found_in_force_is_kept() -> None:
    """As far as it asked for it."""
    mine = timeout(1, 1, 20)
    other = timeout(2, 2, 8, ActionState.ALREADY, before=at(20))
    assert kept_without(mine, [mine, other], dismissed=NOBODY) == Kept(asked_until=at(8), until=at(8), by=other)
    assert kept_without(mine, [mine, other], dismissed=frozenset({2})) is None


def test_whoever_took_a_timeout_back_asks_for_nothing_before_it() -> None:
    """Case 2 did not need its first one, and took its second one back."""
    mine = timeout(1, 1, 20)
    unneeded, undone = timeout(2, 2, 8, ActionState.ALREADY, before=at(20)), timeout(3, 2, 24, ActionState.UNDONE)
    assert kept_without(mine, [mine, unneeded, undone], dismissed=NOBODY) is None


def test_a_replaced_timeout_is_known_and_leaves_room_for_changes() -> None:
    """A moderator had five hours by hand replaced by two. Undo says so; another length is theirs to choose."""
    mine = timeout(1, 1, 2, before=BY_HAND)
    assert kept_without(mine, [mine], dismissed=NOBODY) == Kept(asked_until=BY_HAND, until=BY_HAND)
    assert kept_without(mine, [mine], dismissed=NOBODY, is_change=True) is None
    longer = timeout(2, 2, 3, before=at(2))
    kept = kept_without(longer, [mine, longer], dismissed=NOBODY)
    assert kept == Kept(asked_until=at(2), until=at(2), by=mine)


def test_what_was_replaced_leaves_room_after_another_case_came_and_went() -> None:
    """Case 2 made the two hours a day, and took that back. Case 1's timeout may be changed as before, and once more."""
    mine, undone = timeout(1, 1, 2, before=BY_HAND), timeout(2, 2, 24, ActionState.UNDONE, before=at(2))
    assert kept_without(mine, [mine, undone], dismissed=NOBODY, is_change=True) is None
    first, changed = replace(mine, state=ActionState.CHANGED), timeout(3, 1, 1, before=BY_HAND, changes=1)
    assert kept_without(changed, [first, undone, changed], dismissed=NOBODY, is_change=True) is None


def test_a_change_leaves_what_others_asked_for_since() -> None:
    """They did not want it shorter: whether they were before or after the timeout that is changed now."""
    mine, other = timeout(1, 1, 8), timeout(2, 2, 2, ActionState.ALREADY, before=at(8))
    changed = timeout(3, 1, 20, changes=1)
    kept = kept_without(
        changed, [replace(mine, state=ActionState.CHANGED), other, changed], dismissed=NOBODY, is_change=True
    )
    assert kept == Kept(asked_until=at(2), until=at(2), by=other)


def test_a_timeout_that_was_not_needed_at_first_replaced_none() -> None:
    """A longer one of case 3 was in force then, and is asked for again."""
    longest, other = timeout(1, 1, 5, ActionState.UNDONE), timeout(2, 3, 3, ActionState.ALREADY, before=at(5))
    mine = replace(timeout(3, 2, 1, before=at(5)), why=LEFT_IN_FORCE)
    kept = kept_without(mine, [longest, other, mine], dismissed=NOBODY, is_change=True)
    assert kept == Kept(asked_until=at(3), until=at(3), by=other)


def test_a_timeout_of_an_older_version_says_nothing_about_earlier_ones() -> None:
    """What it found was not kept, so what other cases asked for counts as before."""
    first, mine = timeout(1, 1, 8), timeout(2, 2, 20, kept_its_end=False)
    assert kept_without(mine, [first, mine], dismissed=NOBODY) == Kept(asked_until=at(8), until=at(8), by=first)


@pytest.mark.parametrize(
    "state", [ActionState.REFUSED, ActionState.PENDING, ActionState.PLANNED, ActionState.REHEARSED]
)
def test_what_was_never_done_keeps_nobody(state: ActionState) -> None:
    """Nor does it say what was in force."""
    mine, other = timeout(1, 1, 20), timeout(2, 2, 8, state)
    assert kept_without(mine, [mine, other], dismissed=NOBODY) is None
