"""`bylaw keys`: a new key in place of the old one, also after a kill."""

from __future__ import annotations

import asyncio
import json
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bot.keys import Cipher, new_key
from bot.storage.database.engine import create_engine
from bot.storage.tables.cases import cases
from tests.bot.storage.rows import opened_case

Bylaw = Callable[..., Any]
KEY_FILE = Path("data/secret.key")


@pytest.fixture
def old_key(bylaw: Bylaw) -> str:
    """The key of an installation with one case."""
    assert bylaw("db", "upgrade").code == 0
    key = new_key()
    KEY_FILE.touch(mode=0o600)
    KEY_FILE.write_text(f"{key}\n")
    asyncio.run(open_case(key))
    return key


async def open_case(key: str) -> None:
    """Keep a case under a key."""
    engine = create_engine("sqlite:///data/bylaw.sqlite3")
    await opened_case(engine, Cipher((key.encode(),)))
    await engine.dispose()


def test_no_public_key_is_shown_before_there_is_a_key(bylaw: Bylaw) -> None:
    """Else people would publish one that signs nothing."""
    assert bylaw("db", "upgrade").code == 0
    outcome = bylaw("keys", "public")
    assert (outcome.code, outcome.out) == (1, "")
    assert "The first `bylaw run` makes the file" in outcome.complaint
    assert not KEY_FILE.exists()


def text_under(key: str) -> str | None:
    """The text of the case, if this key opens it."""

    async def read() -> bytes:
        engine = create_engine("sqlite:///data/bylaw.sqlite3")
        async with engine.connect() as connection:
            token = (await connection.execute(select(cases.c.text_encrypted))).scalar_one()
        await engine.dispose()
        return bytes(token)

    return Cipher((key.encode(),)).decrypt(asyncio.run(read()))


def test_rotation_ends_with_the_new_key_alone(bylaw: Bylaw, old_key: str) -> None:
    """The file holds one key, another one, for its owner only; neither key is printed."""
    outcome = bylaw("keys", "rotate")
    assert (outcome.code, outcome.err) == (0, "")
    (key,) = KEY_FILE.read_text().split()
    assert key != old_key
    assert key not in outcome.out
    assert old_key not in outcome.out
    assert stat.S_IMODE(KEY_FILE.stat().st_mode) == 0o600
    assert (text_under(key), text_under(old_key)) == ("zebra crossing", None)


def test_rotation_goes_on_after_a_kill(bylaw: Bylaw, old_key: str) -> None:
    """Two keys in the file say that a rotation is under way: no third one is made."""
    begun = new_key()
    KEY_FILE.write_text(f"{begun}\n{old_key}\n")
    outcome = bylaw("keys", "rotate")
    assert "Finished a key change that was interrupted" in outcome.out
    assert KEY_FILE.read_text().split() == [begun]
    assert text_under(begun) == "zebra crossing"


def test_programs_read_what_a_rotation_did(bylaw: Bylaw, old_key: str) -> None:
    """Counts, where the key is, and no key."""
    outcome = bylaw("keys", "rotate", "--json")
    (row,) = outcome.rows
    assert row == {"file": "data/secret.key", "texts": 2, "notes": 0, "unreadable": 0, "resumed": False}
    KEY_FILE.write_text(f"{new_key()}\n{KEY_FILE.read_text()}")
    assert bylaw("keys", "rotate", "--json").rows[0]["resumed"] is True
    assert bylaw("keys", "discard-texts", "--yes", "--json").rows == [{"deleted": 0}]
    assert len(bylaw("keys", "new", "--json").rows[0]["key"]) == 44


def test_what_fails_in_between_keeps_both_keys(bylaw: Bylaw, old_key: str) -> None:
    """Where the database cannot be written, the old key stays, and the next run ends the work."""
    database = Path("data/bylaw.sqlite3")
    whole = database.read_bytes()
    database.write_bytes(b"something else " * 500)
    for left in Path("data").glob("bylaw.sqlite3-*"):
        left.unlink()
    outcome = bylaw("keys", "rotate")
    assert outcome.code == 1
    assert "run this again" in outcome.complaint
    both = KEY_FILE.read_text().split()
    assert len(both) == 2
    assert both[1] == old_key
    database.write_bytes(whole)
    assert bylaw("keys", "rotate").code == 0
    assert KEY_FILE.read_text().split() == both[:1]
    assert text_under(both[0]) == "zebra crossing"


def test_a_running_bot_is_in_the_way(bylaw: Bylaw, old_key: str) -> None:
    """It would go on writing under the old key: nothing is changed."""
    Path("data/heartbeat").touch()
    outcome = bylaw("keys", "rotate")
    assert outcome.code == 1
    assert "stop it first" in outcome.complaint
    assert KEY_FILE.read_text().split() == [old_key]


def test_a_sign_of_life_of_yesterday_is_not_in_the_way(bylaw: Bylaw, old_key: str) -> None:
    """A bot that was killed leaves its file behind."""
    Path("data/heartbeat").touch()
    os.utime("data/heartbeat", (1, 1))
    assert bylaw("keys", "rotate").code == 0
    assert text_under(old_key) is None


def test_a_key_of_the_settings_is_changed_by_its_owner(
    bylaw: Bylaw, old_key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With one key it says what to set; with two it encrypts again and says which to leave. The file is not touched."""
    monkeypatch.setenv("BYLAW_SECRET_KEY", old_key)
    told = bylaw("keys", "rotate")
    assert told.code == 1
    assert "BYLAW_SECRET_KEY=NEW,OLD" in told.complaint
    assert old_key not in told.complaint
    fresh = bylaw("keys", "new").out.strip()
    monkeypatch.setenv("BYLAW_SECRET_KEY", f"{fresh},{old_key}")
    outcome = bylaw("keys", "rotate")
    assert outcome.code == 0
    assert "remove the older keys" in outcome.out
    assert fresh not in outcome.out
    assert text_under(fresh) == "zebra crossing"
    assert KEY_FILE.read_text().split() == [old_key]


def test_texts_that_nobody_can_read_are_told(bylaw: Bylaw, old_key: str) -> None:
    """They are no reason to keep the old key."""
    KEY_FILE.write_text(f"{new_key()}\n")
    outcome = bylaw("keys", "rotate")
    assert outcome.code == 0
    assert "cannot be decrypted with any of your keys" in outcome.out
    assert text_under(old_key) == "zebra crossing"


@pytest.mark.parametrize(
    ("content", "said"), [(None, "There is no key file"), (b"\xff\xfe", "not a key file"), (b"nonsense", "Fernet key")]
)
def test_a_key_file_that_is_none_is_told(bylaw: Bylaw, content: bytes | None, said: str) -> None:
    """One line, and nothing is made."""
    if content is not None:
        KEY_FILE.parent.mkdir()
        KEY_FILE.touch(mode=0o600)
        KEY_FILE.write_bytes(content)
    outcome = bylaw("keys", "rotate")
    assert outcome.code == 1
    assert said in outcome.complaint


@pytest.mark.parametrize("key", ["nonsense", "nonsense,more"])
def test_a_key_of_the_settings_that_is_none_is_told(bylaw: Bylaw, monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    """One line, without the key."""
    monkeypatch.setenv("BYLAW_SECRET_KEY", key)
    outcome = bylaw("keys", "rotate")
    assert outcome.code in {1, 2}
    assert key not in outcome.complaint


@pytest.mark.parametrize("in_settings", [False, True])
def test_without_a_database_no_key_is_changed(
    bylaw: Bylaw, old_key: str, monkeypatch: pytest.MonkeyPatch, *, in_settings: bool
) -> None:
    """The texts may be in another one, and need the old key."""
    Path("data/bylaw.sqlite3").rename("elsewhere.sqlite3")
    if in_settings:
        monkeypatch.setenv("BYLAW_SECRET_KEY", f"{new_key()},{old_key}")
    outcome = bylaw("keys", "rotate")
    assert outcome.code == 1
    assert "There is no database in" in outcome.complaint
    assert KEY_FILE.read_text().split() == [old_key]
    assert not Path("data/bylaw.sqlite3").exists()


def test_texts_whose_key_is_lost_can_be_deleted(bylaw: Bylaw, old_key: str) -> None:
    """After one more question; the facts stay, and the bot can start again."""
    KEY_FILE.unlink()
    asked = bylaw("keys", "discard-texts")
    assert asked.code == 2
    assert "--yes" in asked.complaint
    assert text_under(old_key) == "zebra crossing"
    done = bylaw("keys", "discard-texts", "--yes")
    assert done.code == 0
    assert "texts whose key is lost" in done.out
    assert len(KEY_FILE.read_text().split()) == 1
    exported = bylaw("privacy", "export", "--user", "7")
    (case,) = json.loads(exported.out)["cases"]
    assert (case["case"], case["text"]) == (1, None)
    assert "nothing was deleted" in bylaw("keys", "discard-texts", "--yes").out
