"""What was written down tells how far this machine's clock was ahead of Discord's."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from sqlalchemy import update

from bot.keys import Cipher, new_key
from bot.moderation.cases.case import CaseKind
from bot.moderation.messages.watermarks import id_at
from bot.storage.database.engine import create_engine
from bot.storage.servers.clock_history import SqlClockHistory
from bot.storage.tables.cases import cases, metadata
from tests.bot.storage.rows import NOON, opened_case


async def test_the_shortest_time_between_a_message_and_its_case_counts(tmp_path: Path) -> None:
    """Some messages are judged late; ids of AutoMod's cases are made here; times in rows can be changed."""
    engine, cipher = create_engine(f"sqlite:///{tmp_path / 'bylaw.sqlite3'}"), Cipher((new_key().encode(),))
    async with engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
    history = SqlClockHistory(engine)
    assert await history.smallest_lead() is None
    for ago in (timedelta(days=3), timedelta(minutes=2), timedelta(seconds=1)):
        await opened_case(engine, cipher, message_id=id_at(NOON - ago))
    async with engine.begin() as connection:
        automod = update(cases).where(cases.c.number == 3).values(kind=CaseKind.AUTOMOD.value)
        await connection.execute(automod)
        await connection.execute(update(cases).values(opened_at=NOON - timedelta(days=900)))
    assert await history.smallest_lead() == timedelta(minutes=2)
    await engine.dispose()
