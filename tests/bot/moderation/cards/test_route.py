"""Where cards go, and whom they call: by severity and the hour."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.moderation.cards.route import Route, is_quiet, route_of
from bot.moderation.cases.case import RuleBroken
from bot.moderation.servers.options import CardOptions
from bot.moderation.servers.server import ServerSettings

SETTINGS = ServerSettings(guild_id=1, review_channel_id=99, reviewer_role_id=None)
NOON = datetime(2026, 11, 21, 12, 30, tzinfo=UTC)


def rules(*severities: str) -> tuple[RuleBroken, ...]:
    """Rules of these severities."""
    return tuple(RuleBroken(id=f"R{n}", title="A rule", severity=each) for n, each in enumerate(severities))


def test_a_card_goes_where_its_gravest_rule_says() -> None:
    """A severity without a channel of its own goes to the review channel."""
    options = CardOptions(channel_by_severity=(("high", 5),))
    assert route_of(rules("low", "high"), SETTINGS, options, at=NOON).channel_id == 5
    assert route_of(rules("low"), SETTINGS, options, at=NOON).channel_id == 99
    assert route_of((), SETTINGS, options, at=NOON).channel_id == 99


@pytest.mark.parametrize(
    ("severity", "ping_from", "calls", "silent"),
    [("high", "high", True, False), ("medium", "high", False, False), ("medium", "low", True, False),
     ("low", "medium", False, True), ("low", "low", True, True), ("odd", "medium", True, False)],
)  # fmt: skip
def test_severity_decides_who_is_called(severity: str, ping_from: str, calls: bool, silent: bool) -> None:
    """From the set severity on; cards of low severity make no sound. An unknown severity counts as medium."""
    options = CardOptions(ping_role_id=7, ping_from=ping_from)
    route = route_of(rules(severity), SETTINGS, options, at=NOON)
    assert route == Route(channel_id=99, ping_role_id=7 if calls else None, silent=silent)


def test_a_card_about_no_rule_calls_nobody() -> None:
    """Such as one that could not be judged."""
    assert route_of((), SETTINGS, CardOptions(ping_role_id=7, ping_from="low"), at=NOON).ping_role_id is None


def test_in_quiet_hours_only_severe_cards_call_or_ring() -> None:
    """The others are posted in silence."""
    options = CardOptions(ping_role_id=7, ping_from="medium", quiet_from_hour=12, quiet_to_hour=13)
    assert route_of(rules("high"), SETTINGS, options, at=NOON) == Route(channel_id=99, ping_role_id=7)
    assert route_of(rules("medium"), SETTINGS, options, at=NOON) == Route(channel_id=99, silent=True)


@pytest.mark.parametrize(
    ("start", "end", "hour", "quiet"),
    [(22, 7, 23, True), (22, 7, 6, True), (22, 7, 7, False), (22, 7, 21, False), (1, 3, 2, True), (1, 3, 3, False),
     (None, 3, 2, False)],
)  # fmt: skip
def test_quiet_hours_may_go_past_midnight(start: int | None, end: int | None, hour: int, quiet: bool) -> None:
    """The first hour belongs to them, the last does not."""
    options = CardOptions(quiet_from_hour=start, quiet_to_hour=end)
    assert is_quiet(options, NOON.replace(hour=hour)) is quiet
