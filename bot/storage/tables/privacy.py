"""The tables of what is to go: servers that the bot left, members who asked for their texts to be erased, and cards
that still quote a text which is no longer kept.

A row is here only until what it asks for is done. Ids only.
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

# A case here means: its card, or the card of one of its appeals, may still quote a text that is no longer kept.
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
