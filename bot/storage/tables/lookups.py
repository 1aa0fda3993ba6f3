"""The tables of lookups: rules of cases, words of notes, searches, and the weekly samples of quiet messages.

Words of notes are only stored as keyed digests that only this installation can make.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Date, Index, Integer, LargeBinary, String, Table, UniqueConstraint, text

from guild_policies.store.tables import RowId, UtcDateTime, metadata

_NAMED = text("named_policy_id IS NOT NULL")

# The same rules as in the columns `cases.rules` and `cases.ground`, so that a rule's cases are found without reading
# all others.
case_rules = Table(
    "case_rules",
    metadata,
    Column("guild_id", BigInteger, primary_key=True, autoincrement=False),
    Column("rule_key", String, primary_key=True),  # the rule's id, casefolded
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("named_policy_id", BigInteger),  # of a rule that a moderator named; NULL if the judge did
    Index(
        "ix_case_rules_named",
        "guild_id",
        "number",
        "named_policy_id",
        sqlite_where=_NAMED,
        postgresql_where=_NAMED,
    ),
    Index(None, "guild_id", "number"),  # counts by rule read the rules of thousands of cases
    sqlite_with_rowid=False,
)

note_words = Table(
    "note_words",
    metadata,
    Column("guild_id", BigInteger, primary_key=True, autoincrement=False),
    Column("word", BigInteger, primary_key=True, autoincrement=False),
    Column("case_number", BigInteger, primary_key=True, autoincrement=False),
    Column("note_id", BigInteger, primary_key=True, autoincrement=False),
    Index(None, "note_id"),
    sqlite_with_rowid=False,
)

case_queries = Table(
    "case_queries",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("guild_id", BigInteger, nullable=False),
    Column("query_encrypted", LargeBinary, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Index(None, "guild_id", "at"),
    sqlite_autoincrement=True,
)

sample_weeks = Table(
    "sample_weeks",
    metadata,
    Column("guild_id", BigInteger, primary_key=True, autoincrement=False),
    Column("week", Date, primary_key=True),  # its Monday
    Column("quiet", BigInteger, nullable=False),
    Column("card_channel_id", BigInteger),
    Column("card_message_id", BigInteger),
)

sample_messages = Table(
    "sample_messages",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("guild_id", BigInteger, nullable=False),
    Column("week", Date, nullable=False),
    Column("channel_id", BigInteger, nullable=False),
    Column("message_id", BigInteger, nullable=False),
    Column("place", Integer, nullable=False),
    Column("answer", String(20)),
    Column("answered_by", BigInteger),
    Column("answered_at", UtcDateTime),
    UniqueConstraint("guild_id", "week", "message_id"),
    sqlite_autoincrement=True,
)
