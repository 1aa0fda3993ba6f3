"""The real bot over PostgreSQL, which is away for a while: nothing that Discord told meanwhile is lost."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from benchmarks.loopback import payloads
from benchmarks.loopback.bot_setup import set_up
from benchmarks.loopback.world import MODS
from bot.moderation.messages.watermarks import LOOK_BACK, id_at
from bot.settings import Settings
from tests.databases.outage import database_away
from tests.databases.postgres import Postgres
from tests.transport.conftest import KEY, Wire, until

GENERAL = MODS + 1


@asynccontextmanager
async def set_up_on(postgres: Postgres, folder: Path) -> AsyncIterator[Settings]:
    """A database of PostgreSQL with one server that is set up."""
    async with postgres.migrated() as address:
        settings = Settings(
            data_dir=folder, secret_key=KEY, judge="lite", database_url=address, shard_count=1, _env_file=None
        )
        await set_up(settings)
        yield settings


async def test_an_outage_loses_nothing_and_is_two_lines_at_most(
    wire: Wire, postgres: Postgres, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Messages, an edit of an old message and a deletion are taken in afterwards, each once."""
    caplog.set_level(logging.INFO, logger="bot")
    world = wire.discord.world
    old = id_at(datetime.now(UTC) - 2 * LOOK_BACK)
    world.messages.setdefault(GENERAL, {})[old] = payloads.message(old, GENERAL, payloads.FIRST_MEMBER, "hello")
    async with set_up_on(postgres, tmp_path) as settings:
        bot = await wire.start(settings=settings)
        flagged = world.post(GENERAL, "the butler did it")
        await wire.cards(1)
        await wire.judged("the butler did it")
        async with database_away(settings.database):
            world.post(GENERAL, "the butler again")
            world.post(GENERAL, "nothing of note")
            world.edit(GENERAL, old, "hello, butler")
            world.delete(GENERAL, flagged)
            await until(lambda: len(bot._held) == 1 and bot.services.tally.put_off == 3, what="what is put off")
            await wire.run("catch-up")
        for job in ("held events", "catch-up"):
            assert await bot.schedule.run_now(job)
        await wire.cards(3)
        ((_, card),) = [each for each in world.card_messages() if "the butler did it" in str(each[1]["sent"])]
        await until(lambda: "message was deleted" in str(card["sent"]), what="a card that says so")
        assert sorted(wire.judged_texts()) == [
            "hello, butler",
            "nothing of note",
            "the butler again",
            "the butler did it",
        ]
        assert bot.services.tally.adds_up()
        await wire.stop()
    told = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert {record.name for record in told} == {"bot.storage.database.outage"}
    assert len(told) <= 2  # the second one where the outage was over for long enough
