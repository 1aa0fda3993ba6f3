"""`bylaw server`: a server goes into a file and out of it, and every wrong turn is one line."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from bot.keys import Cipher, new_key
from bot.storage.cases.cases import SqlCaseStore
from bot.storage.database.engine import create_engine
from tests.bot.storage.rows import NOON, opened_case

Bylaw = Callable[..., Any]
EXPORT = ("server", "export", "--guild", "1", "--out", "server.bylaw", "--passphrase-file", "passphrase")
IMPORT = ("server", "import", "server.bylaw", "--passphrase-file", "passphrase")


@pytest.fixture
def old(bylaw: Bylaw) -> str:
    """An installation with a case in server 1, a passphrase, and the key."""
    bylaw("db", "upgrade")
    key = new_key()
    Path("data/secret.key").write_text(key)
    Path("data/secret.key").chmod(0o600)
    Path("passphrase").write_text("a passphrase that is long enough\n")
    asyncio.run(one_case(key))
    return key


async def one_case(key: str) -> None:
    """Keep a case."""
    engine = create_engine("sqlite:///data/bylaw.sqlite3")
    await opened_case(engine, Cipher((key.encode(),)), text="zebra crossing")
    await engine.dispose()


async def text_of_case(guild_id: int, folder: str) -> str | None:
    """What a member wrote, read with the key that is there now."""
    engine = create_engine(f"sqlite:///{folder}/bylaw.sqlite3")
    cipher = Cipher((Path(folder, "secret.key").read_text().strip().encode(),))
    case = await SqlCaseStore(engine, now=lambda: NOON, cipher=cipher).get(guild_id, 1)
    await engine.dispose()
    return case.evidence.text if case else None


def test_a_server_moves_to_a_new_installation(bylaw: Bylaw, old: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With another key and a database that is made for it."""
    outcome = bylaw(*EXPORT)
    assert (outcome.code, outcome.err) == (0, "")
    assert "Exported server 1 to server.bylaw: 1 case, 2 audit entries" in outcome.out
    monkeypatch.setenv("BYLAW_DATA_DIR", "elsewhere")
    outcome = bylaw(*IMPORT)
    assert (outcome.code, outcome.err) == (0, "")
    assert "Imported server 1 as server 1: 1 case" in outcome.out
    assert asyncio.run(text_of_case(1, "elsewhere")) == "zebra crossing"
    assert Path("elsewhere/secret.key").read_text() != old
    assert bylaw("db", "check").code == 0


def test_programs_read_what_was_moved(bylaw: Bylaw, old: str) -> None:
    """Where it is, what is in it, and what somebody has to do now."""
    (written,) = bylaw(*EXPORT, "--json").rows
    assert (written["server_id"], written["file"], written["encrypted"]) == ("1", "server.bylaw", True)
    assert (written["rows"]["cases"], written["rows"]["audit_entries"]) == (1, 2)
    (read,) = bylaw(*IMPORT, "--guild", "2", "--json").rows
    assert (read["server_id"], read["from_server_id"], read["rows"]) == ("2", "1", written["rows"])
    assert any("/setup" in each for each in read["remarks"])


def test_it_can_become_another_server(bylaw: Bylaw, old: str) -> None:
    """Even beside the one it was, and what to do next is told."""
    bylaw(*EXPORT)
    outcome = bylaw(*IMPORT, "--guild", "2")
    assert outcome.code == 0
    assert "Imported server 1 as server 2" in outcome.out
    assert "/setup" in outcome.out
    assert asyncio.run(text_of_case(2, "data")) == "zebra crossing"


def test_what_is_there_is_not_written_over(bylaw: Bylaw, old: str) -> None:
    """Neither a server nor a file."""
    bylaw(*EXPORT)
    assert "Something is kept of server 1 here already" in bylaw(*IMPORT).complaint
    assert "is there already" in bylaw(*EXPORT).complaint


def test_a_plain_file_is_written_only_where_somebody_asks_for_it(bylaw: Bylaw, old: str) -> None:
    """And never by leaving something out."""
    without = EXPORT[:-2]
    outcome = bylaw(*without)
    assert outcome.code == 2
    assert "--plain" in outcome.complaint
    assert bylaw(*EXPORT, "--plain").code == 2
    assert not Path("server.bylaw").exists()
    outcome = bylaw(*without, "--plain")
    assert outcome.code == 0
    assert "not encrypted" in outcome.out
    assert b"zebra crossing" in Path("server.bylaw").read_bytes()


def test_a_passphrase_that_anybody_guesses_is_refused(bylaw: Bylaw, old: str) -> None:
    """So is a file that is not there or is no text; the passphrase is not repeated."""
    Path("passphrase").write_text("zebra123")
    outcome = bylaw(*EXPORT)
    assert outcome.code == 2
    assert "fewer than 16 characters" in outcome.complaint
    assert "zebra123" not in outcome.complaint
    Path("passphrase").write_bytes(b"\xff" * 40)
    assert "not UTF-8" in bylaw(*EXPORT).complaint
    Path("passphrase").unlink()
    assert "does not exist" in bylaw(*EXPORT).complaint


def test_a_wrong_passphrase_makes_nothing(bylaw: Bylaw, old: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """No database, no key, no folder."""
    bylaw(*EXPORT)
    monkeypatch.setenv("BYLAW_DATA_DIR", "elsewhere")
    Path("passphrase").write_text("another one that is long enough")
    outcome = bylaw(*IMPORT)
    assert outcome.code == 1
    assert "The passphrase does not open server.bylaw" in outcome.complaint
    assert not Path("elsewhere").exists()


def test_a_file_that_ends_too_early_leaves_no_row(bylaw: Bylaw, old: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The copy over the network broke off."""
    bylaw(*EXPORT)
    whole = Path("server.bylaw").read_bytes()
    Path("server.bylaw").write_bytes(whole[:-10])
    monkeypatch.setenv("BYLAW_DATA_DIR", "elsewhere")
    outcome = bylaw(*IMPORT)
    assert outcome.code == 1
    assert "ends too early" in outcome.complaint
    with closing(sqlite3.connect("elsewhere/bylaw.sqlite3")) as database:
        assert database.execute("SELECT count(*) FROM cases").fetchone() == (0,)
        assert database.execute("SELECT count(*) FROM audit_entries").fetchone() == (0,)
    Path("server.bylaw").write_bytes(whole)
    assert bylaw(*IMPORT).code == 0


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("import", "nothing.bylaw"), 2, "does not exist"),
        (("import", "."), 2, "is a folder"),
        (("import", "text"), 1, "is no export of a server"),
        (("export", "--guild", "9", "--out", "x", "--plain"), 1, "Nothing is kept of server 9"),
        (("export", "--guild", "0", "--out", "x", "--plain"), 2, "--guild"),
    ],
)
def test_what_cannot_be_done_is_one_line(
    bylaw: Bylaw, old: str, arguments: tuple[str, ...], code: int, said: str
) -> None:
    """With the exit code of its kind."""
    Path("text").write_text("hello")
    outcome = bylaw("server", *arguments)
    assert (outcome.code, said in outcome.complaint) == (code, True)


def test_without_a_database_there_is_nothing_to_export(bylaw: Bylaw) -> None:
    """And none is made."""
    outcome = bylaw("server", "export", "--guild", "1", "--out", "x", "--plain")
    assert outcome.code == 1
    assert "There is no database" in outcome.complaint
    assert list(Path().iterdir()) == []


def test_a_running_bot_is_stopped_first(bylaw: Bylaw, old: str) -> None:
    """For an import; an export leaves it alone."""
    Path("data/heartbeat").touch()
    assert bylaw(*EXPORT).code == 0
    assert "stop it first" in bylaw(*IMPORT).complaint
