"""`bylaw privacy`: an operator answers the request of somebody who cannot use the commands on Discord."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bot.keys import Cipher, new_key
from bot.moderation.cases.case import CaseState, Decision
from bot.storage.cases.cases import SqlCaseStore
from bot.storage.database.engine import create_engine
from tests.bot.storage.rows import NOON, opened_case

Bylaw = Callable[..., Any]


@pytest.fixture(autouse=True)
def installation(bylaw: Bylaw) -> None:
    """A decided case and an open one about member 7 in server 1."""
    assert bylaw("db", "upgrade").code == 0
    key = new_key()
    Path("data/secret.key").touch(mode=0o600)
    Path("data/secret.key").write_text(f"{key}\n")

    async def fill() -> None:
        engine, cipher = create_engine("sqlite:///data/bylaw.sqlite3"), Cipher((key.encode(),))
        await opened_case(engine, cipher)
        await opened_case(engine, cipher, text="giraffe house", message_id=501)
        decision = Decision(state=CaseState.VIOLATION, moderator_id=77, at=NOON)
        await SqlCaseStore(engine, now=lambda: NOON, cipher=cipher).decide(1, 1, decision)
        await engine.dispose()

    asyncio.run(fill())


def texts(bylaw: Bylaw, *more: str) -> list[str | None]:
    """The texts in an export."""
    outcome = bylaw("privacy", "export", "--user", "7", *more)
    assert outcome.code == 0
    return [case["text"] for case in json.loads(outcome.out)["cases"]]


def test_an_export_is_json_with_everything(bylaw: Bylaw) -> None:
    """Undecided cases, too; in one server or in all."""
    assert texts(bylaw) == ["zebra crossing", "giraffe house"]
    assert texts(bylaw, "--guild", "1") == ["zebra crossing", "giraffe house"]
    assert texts(bylaw, "--guild", "2") == []


def test_an_erasure_wants_to_be_confirmed(bylaw: Bylaw) -> None:
    """Without --yes nothing is erased."""
    outcome = bylaw("privacy", "erase", "--user", "7")
    assert outcome.code == 2
    assert "--yes" in outcome.complaint
    assert texts(bylaw) == ["zebra crossing", "giraffe house"]


@pytest.mark.parametrize("where", [(), ("--guild", "1")])
def test_an_erasure_says_what_it_did(bylaw: Bylaw, where: tuple[str, ...]) -> None:
    """And what is kept until it is decided."""
    outcome = bylaw("privacy", "erase", "--user", "7", "--yes", *where)
    assert outcome.code == 0
    assert "Server 1: erased the texts of 1 case, " in outcome.out
    assert "Kept until decided: 1" in outcome.out
    assert texts(bylaw) == [None, "giraffe house"]


def test_a_database_that_cannot_be_read_is_one_line(bylaw: Bylaw) -> None:
    """As everywhere."""
    for left in Path("data").glob("bylaw.sqlite3*"):
        left.unlink()
    Path("data/bylaw.sqlite3").write_bytes(b"something else " * 500)
    outcome = bylaw("privacy", "export", "--user", "7")
    assert outcome.code == 1
    assert "no SQLite database" in outcome.complaint


@pytest.mark.parametrize("user", ["0", "-1", "ana", str(2**63)])
def test_an_id_that_is_none_is_one_line(bylaw: Bylaw, user: str) -> None:
    """Typed wrongly."""
    assert bylaw("privacy", "export", f"--user={user}").code == 2


def test_an_export_says_how_much_it_holds(bylaw: Bylaw) -> None:
    """Beside the file, which stays JSON."""
    told = bylaw("privacy", "export", "--user", "7")
    assert "2 cases, 0 appeals, 0 reports" in told.complaint
    nothing = bylaw("privacy", "export", "--user", "8")
    assert json.loads(nothing.out)["cases"] == []
    assert nothing.complaint == "bylaw: There is no data about 8."


def test_programs_read_the_same(bylaw: Bylaw) -> None:
    """One line of ASCII each; ids are strings, because programs in other languages round large numbers."""
    people, programs = bylaw("privacy", "export", "--user", "7"), bylaw("privacy", "export", "--user", "7", "--json")
    (row,), shown = programs.rows, json.loads(people.out)
    assert {**row, "exported_at": ""} == {**shown, "exported_at": ""}
    assert programs.out.isascii()
    Path("data/bylaw.sqlite3.before-0009").touch()
    (erased,) = bylaw("privacy", "erase", "--user", "7", "--yes", "--json").rows
    assert (erased["member_id"], erased["copies"]) == ("7", ["bylaw.sqlite3.before-0009"])
    (server,) = erased["servers"]
    assert (server["server_id"], server["cases"], server["kept"]) == ("1", 1, 1)
    nothing = {"member_id": "8", "servers": [], "copies": []}
    assert bylaw("privacy", "erase", "--user", "8", "--yes", "--json").rows == [nothing]


def test_an_erasure_of_nothing_says_so(bylaw: Bylaw) -> None:
    """In one server or in all."""
    assert "There is no data about 8" in bylaw("privacy", "erase", "--user", "8", "--yes").out
    assert "in server 2" in bylaw("privacy", "erase", "--user", "7", "--guild", "2", "--yes").out
    assert texts(bylaw) == ["zebra crossing", "giraffe house"]


@pytest.mark.parametrize("command", [("export",), ("erase", "--yes")])
def test_without_a_database_nothing_is_made(
    bylaw: Bylaw, command: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Most likely the operator is in the wrong folder."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    outcome = bylaw("privacy", command[0], "--user", "7", *command[1:])
    assert outcome.code == 1
    assert "There is no database in" in outcome.complaint
    assert "BYLAW_DATA_DIR" in outcome.complaint
    assert list(elsewhere.iterdir()) == []


@pytest.mark.parametrize("command", [("export",), ("erase", "--yes")])
def test_where_no_text_was_ever_kept_no_key_is_made(bylaw: Bylaw, command: tuple[str, ...]) -> None:
    """A database without a text needs no key: whoever reads it, or erases nothing from it, makes none."""
    for file in Path("data").iterdir():
        file.unlink()
    assert bylaw("db", "upgrade").code == 0
    outcome = bylaw("privacy", command[0], "--user", "7", *command[1:])
    assert outcome.code == 0
    assert not Path("data/secret.key").exists()


def test_a_lost_key_is_told_and_none_is_made(bylaw: Bylaw) -> None:
    """An erasure under another key would find no words to erase."""
    Path("data/secret.key").unlink()
    outcome = bylaw("privacy", "erase", "--user", "7", "--yes")
    assert outcome.code == 1
    assert "is missing: put it back" in outcome.complaint
    assert not Path("data/secret.key").exists()


def test_an_erasure_names_copies_that_still_hold_the_texts(bylaw: Bylaw) -> None:
    """The operator may delete them at once."""
    Path("data/bylaw.sqlite3.before-0009").touch()
    assert "bylaw.sqlite3.before-0009" in bylaw("privacy", "erase", "--user", "7", "--yes").out
