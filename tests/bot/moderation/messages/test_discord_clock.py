"""Discord's own time, whatever this machine's clock says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bot.moderation.messages.discord_clock import DiscordClock
from bot.moderation.messages.watermarks import id_at

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def test_the_newest_id_tells_the_time() -> None:
    """A machine whose clock is an hour ahead does not put a policy in force an hour late."""
    clock = DiscordClock(lambda: NOON + timedelta(hours=1))
    clock.saw(id_at(NOON))
    clock.saw(id_at(NOON - timedelta(minutes=5)))
    assert clock.now() == NOON
    clock.saw(id_at(NOON + timedelta(minutes=1)))
    assert clock.now() == NOON + timedelta(minutes=1)


def test_two_changes_keep_their_order() -> None:
    """Also where nothing happened between them."""
    clock = DiscordClock(lambda: NOON)
    first, second = clock.now(), clock.now()
    assert NOON == first < second < NOON + timedelta(milliseconds=1)
