"""The tables of pending deletions: servers that the bot left, members who asked for erasure, and cards that still quote
a deleted text.

Rows are deleted once done. Ids only.
"""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Column, Index, Integer, Table

from guild_policies.store.tables import UtcDateTime, metadata

departures = Table(
    "departures",
    metadata,
    Column("guild_id", BigInteger, primary_key=True, autoincrement=False),
    Column("left_at", UtcDateTime, nullable=False),
    Index(None, "left_at"),
)

erasures = Table(
    "erasures",
    metadata,
    Column("guild_id", BigInteger, primary_key=True, autoincrement=False),
    Column("member_id", BigInteger, primary_key=True, autoincrement=False),
    Column("asked_at", UtcDateTime, nullable=False),
    Column("asked_by", BigInteger),  # NULL for the operator
    Column("cards", JSON, nullable=False),  # empty since revision 0013: see `stale_cards`
)

# A row means that the case's card, or the card of one of its appeals, may still quote a deleted text.
stale_cards = Table(
    "stale_cards",
    metadata,
    Column("guild_id", BigInteger, primary_key=True, autoincrement=False),
    Column("case_number", BigInteger, primary_key=True, autoincrement=False),
    Column("marked_at", UtcDateTime, nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("tries", Integer, nullable=False),
    Index(None, "due_at"),
)
