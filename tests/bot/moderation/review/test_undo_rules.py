"""Which case keeps a member banned, and which timeout is whose."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.moderation.cases.action import Action, ActionKind, ActionState, NewAction, end_of_timeout
from bot.moderation.review.undo_rules import why_ban_stays

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def ban(number: int, case_number: int, state: ActionState = ActionState.DONE) -> Action:
    """What a case did to ban the member."""
    new = NewAction(guild_id=1, case_number=case_number, kind=ActionKind.BAN, target_id=7, by=77)
    return Action(id=number, new=new, state=state, asked_at=NOON)


def test_the_only_ban_can_be_lifted() -> None:
    """Earlier ones of other cases are history: this one could not have been set while they were in force."""
    mine = ban(2, 2)
    earlier = ban(1, 1)
    assert why_ban_stays(mine, (earlier, mine), violations=frozenset({1, 2})) == ""


@pytest.mark.parametrize("state", [ActionState.DONE, ActionState.UNCERTAIN])
def test_a_later_ban_of_another_case_is_in_force(state: ActionState) -> None:
    """This case's own was lifted in between, by whomever."""
    mine = ban(1, 1)
    assert "Case 2 banned the member later" in why_ban_stays(mine, (mine, ban(2, 2, state)), violations=frozenset())


def test_a_case_that_found_the_member_banned_keeps_them_banned() -> None:
    """As long as it is decided as a violation."""
    mine = ban(1, 1)
    bans = (mine, ban(2, 2, ActionState.ALREADY), ban(3, 3, ActionState.REFUSED))
    assert "Case 2 asks for this ban, too" in why_ban_stays(mine, bans, violations=frozenset({1, 2, 3}))
    assert why_ban_stays(mine, bans, violations=frozenset({1, 3})) == ""


def timeout(length: timedelta, *, until: datetime | None) -> Action:
    """A timeout that took Discord three seconds to set."""
    new = NewAction(guild_id=1, case_number=1, kind=ActionKind.TIMEOUT, target_id=7, by=77, length=length)
    return Action(
        id=1, new=new, state=ActionState.DONE, asked_at=NOON, settled_at=NOON + timedelta(seconds=3), until=until
    )


def test_a_timeout_is_known_by_its_end() -> None:
    """Of two of the same length, half a minute apart, each is told from the other."""
    mine = timeout(HOUR, until=NOON + HOUR)
    assert mine.set_end(NOON + HOUR)
    assert not mine.set_end(NOON + HOUR + timedelta(seconds=30))
    assert not mine.set_end(NOON + 2 * HOUR)


def test_a_timeout_that_an_older_version_set_is_known_by_when_it_was_sent() -> None:
    """Its end was not kept: it lies between those of a request at once and of one that came last."""
    old = timeout(HOUR, until=None)
    assert [old.set_end(NOON + HOUR + timedelta(seconds=late)) for late in (-5, 0, 3, 10)] == [False, True, True, False]
    assert old.end == NOON + HOUR + timedelta(seconds=3)
    assert not replace(old, new=replace(old.new, length=None)).set_end(NOON)


def test_the_longest_timeout_stays_below_discords_limit() -> None:
    """Its clock and ours differ."""
    assert timedelta(days=27, hours=23) < end_of_timeout(timedelta(days=28), now=NOON) - NOON < timedelta(days=28)
