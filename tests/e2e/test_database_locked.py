"""The database cannot be changed for a while: moderators are told, and nothing is lost."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest
from sqlalchemy import event

from bot.cogs.interactions.errors import AWAY


@contextmanager
def locked(world: Any) -> Iterator[None]:
    """Another program writes to the database's file inside this block, for longer than the bot waits."""
    engine = world.bot.services.act._actions._engine

    def wait_for_nobody(connection: Any, *_: object) -> None:
        connection.cursor().execute("PRAGMA busy_timeout = 0")

    event.listen(engine.sync_engine.pool, "checkout", wait_for_nobody)
    with closing(sqlite3.connect(engine.url.database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
    event.remove(engine.sync_engine.pool, "checkout", wait_for_nobody)


async def test_a_locked_database(world: Any, caplog: pytest.LogCaptureFixture) -> None:
    """A command and a click answer in one line that nothing was changed, the log has one line, and the message that
    came meanwhile is judged afterwards."""
    await world.set_up()
    await world.ana.send(world.general, "it was the butler")
    (card,) = world.cards()
    with locked(world):
        told = await world.mira.slash(world.general, "policy pause", name="Spoilers")
        clicked = await world.omar.click(card, label="Not a violation")
        await world.ana.send(world.general, "the butler once more")
        await world.bot.schedule.run_now("catch-up")
        assert len(world.cards()) == 1
    assert world.said(told) == "The database is not responding. Try again in a moment."
    assert clicked.followups[-1].content == AWAY
    assert world.bot._outage.lasts
    lines = [record for record in caplog.records if record.levelno >= logging.WARNING and record.name.startswith("bot")]
    assert [record.name for record in lines] == ["bot.storage.database.outage"]
    await world.bot.schedule.run_now("catch-up")
    await world.env.settle()
    assert sum("the butler once more" in world.said(each) for each in world.cards()) == 1
