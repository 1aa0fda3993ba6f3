"""The table of pictures that belong to cases: fingerprints and small copies, encrypted like texts."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, Table

from guild_policies.store.tables import UtcDateTime, metadata

case_pictures = Table(
    "case_pictures",
    metadata,
    Column("guild_id", BigInteger, primary_key=True, autoincrement=False),
    Column("case_number", BigInteger, primary_key=True, autoincrement=False),
    Column("place", Integer, primary_key=True, autoincrement=False),  # in the message, from 1
    Column("fingerprint_encrypted", LargeBinary),  # 256 bits in hex
    Column("copy_encrypted", LargeBinary),  # a WebP in base64
    Column("kept_at", UtcDateTime, nullable=False),
)
