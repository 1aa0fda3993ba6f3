"""The figures of a chaos run say what they mean: each loss and each repetition is counted when there is one."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from benchmarks.chaos.__main__ import Result
from benchmarks.chaos.count import RunCounts, count, done_twice
from benchmarks.loopback.world import MODS, BotAction, World

GENERAL, VERSION = MODS + 1, 7


@pytest.fixture
def world() -> World:
    """A Discord to which nobody listens."""
    return World(emit=lambda _name, _data: None)


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """The columns that are counted."""
    file = tmp_path / "x.sqlite3"
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(
            "CREATE TABLE clear_verdicts (message_id, edit, version_id);"
            "CREATE TABLE cases (message_id, edit, version_id, card_state);"
            "CREATE TABLE case_messages (message_id, edit, version_id);"
            "CREATE TABLE case_actions (guild_id, case_number, kind, state);"
        )
    return file


@pytest.fixture
def write(database: Path) -> Callable[..., None]:
    """Write a row into a table."""

    def into(table: str, *values: object) -> None:
        with closing(sqlite3.connect(database)) as connection, connection:
            connection.execute(f"INSERT INTO {table} VALUES ({','.join('?' * len(values))})", values)

    return into


def test_a_message_without_a_verdict_is_lost(world: World, database: Path, write: Callable[..., None]) -> None:
    """One that was deleted is not, and one whose text changed since is."""
    judged, changed, deleted = (world.post(GENERAL, "x") for _ in range(3))
    world.post(GENERAL, "never seen")
    world.edit(GENERAL, changed, "y")
    world.delete(GENERAL, deleted)
    write("clear_verdicts", judged, 0, VERSION)
    write("clear_verdicts", changed, 0, VERSION)
    assert count(database, world, version_id=VERSION) == RunCounts(
        judged=2, lost=2, judged_twice=0, actions_twice=0, cards_twice=0, cards_to_come=0
    )


def test_an_edit_that_joined_the_case_is_not_lost(world: World, database: Path, write: Callable[..., None]) -> None:
    """Its verdict is a further message of the case, not a case of its own."""
    message_id = world.post(GENERAL, "x")
    world.edit(GENERAL, message_id, "y")
    ((_, _, edit),) = world.of_members()
    write("cases", message_id, 0, VERSION, "posted")
    assert count(database, world, version_id=VERSION).lost == 1
    write("case_messages", message_id, edit, VERSION)
    assert count(database, world, version_id=VERSION).lost == 0


def test_two_verdicts_about_the_same_are_counted(world: World, database: Path, write: Callable[..., None]) -> None:
    """A clear one and a case as well."""
    write("clear_verdicts", 1, 0, VERSION)
    write("cases", 1, 0, VERSION, "pending")
    write("cases", 1, 5, VERSION, "posted")
    found = count(database, world, version_id=VERSION)
    assert (found.judged, found.judged_twice, found.cards_to_come) == (1, 1, 1)


def test_two_actions_about_a_case_are_counted(world: World, database: Path, write: Callable[..., None]) -> None:
    """A refused one was none."""
    for state in ("done", "refused", "uncertain"):
        write("case_actions", 1, 1, "delete", state)
    write("case_actions", 1, 1, "timeout", "done")
    assert count(database, world, version_id=VERSION).actions_twice == 1


def test_what_discord_did_twice_is_counted() -> None:
    """A request repeated word for word changes nothing, unless it deletes."""
    first = BotAction(what="PATCH /guilds/1/members/2", reason="Case 1: x", body="until noon")
    assert done_twice([first, first]) == 0
    assert done_twice([first, BotAction(what=first.what, reason=first.reason, body="until one")]) == 1
    gone = BotAction(what="DELETE /channels/1/messages/2", reason="Case 2: x", body="{}")
    assert done_twice([gone, gone]) == 1
    assert done_twice([BotAction(what="x", reason="no case", body="")] * 2) == 0


def test_two_cards_of_a_case_are_counted(world: World, database: Path) -> None:
    """Found by their buttons."""
    card = {"components": [{"custom_id": "bylaw:case:9000:4:violation"}]}
    world.post_as_bot(MODS, card | {"nonce": "a", "enforce_nonce": True})
    world.post_as_bot(MODS, card | {"nonce": "a", "enforce_nonce": True})
    assert count(database, world, version_id=VERSION).cards_twice == 0
    world.post_as_bot(MODS, card | {"nonce": "b", "enforce_nonce": True})
    assert count(database, world, version_id=VERSION).cards_twice == 1


def test_a_run_is_good_when_nothing_was_lost_or_repeated() -> None:
    """Each of the four figures counts."""
    fine = {"posted": 1, "judged": 1, "kills": 1, "faults": 1, "seed": 1}
    bad = ("lost", "judged_twice", "actions_twice", "cards_twice")
    assert Result(**fine, **dict.fromkeys(bad, 0)).good
    for name in bad:
        assert not Result(**fine, **(dict.fromkeys(bad, 0) | {name: 1})).good
