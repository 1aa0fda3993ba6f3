"""The language that members were last seen with: kept by server, replaced, and forgotten after the retention time."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from bot.languages.language import Language
from bot.moderation.servers.interface_language import NOTED_EVERY, InterfaceLanguages
from bot.moderation.servers.options import LanguageOptions
from bot.storage.database.engine import create_engine, reading, writing
from bot.storage.members.languages import SqlMemberLanguages
from tests.fakes.stores_actions import MemoryOptionStore
from tests.fakes.stores_audit import MemoryAuditLog

NOW = datetime(2026, 11, 30, tzinfo=UTC)


class Kept:
    """The store over a database, with a clock that tests move."""

    def __init__(self, engine: Any) -> None:
        self.engine = engine
        self.now = NOW
        self.store = SqlMemberLanguages(engine, now=lambda: self.now)

    async def rows(self) -> list[tuple[int, int, str]]:
        """All that is kept."""
        query = text("SELECT guild_id, member_id, language FROM member_languages ORDER BY guild_id, member_id")
        async with reading(self.engine) as connection:
            return [(row[0], row[1], row[2]) for row in await connection.execute(query)]


@pytest.fixture(params=["sqlite", "postgresql"])
async def kept(request: pytest.FixtureRequest, sqlite_address: str) -> AsyncIterator[Kept]:
    """Both databases in turn."""
    postgres = request.param == "postgresql" and request.getfixturevalue("postgres")
    async with postgres.migrated() if postgres else nullcontext(sqlite_address) as address:
        engine = create_engine(address)
        yield Kept(engine)
        await engine.dispose()


async def test_the_last_one_counts_in_each_server(kept: Kept) -> None:
    """Nobody is known before; what was seen in one server says nothing of another."""
    assert await kept.store.get(1, 7) is None
    await kept.store.note(1, 7, Language.GERMAN)
    await kept.store.note(1, 7, Language.PORTUGUESE)
    await kept.store.note(2, 7, Language.JAPANESE)
    assert await kept.store.get(1, 7) is Language.PORTUGUESE
    assert await kept.rows() == [(1, 7, "pt-BR"), (2, 7, "ja")]


async def test_a_language_of_a_newer_version(kept: Kept) -> None:
    """It is as good as none."""
    await kept.store.note(1, 7, Language.GERMAN)
    async with writing(kept.engine) as connection:
        await connection.execute(text("UPDATE member_languages SET language = 'tlh'"))
    assert await kept.store.get(1, 7) is None


async def test_who_was_not_seen_for_long_is_forgotten(kept: Kept) -> None:
    """Some at a time, in this server only; whoever was seen since stays."""
    for member in (5, 6, 7):
        await kept.store.note(1, member, Language.FRENCH)
    await kept.store.note(2, 5, Language.FRENCH)
    kept.now += timedelta(days=20)
    await kept.store.note(1, 7, Language.FRENCH)
    before = NOW + timedelta(days=1)
    assert [await kept.store.purge_texts(1, before=before, limit=1) for _ in range(3)] == [1, 1, 0]
    assert await kept.rows() == [(1, 7, "fr"), (2, 5, "fr")]


async def test_whose_language_it_is(kept: Kept) -> None:
    """A member's own, else the server's choice, else what its Discord says, else English."""
    options = MemoryOptionStore(now=lambda: NOW, audit=MemoryAuditLog())
    locales = {1: "es-419", 2: "zh-CN"}
    languages = InterfaceLanguages(
        options=options,
        members=kept.store,
        preferred=lambda guild_id: locales.get(guild_id, ""),
        now=lambda: kept.now,
        clock=lambda: 0.0,
    )
    assert [await languages.of_server(guild_id) for guild_id in (1, 2, 3)] == [
        Language.SPANISH,
        Language.ENGLISH,
        Language.ENGLISH,
    ]
    await options.save(1, LanguageOptions(language="de"), actor_id=9)
    assert await languages.of_server(1) is Language.SPANISH  # remembered, until it is told of the change
    languages.changed(1)
    assert await languages.of_server(1) is await languages.of_member(1, 7) is Language.GERMAN
    await languages.saw(1, 7, Language.FRENCH)
    assert await languages.of_member(1, 7) is Language.FRENCH


async def test_a_member_is_written_down_once_a_day(kept: Kept) -> None:
    """Or at once when their language changes."""
    languages = InterfaceLanguages(
        options=MemoryOptionStore(now=lambda: NOW, audit=MemoryAuditLog()),
        members=kept.store,
        preferred=lambda _: "",
        now=lambda: kept.now,
        clock=lambda: 0.0,
    )
    await languages.saw(1, 7, Language.FRENCH)
    kept.now += NOTED_EVERY - timedelta(minutes=1)
    await languages.saw(1, 7, Language.FRENCH)
    assert await kept.store.purge_texts(1, before=NOW + timedelta(minutes=1)) == 1  # of the first time
    await languages.saw(1, 7, Language.GERMAN)
    assert await kept.rows() == [(1, 7, "de")]
    kept.now += NOTED_EVERY
    await languages.saw(1, 7, Language.GERMAN)
    assert await kept.store.purge_texts(1, before=kept.now) == 0
