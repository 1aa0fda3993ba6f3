"""The tables of further messages of cases, shared cards, and raid controls.

Ids and times; the only texts are moderators' reasons, encrypted.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, String, Table, text

from guild_policies.store.tables import RowId, UtcDateTime, metadata

# Like cases and clear verdicts, unique by (message, edit, version): messages here were judged.
case_messages = Table(
    "case_messages",
    metadata,
    Column("guild_id", BigInteger, primary_key=True, autoincrement=False),
    Column("message_id", BigInteger, primary_key=True, autoincrement=False),
    Column("edit", BigInteger, primary_key=True, autoincrement=False),
    Column("version_id", BigInteger, primary_key=True, autoincrement=False),
    Column("case_number", BigInteger, nullable=False),
    Column("channel_id", BigInteger, nullable=False),
    Column("author_id", BigInteger, nullable=False),
    Column("gone", Boolean, nullable=False),
    Column("joined_at", UtcDateTime, nullable=False),
    Index(None, "guild_id", "case_number"),
    Index(None, "guild_id", "channel_id"),
)

card_groups = Table(
    "card_groups",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("guild_id", BigInteger, nullable=False),
    Column("kind", String(20), nullable=False),
    Column("card_channel_id", BigInteger),
    Column("card_message_id", BigInteger),
    Column("opened_at", UtcDateTime, nullable=False),
    sqlite_autoincrement=True,
)

grouped_cases = Table(
    "grouped_cases",
    metadata,
    Column("guild_id", BigInteger, primary_key=True, autoincrement=False),
    Column("group_id", BigInteger, primary_key=True, autoincrement=False),
    Column("case_number", BigInteger, primary_key=True, autoincrement=False),
    Index(None, "guild_id", "case_number"),
)

_OPEN = text("state IN ('pending', 'uncertain', 'in_force', 'ending')")

raid_controls = Table(
    "raid_controls",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("guild_id", BigInteger, nullable=False),
    Column("group_id", BigInteger, nullable=False),
    Column("case_number", BigInteger, nullable=False),
    Column("kind", String(20), nullable=False),
    Column("channel_id", BigInteger, nullable=False),  # 0 if it is about the whole server
    Column("seconds", Integer, nullable=False),  # of slow mode
    Column("length_seconds", Integer, nullable=False),
    Column("by", BigInteger, nullable=False),
    Column("reason_encrypted", LargeBinary),
    Column("state", String(20), nullable=False),
    Column("why", String, nullable=False),
    Column("asked_at", UtcDateTime, nullable=False),
    Column("until", UtcDateTime, nullable=False),
    Column("before_until", UtcDateTime),  # what was in force before, and is restored
    Column("before_seconds", Integer, nullable=False),
    Column("settled_at", UtcDateTime),
    Column("ended_by", BigInteger),  # NULL if it ran out
    Column("ended_at", UtcDateTime),
    Index(None, "guild_id", "group_id"),
    # Only one of two simultaneous clicks counts.
    Index(
        "uq_raid_controls_open",
        "guild_id",
        "kind",
        "channel_id",
        unique=True,
        sqlite_where=_OPEN,
        postgresql_where=_OPEN,
    ),
    sqlite_autoincrement=True,
)
