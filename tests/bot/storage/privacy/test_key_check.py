"""A key and the database that it belongs to."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import select, text, update

from bot.app import create_bot
from bot.keys import KEY_FILE, Cipher, KeyTrouble, new_key
from bot.moderation.appeals.appeal import Answer, AppealKey, NewAppeal
from bot.moderation.cases.case import RATIONALE_LOST
from bot.moderation.lookups.search import CaseQuery
from bot.settings import Settings
from bot.storage.cases.cases import SqlCaseStore
from bot.storage.cases.notes import SqlNoteStore
from bot.storage.database.engine import create_engine
from bot.storage.database.migrate import FOLDER, upgrade
from bot.storage.lookups.search import SqlCaseSearch
from bot.storage.members.appeals import SqlAppealStore
from bot.storage.privacy.key_check import discard_unreadable, fits
from bot.storage.tables.cases import cases
from bot.storage.tables.lookups import case_queries, note_words
from bot.wiring.keys import open_keys
from classifier.scripted import ScriptedJudge, clear
from tests.bot.storage.rows import NOON, opened_case

KEY, OTHER = new_key(), new_key()


@pytest.fixture
def settings_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Settings]:
    """Makes the settings of an installation."""
    monkeypatch.delenv("BYLAW_SECRET_KEY", raising=False)
    return lambda **given: Settings(data_dir=tmp_path, judge="lite", _env_file=None, **given)


def cipher_of(key: str) -> Cipher:
    """What encrypts under this key."""
    return Cipher((key.encode(),))


async def a_case(settings: Settings, key: str = KEY) -> None:
    """A database with one case."""
    await upgrade(settings.database)
    engine = create_engine(settings.database)
    await opened_case(engine, cipher_of(key))
    await engine.dispose()


def put_key(settings: Settings, key: str) -> None:
    """The key file holds this key."""
    (settings.data_dir / KEY_FILE).touch(mode=0o600)
    (settings.data_dir / KEY_FILE).write_text(f"{key}\n")


async def test_the_first_start_makes_a_key(settings_with: Callable[..., Settings]) -> None:
    """Without a database, or with one that holds no text."""
    settings = settings_with()
    first = await open_keys(settings)
    await upgrade(settings.database)
    again = await open_keys(settings)
    assert again.fence_key == first.fence_key
    (settings.data_dir / KEY_FILE).unlink()
    assert (await open_keys(settings)).fence_key != first.fence_key


async def test_a_database_without_its_key_is_refused(settings_with: Callable[..., Settings]) -> None:
    """It was copied back without it: no new key is made, and the line says what to do."""
    settings = settings_with()
    await a_case(settings)
    with pytest.raises(KeyTrouble, match="is missing: put it back, or set BYLAW_SECRET_KEY") as trouble:
        await open_keys(settings)
    assert "discard-texts" in str(trouble.value)
    assert not (settings.data_dir / KEY_FILE).exists()
    put_key(settings, KEY)
    await open_keys(settings)


async def test_the_bot_does_not_start_without_the_key(settings_with: Callable[..., Settings]) -> None:
    """Before anything is opened or changed."""
    settings = settings_with()
    await a_case(settings)
    async with create_bot(settings, judge=ScriptedJudge(lambda _: clear())) as bot:
        with pytest.raises(KeyTrouble, match="is missing: put it back"):
            await bot.setup_hook()
    assert not (settings.data_dir / KEY_FILE).exists()


@pytest.mark.parametrize("in_file", [True, False])
async def test_a_key_that_opens_nothing_is_refused(settings_with: Callable[..., Settings], *, in_file: bool) -> None:
    """Whether it comes from the file or from the settings; it is not in the line."""
    settings = settings_with() if in_file else settings_with(secret_key=OTHER)
    await a_case(settings)
    if in_file:
        put_key(settings, OTHER)
    with pytest.raises(KeyTrouble, match="opens none of them: put back the one they need") as trouble:
        await open_keys(settings)
    assert OTHER not in str(trouble.value)
    assert ("the key in BYLAW_SECRET_KEY" in str(trouble.value)) is not in_file


async def test_one_text_is_enough(settings_with: Callable[..., Settings]) -> None:
    """Some may be under a key that was lost long ago; the bot works with what it can read."""
    settings = settings_with(secret_key=KEY)
    await a_case(settings, OTHER)
    engine = create_engine(settings.database)
    await SqlNoteStore(engine, now=lambda: NOON, cipher=cipher_of(KEY)).add(1, 1, author_id=7, text="zebra")
    await engine.dispose()
    await open_keys(settings)


async def test_a_database_of_an_older_revision_is_compared(settings_with: Callable[..., Settings]) -> None:
    """Before it is upgraded: a refused start changes nothing."""
    settings, config = settings_with(), Config()
    config.set_main_option("script_location", str(FOLDER))
    engine = create_engine(settings.database)
    async with engine.begin() as connection:
        config.attributes["connection"] = await connection.run_sync(lambda each: each)
        await connection.run_sync(lambda _: command.upgrade(config, "0002"))
    assert await fits(settings.database, None)
    async with engine.begin() as connection:
        pin = text(
            "INSERT INTO pins (guild_id, policy_id, text_encrypted, author_id, created_at)"
            " VALUES (1, 1, :token, 7, '2026-01-01 00:00:00')"
        )
        await connection.execute(pin, {"token": cipher_of(KEY).encrypt("zebra")})
    await engine.dispose()
    assert not await fits(settings.database, None)
    assert not await fits(settings.database, cipher_of(OTHER))
    assert await fits(settings.database, cipher_of(KEY))


async def test_lost_texts_are_discarded_and_the_rest_stays(settings_with: Callable[..., Settings]) -> None:
    """Every store can read what is left, and whatever the new key opens is as it was."""
    settings = settings_with()
    await a_case(settings)
    engine, old, new = create_engine(settings.database), cipher_of(KEY), cipher_of(OTHER)
    key = AppealKey(guild_id=1, case_number=1, attempt=1)
    appeal = NewAppeal(key=key, member_id=7, answers=(Answer(question="Why?", text="zebra"),))
    await SqlAppealStore(engine, now=lambda: NOON, cipher=old).open(appeal)
    await SqlNoteStore(engine, now=lambda: NOON, cipher=old).add(1, 1, author_id=7, text="zebra")
    note = await SqlNoteStore(engine, now=lambda: NOON, cipher=new).add(1, 1, author_id=7, text="giraffe")
    await SqlCaseSearch(engine, now=lambda: NOON, cipher=old).keep(1, CaseQuery(member_id=7))
    assert await discard_unreadable(engine, new) >= 5
    case = await SqlCaseStore(engine, now=lambda: NOON, cipher=new).get(1, 1)
    assert case is not None
    assert (case.evidence.text, case.judged.rationale) == (None, RATIONALE_LOST)
    stored = await SqlAppealStore(engine, now=lambda: NOON, cipher=new).get(key)
    assert stored is not None
    assert stored.answers == ()
    notes = (await SqlNoteStore(engine, now=lambda: NOON, cipher=new).of_cases(1, (1,)))[1]
    assert [each.text for each in notes] == [None, "giraffe"]
    async with engine.begin() as connection:
        assert (await connection.execute(select(case_queries))).all() == []
        assert set((await connection.execute(select(note_words.c.note_id))).scalars()) == {note.id}
        await connection.execute(update(cases).values(gone=True))
    assert await discard_unreadable(engine, new) == 0
    assert await fits(settings.database, new)
    await engine.dispose()
