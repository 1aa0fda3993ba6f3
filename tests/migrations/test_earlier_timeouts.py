"""What a timeout had made longer was only said in words so far; it is read from them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import insert, select

from bot.storage.database.engine import create_engine, writing
from bot.storage.database.migrate import FOLDER, _config
from bot.storage.tables.actions import case_actions

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
BEFORE = NOON + timedelta(hours=1)
SAID, OWN = (
    f"Before, the member was timed out until <t:{int(end.timestamp())}:f>."
    for end in (BEFORE, BEFORE + timedelta(days=1))
)
ROWS = (
    (1, "timeout", "changed", SAID, None),
    (2, "timeout", "done", OWN, 1),  # before a change there was the changed one itself
    (3, "timeout", "done", "", None),
    (4, "timeout", "done", "Before, the member was timed out until never", None),
    (5, "ban", "done", SAID, None),
)


async def test_the_end_of_before_is_read_from_the_words(empty_database: str) -> None:
    """With rows present, forward, back and forward again."""
    revisions = ScriptDirectory.from_config(_config(FOLDER)).walk_revisions()
    here = next(each for each in revisions if each.doc == "Which timeout was in force before")
    engine = create_engine(empty_database)
    try:
        async with writing(engine) as connection:
            await connection.run_sync(lambda each: command.upgrade(_config(FOLDER, each), str(here.down_revision)))
            for number, kind, state, why, changes in ROWS:
                row = {"id": number, "kind": kind, "state": state, "why": why, "changes": changes, "asked_at": NOON}
                about = {"guild_id": 1, "case_number": number, "target_id": 7}
                await connection.execute(insert(case_actions).values(row | about))
            await connection.run_sync(lambda each: command.upgrade(_config(FOLDER, each), here.revision))
            await connection.run_sync(lambda each: command.downgrade(_config(FOLDER, each), str(here.down_revision)))
            await connection.run_sync(lambda each: command.upgrade(_config(FOLDER, each), here.revision))
            query = select(case_actions.c.earlier_until).order_by(case_actions.c.id)
            ends = list((await connection.execute(query)).scalars())
            assert ends == [BEFORE, BEFORE, None, None, None]
    finally:
        await engine.dispose()
