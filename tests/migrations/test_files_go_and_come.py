"""The files of cases: the column can be taken away and put back, and the cases stay."""

from __future__ import annotations

from datetime import UTC, datetime

from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import insert, select

from bot.storage.database.engine import create_engine, writing
from bot.storage.database.migrate import FOLDER, _config
from bot.storage.tables.cases import cases

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
KEPT = {
    "guild_id": 1, "number": 1, "kind": "violation", "state": "open", "opened_at": NOON, "channel_id": 1,
    "message_id": 2, "author_id": 3, "edit": 0, "text_encrypted": b"words", "forwarded": False, "posted_at": NOON,
    "gone": False, "policy_id": 1, "policy_name": "p", "version_id": 1, "version_number": 1, "rules": [],
    "rationale_encrypted": b"", "method": "lite", "judge": "lite:1", "card_state": "pending",
}  # fmt: skip


async def test_forward_and_back_with_a_case_present() -> None:
    """Going back forgets the files and nothing else."""
    revisions = ScriptDirectory.from_config(_config(FOLDER)).walk_revisions()
    here = next(each for each in revisions if each.doc == "Files")
    engine = create_engine("sqlite://")
    try:
        async with writing(engine) as connection:
            await connection.run_sync(lambda each: command.upgrade(_config(FOLDER, each), here.revision))
            await connection.execute(insert(cases).values(**KEPT, files_encrypted=b"files"))
            await connection.run_sync(lambda each: command.downgrade(_config(FOLDER, each), str(here.down_revision)))
            await connection.run_sync(lambda each: command.upgrade(_config(FOLDER, each), here.revision))
            row = (await connection.execute(select(cases.c.text_encrypted, cases.c.files_encrypted))).one()
            assert tuple(row) == (b"words", None)
    finally:
        await engine.dispose()
