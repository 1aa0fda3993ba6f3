"""What lies on the disk: texts cannot be read there, and audit entries cannot be changed there."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.keys import UNREADABLE, Cipher, new_key
from bot.moderation.cases.case import CaseKind, CaseState, Decision, Evidence, Judged, NewCase, RuleBroken
from bot.moderation.servers.server import ServerSettings
from bot.storage.audit.log import SqlAuditLog, record_policy_change
from bot.storage.cases.cases import SqlCaseStore
from bot.storage.database.errors import StorageError
from bot.storage.servers.servers import SqlServerStore
from guild_policies.store.port import PolicyChange, PolicyChangeKind

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
WORDS = ("zebra crossing", "giraffe house", "antelope gate")


def case_store(engine: AsyncEngine, key: str) -> SqlCaseStore:
    """A store that lives at noon."""
    return SqlCaseStore(engine, now=lambda: NOON, cipher=Cipher((key.encode(),)))


def telling_case(message_id: int = 500) -> NewCase:
    """A case whose message, rationale and reasoning can each be recognised."""
    evidence = Evidence(
        channel_id=10, message_id=message_id, author_id=7, edit=0, text=WORDS[0], forwarded=False, posted_at=NOON
    )
    judged = Judged(
        policy_id=3,
        policy_name="harassment",
        version_id=40,
        version_number=2,
        rules=(RuleBroken(id="R1", title="Insults", severity="high"),),
        score=0.97,
        rationale=WORDS[1],
        reasoning=WORDS[2],
        method="reasoned",
        judge="gguf:abc",
        prompt_fingerprint=None,
    )
    return NewCase(guild_id=1, kind=CaseKind.VIOLATION, evidence=evidence, judged=judged)


def content_of(folder: Path) -> dict[str, bytes]:
    """The bytes of each file of a folder."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


async def test_texts_cannot_be_read_in_the_files(tmp_path: Path, file_engine: AsyncEngine) -> None:
    """Neither the database nor its log holds what a member wrote, or what the model wrote about it."""
    await case_store(file_engine, new_key()).open(telling_case())
    files = content_of(tmp_path)
    assert sorted(files) == ["bylaw.sqlite3", "bylaw.sqlite3-shm", "bylaw.sqlite3-wal"]
    content = b"".join(files.values())
    assert b"harassment" in content
    assert not any(word.encode() in content for sentence in WORDS for word in sentence.split())


async def test_texts_of_a_lost_key_say_so(file_engine: AsyncEngine) -> None:
    """With another key the case can still be looked up and decided; its texts say that they cannot be read."""
    await case_store(file_engine, new_key()).open(telling_case())
    store = case_store(file_engine, new_key())
    case = await store.get(1, 1)
    assert case is not None
    assert (case.evidence.text, case.judged.rationale, case.judged.reasoning) == (UNREADABLE,) * 3
    _, written = await store.decide(1, 1, Decision(state=CaseState.VIOLATION, moderator_id=7, at=NOON))
    assert written


async def test_a_purged_text_is_not_merely_unreadable(file_engine: AsyncEngine) -> None:
    """Purging removes the encrypted bytes themselves."""
    store = case_store(file_engine, new_key())
    await store.open(telling_case())
    assert await store.purge_texts(1, before=datetime(2027, 1, 1, tzinfo=UTC)) == 1
    async with file_engine.connect() as connection:
        row = (await connection.execute(text("SELECT text_encrypted, reasoning_encrypted FROM cases"))).one()
    assert tuple(row) == (None, None)


@pytest.mark.parametrize("statement", [
    "UPDATE audit_entries SET actor_id = 1",
    "DELETE FROM audit_entries",
    "DELETE FROM audit_entries WHERE id = 1",
    "REPLACE INTO audit_entries SELECT id, guild_id, 1, action, subject, detail, at FROM audit_entries",
])  # fmt: skip
async def test_audit_entries_can_only_be_added(file_engine: AsyncEngine, statement: str) -> None:
    """The database itself refuses to change or delete them, whoever asks."""
    await SqlServerStore(file_engine, now=lambda: NOON).save(
        ServerSettings(guild_id=1, review_channel_id=50, reviewer_role_id=None), actor_id=77
    )
    before = await SqlAuditLog(file_engine).entries(1)
    assert len(before) == 1
    with pytest.raises(IntegrityError, match="append-only"):
        async with file_engine.begin() as connection:
            await connection.execute(text(statement))
    assert await SqlAuditLog(file_engine).entries(1) == before


async def test_a_case_and_its_audit_entry_stand_or_fall_together(file_engine: AsyncEngine) -> None:
    """Where the entry cannot be written, the change is not made, and the number is not used up."""
    store = case_store(file_engine, new_key())
    await store.open(telling_case(500))
    async with file_engine.begin() as connection:
        await connection.execute(text("ALTER TABLE audit_entries RENAME TO elsewhere"))
    with pytest.raises(StorageError):
        await store.open(telling_case(501))
    with pytest.raises(StorageError):
        await store.decide(1, 1, Decision(state=CaseState.VIOLATION, moderator_id=7, at=NOON))
    async with file_engine.begin() as connection:
        await connection.execute(text("ALTER TABLE elsewhere RENAME TO audit_entries"))
    assert await store.latest_for_message(1, 501) is None
    first = await store.get(1, 1)
    assert first is not None
    assert first.state is CaseState.OPEN
    case, _ = await store.open(telling_case(501))
    assert case.number == 2


async def test_a_full_disk_loses_no_earlier_case(tmp_path: Path, file_engine: AsyncEngine) -> None:
    """Opening a case that does not fit is one clear line; what was there is there."""
    store = case_store(file_engine, new_key())
    await store.open(telling_case(500))
    await file_engine.dispose()
    pages = (tmp_path / "bylaw.sqlite3").stat().st_size // 4096

    def on_connect(connection: object, _record: object) -> None:
        cursor = connection.cursor()  # type: ignore[attr-defined]
        cursor.execute(f"PRAGMA max_page_count = {pages}")
        cursor.close()

    event.listen(file_engine.sync_engine, "connect", on_connect)

    async def open_many() -> None:
        for message in range(501, 600):
            await store.open(telling_case(message))

    with pytest.raises(StorageError, match="free some space"):
        await open_many()
    numbers = [case.number for case in await store.pending_cards()]
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(await SqlAuditLog(file_engine).entries(1, limit=1000)) == len(numbers)


async def test_a_policy_change_is_written_in_the_transaction_of_the_policy(file_engine: AsyncEngine) -> None:
    """The hook writes on the connection that it is given, so that its entry goes when the transaction fails."""
    change = PolicyChange(
        guild_id=1,
        policy_id=3,
        policy_name="harassment",
        kind=PolicyChangeKind.PUBLISHED,
        version_number=4,
        draft_revision=7,
        version_before=3,
        actor_id=77,
        at=NOON,
    )
    async with file_engine.connect() as connection:
        await record_policy_change(connection, change)
        await connection.rollback()
    log = SqlAuditLog(file_engine)
    assert await log.entries(1) == ()
    async with file_engine.begin() as connection:
        await record_policy_change(connection, change)
    entry = (await log.entries(1))[0]
    assert (entry.action, entry.subject, entry.detail, entry.actor_id, entry.at) == (
        "policy_published",
        "policy:3",
        "version 3 -> 4, from draft revision 7",
        77,
        NOON,
    )
