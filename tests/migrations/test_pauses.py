"""Pauses of before their times were kept: read off the audit log."""

from __future__ import annotations

from datetime import UTC, datetime

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, inspect, text

from bot.storage.audit.log import record_policy_change
from bot.storage.database.engine import create_engine
from bot.storage.database.migrate import FOLDER, upgrade
from guild_policies.store.sql import SqlPolicyStore
from guild_policies.timeline import LATEST, Pause

BEFORE, PAUSES = "0011", "0012"


def moment(hour: int) -> datetime:
    """An hour of a day."""
    return datetime(2026, 1, 31, hour, tzinfo=UTC)


async def before_pauses(address: str) -> None:
    """A database of then: policy 1 was paused twice and runs, 2 is paused, 3 is paused and nobody knows since when."""
    engine = create_engine(address)
    async with engine.begin() as connection:
        await connection.run_sync(lambda each: _to(each, BEFORE))
        for number, paused in ((1, False), (2, True), (3, True)):
            await connection.execute(
                text(
                    "INSERT INTO policies (id, guild_id, name, name_key, place, draft_revision, published_number,"
                    " created_at, paused, settings)"
                    " VALUES (:id, 1, :name, :key, :place, 1, 1, '2026-01-31 01:00:00', :paused, '{}')"
                ),
                {
                    "id": number,
                    "name": f"p{number}",
                    "key": f"p{number}",
                    "place": number,
                    "paused": paused,
                },
            )
            await connection.execute(
                text(
                    "INSERT INTO policy_versions (id, policy_id, number, text, fingerprint, author_id, created_at)"
                    " VALUES (:id, :id, 1, 'x', 'f', 7, '2026-01-31 01:00:00')"
                ),
                {"id": number},
            )
            await connection.execute(
                text(
                    "INSERT INTO policy_publications (policy_id, version_id, kind, actor_id, at)"
                    " VALUES (:id, :id, 'published', 7, '2026-01-31 01:00:00')"
                ),
                {"id": number},
            )
        changes = [(1, "paused", 2), (2, "paused", 3), (1, "resumed", 4), (1, "paused", 5), (1, "resumed", 6)]
        for policy_id, what, hour in changes:
            await connection.execute(
                text(
                    "INSERT INTO audit_entries (guild_id, actor_id, action, subject, detail, at)"
                    f" VALUES (1, 7, :action, :subject, '', '2026-01-31 {hour:02}:00:00')"
                ),
                {"action": f"policy_{what}", "subject": f"policy:{policy_id}"},
            )
    await engine.dispose()


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["connection"] = connection
    return config


def _to(connection: Connection, revision: str) -> None:
    command.upgrade(_config(connection), revision)


async def test_pauses_of_before_are_known(empty_database: str) -> None:
    """Those that ended and those that last; a pause without an entry counts from the policy's beginning."""
    await before_pauses(empty_database)
    await upgrade(empty_database)
    engine = create_engine(empty_database)
    store = SqlPolicyStore(engine, now=lambda: moment(9), record=record_policy_change)
    first, second, third = await store.timelines(1)
    assert first.pauses == (Pause(begins=moment(2), ends=moment(4)), Pause(begins=moment(5), ends=moment(6)))
    assert second.pauses == (Pause(begins=moment(3)),)
    assert third.pauses == (Pause(begins=moment(1)),)
    assert [each.version_at(LATEST) for each in (first, second, third)] == [1, None, None]
    await store.set_paused(guild_id=1, policy_id=3, paused=False, actor_id=7)
    assert (await store.timelines(1))[2].pauses == (Pause(begins=moment(1), ends=moment(9)),)
    await engine.dispose()


async def test_the_table_can_be_taken_back(empty_database: str) -> None:
    """With rows in it."""
    await before_pauses(empty_database)
    engine = create_engine(empty_database)
    async with engine.begin() as connection:
        await connection.run_sync(lambda each: _to(each, PAUSES))
        await connection.run_sync(lambda each: command.downgrade(_config(each), BEFORE))
        assert not await connection.run_sync(lambda each: inspect(each).has_table("policy_pauses"))
    await engine.dispose()
