"""Servers' options besides `/setup`, and automatic actions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlalchemy.sql.schema import Table

from bot.moderation.policies.consequences import ConsequenceMode, ConsequenceSetting
from bot.moderation.servers.options import (
    AppealOptions,
    BacklogOptions,
    CardOptions,
    CascadeOptions,
    LanguageOptions,
    MendingOptions,
    NoticeOptions,
    Options,
    OptionsT,
    PictureOptions,
    QuestionOptions,
    ReadingOptions,
    ReportOptions,
    ReviewOptions,
    SampleOptions,
)
from bot.storage.audit import entries_of_review
from bot.storage.audit.log import write_entries
from bot.storage.database.engine import reading, writing
from bot.storage.tables.actions import consequence_settings, server_options

#: The values are stored.
_KINDS: Mapping[type[Options], str] = {
    CardOptions: "cards",
    NoticeOptions: "notices",
    AppealOptions: "appeals",
    ReportOptions: "reports",
    MendingOptions: "mending",
    SampleOptions: "sample",
    ReadingOptions: "reading",
    BacklogOptions: "backlog",
    QuestionOptions: "questions",
    CascadeOptions: "cascade",
    ReviewOptions: "review",
    PictureOptions: "pictures",
    LanguageOptions: "language",
}


class SqlOptionStore:
    """`bot.moderation.servers.options.OptionStore` over SQLite or PostgreSQL. Raises `StorageError`."""

    def __init__(self, engine: AsyncEngine, *, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._now = now

    async def get(self, guild_id: int, kind: type[OptionsT]) -> OptionsT:
        """The options that are set; defaults for those that aren't, or that an older version of Bylaw didn't have."""
        async with reading(self._engine) as connection:
            found = await _kept(connection, guild_id, kind)
        return found if isinstance(found, kind) else kind()

    async def save(self, guild_id: int, options: Options, *, actor_id: int) -> None:
        """Store it."""
        kind = type(options)
        async with writing(self._engine) as connection:
            before = await _kept(connection, guild_id, kind)
            await _put(
                connection,
                server_options,
                key={"guild_id": guild_id, "kind": _KINDS[kind]},
                values={"options": asdict(options)},
            )
            entry = entries_of_review.options_saved(guild_id, options, before=before, actor_id=actor_id, at=self._now())
            await write_entries(connection, [entry])


class SqlConsequenceStore:
    """`bot.moderation.policies.consequences.ConsequenceStore` over SQLite or PostgreSQL. Raises `StorageError`."""

    def __init__(self, engine: AsyncEngine, *, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._now = now

    async def of(self, guild_id: int, policy_id: int) -> tuple[ConsequenceSetting, ...]:
        """The settings of a policy's rules, by rule id."""
        async with reading(self._engine) as connection:
            return await _settings(connection, guild_id, policy_id)

    async def save(self, guild_id: int, policy_id: int, setting: ConsequenceSetting, *, actor_id: int) -> None:
        """Store it."""
        at = self._now()
        async with writing(self._engine) as connection:
            settings = await _settings(connection, guild_id, policy_id)
            await _put(
                connection,
                consequence_settings,
                key={"guild_id": guild_id, "policy_id": policy_id, "rule_id": setting.rule_id},
                values={
                    "mode": setting.mode.value,
                    "from_score": setting.from_score,
                    "wished": setting.wished,
                    "set_at": at,
                },
            )
            entry = entries_of_review.consequence_set(
                guild_id,
                policy_id,
                setting,
                actor_id=actor_id,
                at=at,
                before=next((each for each in settings if each.rule_id == setting.rule_id), None),
            )
            await write_entries(connection, [entry])


async def _kept(connection: AsyncConnection, guild_id: int, kind: type[Options]) -> Options:
    query = select(server_options.c.options).where(
        server_options.c.guild_id == guild_id, server_options.c.kind == _KINDS[kind]
    )
    kept: dict[str, Any] = (await connection.execute(query)).scalar() or {}
    known = {field.name for field in fields(kind)}
    return kind(**{name: _as_tuples(value) for name, value in kept.items() if name in known})


def _as_tuples(value: Any) -> Any:
    """Convert lists to tuples: JSON only has lists."""
    return tuple(_as_tuples(each) for each in value) if isinstance(value, list) else value


async def _settings(connection: AsyncConnection, guild_id: int, policy_id: int) -> tuple[ConsequenceSetting, ...]:
    table = consequence_settings
    query = select(table).where(table.c.guild_id == guild_id, table.c.policy_id == policy_id).order_by(table.c.rule_id)
    return tuple(
        ConsequenceSetting(
            rule_id=row["rule_id"],
            mode=ConsequenceMode(row["mode"]),
            from_score=row["from_score"],
            wished=row["wished"],
            set_at=row["set_at"],
        )
        for row in (await connection.execute(query)).mappings()
    )


async def _put(connection: AsyncConnection, table: Table, *, key: dict[str, Any], values: dict[str, Any]) -> None:
    """Write a row, replacing the one with the same key."""
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    await connection.execute(
        insert(table).values(**key, **values).on_conflict_do_update(index_elements=list(key), set_=values)
    )
