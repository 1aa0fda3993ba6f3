"""Pictures of cases: the table can be taken away and put back, and cases that an older Bylaw does not know stay."""

from __future__ import annotations

from datetime import UTC, datetime

from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import insert, select

from bot.storage.database.engine import create_engine, writing
from bot.storage.database.migrate import FOLDER, _config
from bot.storage.tables.cases import cases
from bot.storage.tables.pictures import case_pictures

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
CASE = {
    "guild_id": 1, "state": "open", "opened_at": NOON, "channel_id": 1, "author_id": 3, "edit": 0,
    "text_encrypted": b"words", "forwarded": False, "posted_at": NOON, "gone": False, "policy_id": 0,
    "policy_name": "Pictures", "version_id": 0, "version_number": 0, "rules": [], "rationale_encrypted": b"",
    "method": "picture_burst", "judge": "", "card_state": "pending",
}  # fmt: skip
PICTURE = {"guild_id": 1, "case_number": 1, "place": 1, "fingerprint_encrypted": b"x", "kept_at": NOON}


async def test_forward_and_back_with_rows_present() -> None:
    """Going back forgets the pictures; what was found by them is for a person to look at."""
    revisions = ScriptDirectory.from_config(_config(FOLDER)).walk_revisions()
    here = next(each for each in revisions if each.doc == "Pictures")
    engine = create_engine("sqlite://")
    kinds = ("picture_burst", "same_picture", "violation")
    try:
        async with writing(engine) as connection:
            await connection.run_sync(lambda each: command.upgrade(_config(FOLDER, each), here.revision))
            for number, kind in enumerate(kinds, 1):
                await connection.execute(insert(cases).values(**CASE, number=number, message_id=number, kind=kind))
            await connection.execute(insert(case_pictures).values(**PICTURE))
            await connection.run_sync(lambda each: command.downgrade(_config(FOLDER, each), str(here.down_revision)))
            found = (await connection.execute(select(cases.c.kind).order_by(cases.c.number))).scalars().all()
            assert found == ["undecided", "undecided", "violation"]
            await connection.run_sync(lambda each: command.upgrade(_config(FOLDER, each), here.revision))
            assert (await connection.execute(select(case_pictures))).all() == []
    finally:
        await engine.dispose()
