"""A wrong clock on this machine deletes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from bot.moderation.messages.discord_time import MAY_DIFFER, DiscordTime
from bot.moderation.messages.watermarks import id_at

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


@dataclass
class Clocks:
    """The clock of a machine, which anybody may set, and the one that only counts."""

    own: datetime = NOON
    seconds: float = 0.0

    def __post_init__(self) -> None:
        self.time = DiscordTime(own=lambda: self.own, clock=lambda: self.seconds)

    def pass_by(self, by: timedelta) -> None:
        """Time goes by, for both."""
        self.own += by
        self.seconds += by.total_seconds()


@pytest.fixture
def clocks() -> Clocks:
    """Right at first; Discord has said nothing."""
    return Clocks()


def test_without_word_from_discord_the_own_clock_counts(clocks: Clocks) -> None:
    """As before the first connection."""
    assert clocks.time.now() == NOON


def test_a_clock_that_was_put_forward_is_not_believed(clocks: Clocks) -> None:
    """Discord's time counts then, and goes on with the seconds that pass."""
    clocks.time.heard_id(id_at(NOON))
    clocks.own += timedelta(days=400)
    assert clocks.time.now() == NOON
    clocks.pass_by(timedelta(hours=5))
    assert clocks.time.now() == NOON + timedelta(hours=5)


def test_a_quiet_server_is_no_wrong_clock(clocks: Clocks) -> None:
    """Nobody writes for a month: the own clock counts."""
    clocks.time.heard_id(id_at(NOON))
    clocks.pass_by(timedelta(days=30))
    assert clocks.time.now() == NOON + timedelta(days=30)


def test_only_something_newer_changes_what_is_known(clocks: Clocks) -> None:
    """Old messages are shown, too: by history, by a click on an old card."""
    clocks.time.heard(NOON)
    clocks.pass_by(timedelta(days=1))
    clocks.time.heard_id(id_at(NOON - timedelta(days=300)))
    clocks.own += timedelta(days=400)
    assert clocks.time.now() == NOON + timedelta(days=1)


def test_a_clock_that_was_always_ahead_is_no_jump(clocks: Clocks) -> None:
    """Everything was written down by it, so ages are right; a jump on top of that is noticed."""
    clocks.own += timedelta(days=300)
    clocks.time.heard_id(id_at(NOON))
    clocks.pass_by(timedelta(days=2))
    assert clocks.time.now() == NOON + timedelta(days=302)
    clocks.own += timedelta(days=40)
    assert clocks.time.now() == NOON + timedelta(days=302)
    clocks.time.heard_id(id_at(NOON + timedelta(days=2)))
    assert clocks.time.now() == NOON + timedelta(days=302)


def test_a_jump_while_the_bot_was_away_is_noticed(clocks: Clocks) -> None:
    """By what the database says of the time before, whatever is heard first."""
    clocks.time.has_been(NOON)
    clocks.time.was_ahead(timedelta(seconds=2))
    clocks.own += timedelta(days=400)
    assert clocks.time.now() == NOON + timedelta(seconds=2)
    clocks.time.heard_id(id_at(NOON + timedelta(days=3)))
    assert clocks.time.now() == NOON + timedelta(days=3, seconds=2)


def test_a_long_pause_is_no_jump_once_discord_is_heard(clocks: Clocks) -> None:
    """Until then nothing is deleted that could be too young."""
    clocks.time.has_been(NOON)
    clocks.time.was_ahead(timedelta(seconds=2))
    clocks.own += timedelta(days=60)
    assert clocks.time.now() == NOON + timedelta(seconds=2)
    clocks.time.heard(NOON + timedelta(days=60))
    assert clocks.time.now() == NOON + timedelta(days=60)


@pytest.mark.parametrize("off", [MAY_DIFFER, -timedelta(days=3)])
def test_clocks_may_differ_a_little_and_lag_behind(clocks: Clocks, off: timedelta) -> None:
    """Behind does no harm: things are deleted later."""
    clocks.time.heard(NOON)
    clocks.own += off
    assert clocks.time.now() == NOON + off


def test_changes_are_timed_by_the_newest_id() -> None:
    """A machine whose clock is an hour ahead does not put a policy in force an hour late."""
    noon = datetime(2026, 11, 21, 12, tzinfo=UTC)
    time = DiscordTime(own=lambda: noon + timedelta(hours=1), clock=lambda: 0.0)
    time.heard_id(id_at(noon))
    time.heard_id(id_at(noon - timedelta(minutes=5)))
    assert time.of_change() == noon
    time.heard_id(id_at(noon + timedelta(minutes=1)))
    assert time.of_change() == noon + timedelta(minutes=1)


def test_two_changes_keep_their_order() -> None:
    """Also where nothing happened between them, and before Discord has shown anything."""
    noon = datetime(2026, 11, 21, 12, tzinfo=UTC)
    time = DiscordTime(own=lambda: noon, clock=lambda: 0.0)
    first, second = time.of_change(), time.of_change()
    assert noon == first < second < noon + timedelta(milliseconds=1)
