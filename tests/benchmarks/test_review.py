"""The measurement of cards: every case is shown, within Discord's limits."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from benchmarks.review import CHANNEL, LimitedBoard, cards
from benchmarks.workload.statements import counting
from bot.moderation.cards.route import Route
from bot.moderation.servers.server import ServerSettings
from bot.storage.database.engine import create_engine, reading, writing


@pytest.mark.parametrize("raid", [False, True])
async def test_every_case_is_shown(raid: bool) -> None:
    """More than a channel takes card by card: the others share cards, and no limit trips."""
    figures = await cards(per_second=40, seconds=0.5, round_trip=0.001, raid=raid)
    assert (figures["not_shown"], figures["limits_tripped"]) == (0, 0)
    assert 0 < figures["posts"] < 20
    assert figures["card_p50_s"] <= figures["card_p95_s"] <= figures["card_max_s"]
    assert 0 < figures["statements_per_case"] <= 12
    assert 0 < figures["transactions_per_case"] <= 4  # five of the twenty have cards of their own


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


async def test_statements_are_counted_and_what_frames_them_is_not() -> None:
    """Two statements in one transaction and one in another; nothing after the block."""
    engine = create_engine("sqlite://")
    with counting() as asked:
        async with writing(engine) as connection:
            await connection.execute(text("SELECT 1"))
            await connection.execute(text("SELECT 2"))
        async with reading(engine) as connection:
            await connection.execute(text("SELECT 3"))
    async with reading(engine) as connection:
        await connection.execute(text("SELECT 4"))
    await engine.dispose()
    assert asked.per(2) == {"statements_per_case": 1.5, "transactions_per_case": 1.0}
