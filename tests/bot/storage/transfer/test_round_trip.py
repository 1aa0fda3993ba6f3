"""A server goes from one installation to another: everything arrives, and nothing of anybody else is touched."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select

from bot.moderation.cases.audit import AuditAction
from bot.moderation.lookups.search import CaseQuery
from bot.storage.audit.log import SqlAuditLog
from bot.storage.lookups.search import SqlCaseSearch
from bot.storage.tables.actions import case_actions
from bot.storage.tables.cases import audit_entries, metadata
from bot.storage.tables.privacy import stale_cards
from bot.storage.tables.trials import screened_sets
from bot.storage.transfer.errors import TransferError
from bot.storage.transfer.tables import LEFT_OUT, travelling
from guild_policies.store.tables import policy_versions
from tests.bot.storage.rows import NOON, filled
from tests.bot.storage.transfer.installations import ELSEWHERE, HERE, NEW, Installation

ON_BOTH = pytest.mark.parametrize("new", ["sqlite", "postgresql"], indirect=True)
Content = dict[str, list[dict[str, Any]]]


def carried(content: Content) -> Content:
    """What must arrive: all but what stays behind and the entries about the move itself."""
    about_the_move = {AuditAction.SERVER_EXPORTED.value, AuditAction.SERVER_IMPORTED.value}
    rows = {table.name: content[table.name] for table in travelling()}
    return {
        **rows,
        "audit_entries": [row for row in rows["audit_entries"] if row["action"] not in about_the_move],
    }


@pytest.mark.parametrize(
    ("old", "new"), [("sqlite", "sqlite"), ("sqlite", "postgresql"), ("postgresql", "sqlite")], indirect=True
)
async def test_everything_arrives_under_the_new_key(old: Installation, new: Installation, file: Path) -> None:
    """In an empty database all ids stay as they are, whatever the two databases are."""
    await old.fill(HERE, ELSEWHERE)
    before = carried(await old.content(HERE))
    exported = await old.export(HERE, file)
    imported = await new.take(file)
    assert carried(await new.content(HERE)) == before
    assert (imported.guild_id, imported.from_guild_id, imported.moved) == (HERE, HERE, False)
    assert imported.rows == exported.rows
    assert all(before[table.name] for table in travelling())
    assert not any((await new.content(ELSEWHERE)).values())
    entries = await SqlAuditLog(new.engine).entries(HERE)
    assert [entry.action for entry in entries[:2]] == [AuditAction.SERVER_IMPORTED, AuditAction.SERVER_EXPORTED]


async def test_the_file_is_private_and_tells_nothing_without_the_passphrase(old: Installation, file: Path) -> None:
    """Only this user can read it, and no text, id or name of a table is in it in clear."""
    await old.fill(HERE)
    await old.export(HERE, file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    first, *rest = file.read_bytes().splitlines()
    assert b'"encrypted":true' in first
    assert rest
    assert not any(b"text_encrypted" in line or b"case" in line for line in rest)
    assert [path.name for path in file.parent.iterdir() if "unfinished" in path.name] == []


async def test_a_plain_file_can_be_read_and_imported(old: Installation, new: Installation, file: Path) -> None:
    """Where the operator asked for one."""
    await old.fill(HERE)
    await old.export(HERE, file, passphrase=None)
    assert b"cases text_encrypted 1" in file.read_bytes()
    await new.take(file, passphrase=None)
    assert carried(await new.content(HERE)) == carried(await old.content(HERE))


async def test_words_of_notes_are_found_with_the_new_key(old: Installation, new: Installation, file: Path) -> None:
    """Marks are digests under the installation's key: they are made again."""
    await old.fill(HERE)
    await old.mark_words(HERE)
    async with old.engine.begin() as connection:
        await connection.execute(metadata.tables["cases"].update().values(kind="violation"))
    await old.export(HERE, file)
    await new.take(file)
    search = SqlCaseSearch(new.engine, now=lambda: NOON, cipher=new.cipher)
    page = await search.find(HERE, CaseQuery(words=frozenset({"text_encrypted", "2"})))
    assert [line.number for line in page.lines] == [2]


@ON_BOTH
async def test_ids_that_others_have_are_moved_with_all_that_refers_to_them(
    old: Installation, new: Installation, file: Path
) -> None:
    """Every reference still leads to the same row, and the other server keeps its own."""
    await old.fill(HERE)
    async with old.engine.begin() as connection:
        for subject, detail in (("policy:2", "pin 1: none -> must be clear"), ("case:1", "action 2: kick, done")):
            row = filled(audit_entries, 1) | {"id": None, "subject": subject, "detail": detail}
            del row["id"]
            await connection.execute(insert(audit_entries).values(row))
    await new.fill(ELSEWHERE, rows=5)
    others = await new.content(ELSEWHERE)
    await old.export(HERE, file)
    imported = await new.take(file)
    assert imported.moved
    assert await new.content(ELSEWHERE) == others
    found, before = await new.content(HERE), await old.content(HERE)
    by = {name: found[name][0]["id"] - before[name][0]["id"] for name in ("policies", "pins", "case_actions")}
    assert all(shift >= 5 for shift in by.values())
    versions = {row["id"] for row in found["policy_versions"]}
    assert {row["policy_id"] for row in found["policy_versions"]} == {row["id"] for row in found["policies"]}
    assert {row["version_id"] for row in found["cases"]} <= versions
    assert {row["version_ids"][0] for row in found["screened_sets"]} <= versions
    assert {row["note_id"] for row in found["note_words"]} <= {row["id"] for row in found["case_notes"]}
    assert {row["action_id"] for row in found["notices"]} == {row["id"] for row in found["case_actions"]}
    entries = [(row["subject"], row["detail"]) for row in found["audit_entries"]]
    assert (f"policy:{2 + by['policies']}", f"pin {1 + by['pins']}: none -> must be clear") in entries
    assert ("case:1", f"action {2 + by['case_actions']}: kick, done") in entries


async def test_buttons_that_name_moved_actions_are_made_again(old: Installation, new: Installation, file: Path) -> None:
    """Cards of cases with actions are edited by the running bot: an old Undo would name somebody else's action."""
    await old.fill(HERE)
    async with old.engine.begin() as connection:
        await connection.execute(stale_cards.delete())
    await new.fill(ELSEWHERE, first=5)
    await old.export(HERE, file)
    await new.take(file)
    acted = {row["case_number"] for row in (await old.content(HERE))["case_actions"]}
    assert {row["case_number"] for row in (await new.content(HERE))["stale_cards"]} == acted


@ON_BOTH
async def test_no_id_is_given_a_second_time(old: Installation, new: Installation, file: Path) -> None:
    """The next row after an import gets an id of its own."""
    await old.fill(HERE)
    await old.export(HERE, file)
    await new.take(file)
    row = filled(case_actions, 9) | {"guild_id": ELSEWHERE}
    del row["id"]
    async with new.engine.begin() as connection:
        await connection.execute(insert(case_actions).values(row))
        ids = list(await connection.scalars(select(case_actions.c.id).order_by(case_actions.c.id)))
    assert ids == [1, 2, 3]


async def test_another_server_on_discord_gets_what_it_can_use(old: Installation, new: Installation, file: Path) -> None:
    """Cases and policies, but nothing that names channels as places to post to, so nothing is judged before /setup."""
    await old.fill(HERE)
    await old.export(HERE, file)
    imported = await new.take(file, guild_id=NEW)
    assert (imported.guild_id, imported.from_guild_id) == (NEW, HERE)
    found, before = await new.content(NEW), await old.content(HERE)
    assert not any((await new.content(HERE)).values())
    gone = {"servers", "stale_cards", "watermarks", "conversation_marks", "finished_messages"}
    assert {name for name in before if before[name] and not found[name]} == gone | {
        table.name for table in LEFT_OUT if before[table.name]
    }
    assert {row["card_message_id"] for row in found["cases"]} == {None}
    assert all(row["told"] for row in found["try_outs"])
    assert [row["text"] for row in found["policy_versions"]] == [row["text"] for row in before["policy_versions"]]


async def test_a_server_that_is_known_is_not_written_over(old: Installation, new: Installation, file: Path) -> None:
    """Importing twice, or into a server with data, changes nothing."""
    await old.fill(HERE)
    await old.export(HERE, file)
    await new.take(file)
    before = await new.counts()
    with pytest.raises(TransferError, match="Something is kept of server 1 here already"):
        await new.take(file)
    assert await new.counts() == before


async def test_how_far_channels_were_read_is_no_data(old: Installation, new: Installation, file: Path) -> None:
    """A bot that is in the server already has begun to write that down: the file's own counts."""
    await old.fill(HERE)
    await old.export(HERE, file)
    async with new.engine.begin() as connection:
        for name in ("watermarks", "departures"):
            await connection.execute(insert(metadata.tables[name]).values(filled(metadata.tables[name], 77)))
    await new.take(file)
    found = await new.content(HERE)
    assert [row["channel_id"] for row in found["watermarks"]] == [1, 2]
    assert found["departures"] == []


async def test_what_was_erased_does_not_come_back(old: Installation, new: Installation, file: Path) -> None:
    """Marks in the place of texts stay marks, and missing texts stay missing."""
    await old.fill(HERE)
    cases = metadata.tables["cases"]
    async with old.engine.begin() as connection:
        await connection.execute(cases.update().values(rationale_encrypted=b"expired", text_encrypted=None))
    await old.export(HERE, file)
    await new.take(file)
    async with new.engine.connect() as connection:
        rows = (await connection.execute(select(cases.c.rationale_encrypted, cases.c.text_encrypted))).all()
    assert [tuple(row) for row in rows] == [(b"expired", None)] * 2


async def test_what_cannot_be_exported_is_one_line(old: Installation, new: Installation, file: Path) -> None:
    """A server that nobody knows, a file that is there, a folder that is not, and texts under a lost key."""
    await old.fill(HERE)
    with pytest.raises(TransferError, match=r"Nothing is kept of server 9. Servers in this database: 1\."):
        await old.export(9, file)
    with pytest.raises(TransferError, match="cannot be written"):
        await old.export(HERE, file.parent / "nowhere" / "file")
    other = Installation(engine=old.engine)
    with pytest.raises(TransferError, match="cannot be read with the present key"):
        await other.export(HERE, file)
    assert not file.exists()
    file.write_text("mine")
    with pytest.raises(TransferError, match="is there already"):
        await old.export(HERE, file)
    assert file.read_text() == "mine"
    assert [path.name for path in file.parent.iterdir() if "unfinished" in path.name] == []


async def test_every_version_of_every_policy_is_there(old: Installation, new: Installation, file: Path) -> None:
    """As it was published, by its author, on its day; and it can be changed as little as before."""
    await old.fill(HERE)
    await old.export(HERE, file)
    await new.take(file)
    before, after = await old.content(HERE), await new.content(HERE)
    assert after["policy_versions"] == before["policy_versions"]
    assert after["policy_publications"] == before["policy_publications"]
    async with new.engine.connect() as connection:
        with pytest.raises(Exception, match="never changes"):
            await connection.execute(policy_versions.update().values(text="other"))
    assert screened_sets.name in after
