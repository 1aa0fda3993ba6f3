"""The tables of actions, notes, automatic actions and options.

Reasons and notes are moderators' own words, but encrypted all the same, because they are about members.
"""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Column, Float, Index, LargeBinary, String, Table, text

from bot.storage.tables.changes import tell_of
from guild_policies.store.tables import RowId, UtcDateTime, metadata

_PENDING = text("state = 'pending'")
_PLANNED = text("state = 'planned'")
_STANDS = text("undoes IS NULL AND changes IS NULL AND state IN ('pending', 'done')")
_TAKES_BACK = text("undoes IS NOT NULL AND state IN ('pending', 'done')")
_CHANGES = text("changes IS NOT NULL AND state IN ('pending', 'done')")
_BANS = text("kind = 'ban'")

case_actions = Table(
    "case_actions",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("guild_id", BigInteger, nullable=False),
    Column("case_number", BigInteger, nullable=False),
    Column("kind", String(20), nullable=False),
    Column("target_id", BigInteger, nullable=False),
    Column("by", BigInteger),  # NULL for the bot itself
    Column("reason_encrypted", LargeBinary),
    Column("length_seconds", Float),
    Column("undoes", RowId),
    Column("state", String(20), nullable=False),
    Column("why", String, nullable=False),
    Column("asked_at", UtcDateTime, nullable=False),
    Column("settled_at", UtcDateTime),
    Column("message_id", BigInteger, nullable=False, server_default="0"),  # 0 for all messages of the case
    Column("until", UtcDateTime),  # end of the timeout that it sets, or leaves in force
    Column("changes", RowId),
    Column("earlier_until", UtcDateTime),  # end of the timeout that was in force before
    Index(None, "guild_id", "case_number", "id"),
    Index("ix_case_actions_pending", "asked_at", sqlite_where=_PENDING, postgresql_where=_PENDING),
    Index("ix_case_actions_planned", "asked_at", sqlite_where=_PLANNED, postgresql_where=_PLANNED),
    Index("ix_case_actions_bans", "guild_id", "target_id", sqlite_where=_BANS, postgresql_where=_BANS),
    # Only one of two simultaneous clicks counts.
    Index(
        "uq_case_actions_standing",
        "guild_id",
        "case_number",
        "kind",
        "target_id",
        "message_id",
        unique=True,
        sqlite_where=_STANDS,
        postgresql_where=_STANDS,
    ),
    Index("uq_case_actions_undoes", "undoes", unique=True, sqlite_where=_TAKES_BACK, postgresql_where=_TAKES_BACK),
    Index("uq_case_actions_changes", "changes", unique=True, sqlite_where=_CHANGES, postgresql_where=_CHANGES),
    sqlite_autoincrement=True,
)

case_notes = Table(
    "case_notes",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("guild_id", BigInteger, nullable=False),
    Column("case_number", BigInteger, nullable=False),
    Column("author_id", BigInteger, nullable=False),
    Column("kind", String(20), nullable=False),
    Column("text_encrypted", LargeBinary),
    Column("written_at", UtcDateTime, nullable=False),
    Index(None, "guild_id", "case_number", "id"),
    sqlite_autoincrement=True,
)

consequence_settings = Table(
    "consequence_settings",
    metadata,
    Column("guild_id", BigInteger, primary_key=True, autoincrement=False),
    Column("policy_id", BigInteger, primary_key=True, autoincrement=False),
    Column("rule_id", String, primary_key=True),
    Column("mode", String(20), nullable=False),
    Column("from_score", Float, nullable=False),
    Column("wished", String, nullable=False),
    Column("set_at", UtcDateTime),
)

server_options = Table(
    "server_options",
    metadata,
    Column("guild_id", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", String(20), primary_key=True),
    Column("options", JSON, nullable=False),
)
tell_of(server_options)
