"""The tables of what is to go: servers that the bot left, and members who asked for their texts to be erased.

A row is here only until what it asks for is done. Ids only.
"""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Column, Index, Table

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
    Column("cards", JSON, nullable=False),  # numbers of the cases whose cards still show what was erased
)
