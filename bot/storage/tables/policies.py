"""The table of the sources of imported policies. The tables of policies are in `guild_policies.store.tables`."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, String, Table, Text

from guild_policies.store.tables import UtcDateTime, metadata

policy_sources = Table(
    "policy_sources",
    metadata,
    Column("guild_id", BigInteger, primary_key=True, autoincrement=False),
    Column("policy_id", BigInteger, primary_key=True, autoincrement=False),
    Column("source", String(40), nullable=False),
    Column("source_version", Integer, nullable=False),
    Column("text", Text, nullable=False),  # as imported: the base of a three-way merge
    Column("imported_by", BigInteger, nullable=False),
    Column("imported_at", UtcDateTime, nullable=False),
    Index(None, "guild_id", "source"),
)
