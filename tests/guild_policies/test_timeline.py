"""Which version applies to what was posted when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from guild_policies.scope import PolicySettings, Scope
from guild_policies.timeline import LATEST, FormerScope, Pause, Timeline

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def at(minute: float) -> datetime:
    """This many minutes after noon."""
    return NOON + timedelta(minutes=minute)


LIFE = Timeline(
    policy_id=1,
    name="Spoilers",
    starts=((at(1), 10), (at(5), 20), (at(8), 10)),
    pauses=(Pause(begins=at(2), ends=at(3)), Pause(begins=at(6), ends=at(7))),
    deleted_at=at(9),
)


@pytest.mark.parametrize(
    ("minute", "version"),
    [(0, None), (1, 10), (2, None), (2.5, None), (3, 10), (4, 10), (5, 20), (6.5, None), (7, 20), (8, 10), (9, None)],
)
def test_a_rule_applies_to_what_was_posted_while_it_was_in_force(minute: float, version: int | None) -> None:
    """Not before its publication, not in a pause, not after it was deleted; a rollback begins like a publication."""
    assert LIFE.version_at(at(minute)) == version


def test_nothing_applies_to_what_is_older_than_the_setup() -> None:
    """Though a policy may have been published before."""
    assert LIFE.version_at(at(4), set_up_at=at(4.5)) is None
    assert LIFE.version_at(at(4.5), set_up_at=at(4.5)) == 10


def test_now_is_after_every_change() -> None:
    """A pause that lasts has no end."""
    assert LIFE.version_at(LATEST) is None
    paused = Timeline(policy_id=1, name="x", starts=((at(1), 10),), pauses=(Pause(begins=at(2)),))
    assert (paused.version_at(LATEST), paused.version_at(at(1))) == (None, 10)


def test_a_change_counts_from_its_millisecond_on() -> None:
    """Ids of messages count milliseconds; our own clock counts finer."""
    change = NOON + timedelta(microseconds=700)
    timeline = Timeline(policy_id=1, name="x", starts=((change, 10),), pauses=())
    assert timeline.version_at(NOON) == 10


def test_a_message_has_to_be_in_the_scope_of_then_and_of_now() -> None:
    """Whichever was chosen first; one that never changed, or is the same again, is asked once."""
    first, second, now = (Scope(not_in=frozenset({number})) for number in (1, 2, 3))
    timeline = Timeline(
        policy_id=1,
        name="x",
        settings=PolicySettings(scope=now),
        starts=((at(0), 10),),
        former_scopes=(FormerScope(scope=first, until=at(2)), FormerScope(scope=second, until=at(4))),
    )
    assert timeline.scopes_at(at(1)) == (first, now)
    assert timeline.scopes_at(at(2)) == (second, now)
    assert timeline.scopes_at(at(4)) == timeline.scopes_at(LATEST) == (now,)
