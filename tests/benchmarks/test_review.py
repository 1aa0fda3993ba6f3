"""The measurement of cards: every case is shown, within Discord's limits."""

from __future__ import annotations

import pytest

from benchmarks.review import CHANNEL, LimitedBoard, cards
from bot.moderation.cards.route import Route
from bot.moderation.servers.server import ServerSettings


@pytest.mark.parametrize("raid", [False, True])
async def test_every_case_is_shown(raid: bool) -> None:
    """More than a channel takes card by card: the others share cards, and no limit trips."""
    figures = await cards(per_second=40, seconds=0.5, round_trip=0.001, raid=raid)
    assert (figures["not_shown"], figures["limits_tripped"]) == (0, 0)
    assert 0 < figures["posts"] < 20
    assert figures["card_p50_s"] <= figures["card_p95_s"] <= figures["card_max_s"]


async def test_the_board_refuses_what_discord_would() -> None:
    """Five requests of a kind in five seconds; the sixth trips, and a request of the other kind does not."""
    board = LimitedBoard(round_trip=0.0)
    assert [await board._takes("post", CHANNEL) for _ in range(6)] == [True] * 5 + [False]
    assert await board._takes("edit", CHANNEL)
    assert board.tripped == 1
    settings = ServerSettings(guild_id=1, review_channel_id=CHANNEL, reviewer_role_id=None)
    await board.tell_moderators(settings, "a line")
    assert board.tripped == 2
    assert await board._takes("post", Route(channel_id=CHANNEL + 1).channel_id)
