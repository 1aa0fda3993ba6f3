"""A new key: everything that is encrypted comes under it, however often the work is cut off."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import LargeBinary, insert, select
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.keys import Cipher, new_key
from bot.moderation.lookups.search import CaseQuery
from bot.storage.cases.notes import SqlNoteStore
from bot.storage.lookups.search import SqlCaseSearch
from bot.storage.privacy.key_rotation import ENCRYPTED, encrypted_columns, renew
from bot.storage.tables.cases import metadata
from bot.storage.tables.lookups import note_words
from tests.bot.storage.rows import filled, opened_case

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
OLD, NEW = new_key().encode(), new_key().encode()


async def fill(engine: AsyncEngine, cipher: Cipher, *, rows: int) -> None:
    """Some rows in every table that holds encrypted texts, each text naming its column."""
    async with engine.begin() as connection:
        for table, columns in encrypted_columns().items():
            for number in range(1, rows + 1):
                texts = {column.name: cipher.encrypt(f"{table.name}.{column.name}") for column in columns}
                await connection.execute(insert(table).values({**filled(table, number), **texts}))


async def texts_of(engine: AsyncEngine, cipher: Cipher) -> dict[str, set[str | None]]:
    """What this key reads in each encrypted column."""
    found: dict[str, set[str | None]] = {}
    async with engine.connect() as connection:
        for columns in encrypted_columns().values():
            for column in columns:
                tokens = (await connection.execute(select(column))).scalars()
                found[f"{column.table.name}.{column.name}"] = {cipher.decrypt(token) for token in tokens}
    return found


def test_every_column_of_bytes_is_known() -> None:
    """Encrypted texts are bytes, and only they are: a new column with another name would be left under the old key."""
    binary = {
        f"{table.name}.{column.name}"
        for table in metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, LargeBinary)
    }
    known = {f"{table.name}.{column.name}" for table, columns in encrypted_columns().items() for column in columns}
    assert binary == known
    assert {
        "cases.text_encrypted",
        "case_notes.text_encrypted",
        "pins.text_encrypted",
        "reports.words_encrypted",
        "appeals.answers_encrypted",
        "case_queries.query_encrypted",
    } <= known
    assert all(name.endswith(ENCRYPTED) for name in known)


async def test_everything_comes_under_the_new_key(file_engine: AsyncEngine) -> None:
    """All columns of all tables, over several batches; a second pass finds nothing to do."""
    await fill(file_engine, Cipher((OLD,)), rows=5)
    both = Cipher((NEW, OLD))
    done: list[str] = []
    first = await renew(file_engine, both, batch=2, done=done.append)
    columns = encrypted_columns()
    assert first.texts == 5 * sum(map(len, columns.values()))
    assert sorted(done) == sorted(table.name for table in columns)
    assert (await renew(file_engine, both, batch=2)).found_nothing
    read = await texts_of(file_engine, Cipher((NEW,)))
    assert read == {name: {name} for name in read}
    assert set().union(*(await texts_of(file_engine, Cipher((OLD,)))).values()) == {None}


@pytest.mark.parametrize("killed_after", [1, 4])
async def test_cut_off_it_goes_on(file_engine: AsyncEngine, killed_after: int) -> None:
    """Cut off after any table, everything is readable with both keys, and the next run does only the rest."""
    await fill(file_engine, Cipher((OLD,)), rows=3)
    both = Cipher((NEW, OLD))
    seen: list[str] = []

    def die(table: str) -> None:
        seen.append(table)
        if len(seen) == killed_after:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await renew(file_engine, both, batch=2, done=die)
    assert all(None not in texts for texts in (await texts_of(file_engine, both)).values())
    columns = {table.name: 3 * len(columns) for table, columns in encrypted_columns().items()}
    rest = await renew(file_engine, both, batch=2)
    assert rest.texts == sum(count for name, count in columns.items() if name not in seen)
    assert all(None not in texts for texts in (await texts_of(file_engine, Cipher((NEW,)))).values())


async def test_a_batch_is_kept_whole_or_not_at_all(file_engine: AsyncEngine) -> None:
    """Cut off within a batch, its rows are as they were; those before stay renewed."""
    await fill(file_engine, Cipher((OLD,)), rows=4)

    class Dying(Cipher):
        left = 0

        def renewed(self, token: bytes) -> bytes | None:
            self.left -= 1
            if self.left < 0:
                raise KeyboardInterrupt
            return super().renewed(token)

    table, columns = next(iter(encrypted_columns().items()))
    Dying.left = 3 * len(columns)  # the second row of the second batch is too many
    with pytest.raises(KeyboardInterrupt):
        await renew(file_engine, Dying((NEW, OLD)), batch=2)
    async with file_engine.connect() as connection:
        query = select(columns[0]).order_by(*table.primary_key.columns)
        tokens = (await connection.execute(query)).scalars().all()
    assert [Cipher((NEW,)).is_newest(token) for token in tokens] == [True, True, False, False]


async def test_texts_of_a_lost_key_are_left(file_engine: AsyncEngine) -> None:
    """They are counted, and changed by nothing."""
    await fill(file_engine, Cipher((new_key().encode(),)), rows=1)
    report = await renew(file_engine, Cipher((NEW, OLD)))
    assert (report.texts, report.unreadable) == (0, sum(map(len, encrypted_columns().values())))
    assert report.found_nothing


async def test_words_of_notes_are_found_before_meanwhile_and_after(file_engine: AsyncEngine) -> None:
    """A search finds a note under the old key, with both keys, and under the new key alone; no old mark is left."""
    await opened_case(file_engine, Cipher((OLD,)))
    await notes(file_engine, OLD).add(1, 1, author_id=7, text="the zebra again")
    assert await found(file_engine, NEW, OLD) == [1]
    before = await marks(file_engine)
    report = await renew(file_engine, Cipher((NEW, OLD)))
    assert report.notes == 1
    assert await found(file_engine, NEW, OLD) == [1]
    assert await found(file_engine, NEW) == [1]
    after = await marks(file_engine)
    assert len(after) == len(before)
    assert not before & after


def notes(engine: AsyncEngine, *keys: bytes) -> SqlNoteStore:
    """The notes under these keys."""
    return SqlNoteStore(engine, now=lambda: NOON, cipher=Cipher(keys))


async def found(engine: AsyncEngine, *keys: bytes) -> list[int]:
    """The cases with a note about zebras."""
    search = SqlCaseSearch(engine, now=lambda: NOON, cipher=Cipher(keys))
    return [case.number for case in await search.whole(1, CaseQuery(words=frozenset({"zebra"})), limit=10)]


async def marks(engine: AsyncEngine) -> set[int]:
    """All marks."""
    async with engine.connect() as connection:
        return set((await connection.execute(select(note_words.c.word))).scalars())
