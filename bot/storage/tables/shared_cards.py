"""The tables of fewer cards: further messages of cases, and cards that show many cases. Ids only, no texts."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, String, Table

from guild_policies.store.tables import RowId, UtcDateTime, metadata

# Like cases and clear verdicts, unique by (message, edit, version): what is here was judged.
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
