"""The tables of what members are told and what they say: notices, appeals, reports, and who may not report.

What members and reviewers wrote is encrypted, like the texts of cases.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    text,
)

from bot.storage.tables.changes import tell_of
from guild_policies.store.tables import RowId, UtcDateTime, metadata

notices = Table(
    "notices",
    metadata,
    Column("action_id", BigInteger, primary_key=True, autoincrement=False),
    Column("guild_id", BigInteger, nullable=False),
    Column("case_number", BigInteger, nullable=False),
    Column("state", String(20), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Index(None, "guild_id", "case_number", "action_id"),
)

_TO_FINISH = text("told IS NULL")
_UNDECIDED = text("reviewer_id IS NULL")
_OFFERED = text("state = 'offered'")
_TO_TELL = text("outcome_asked_at IS NOT NULL AND outcome_told IS NULL")

appeals = Table(
    "appeals",
    metadata,
    Column("guild_id", BigInteger, primary_key=True, autoincrement=False),
    Column("case_number", BigInteger, primary_key=True, autoincrement=False),
    Column("attempt", Integer, primary_key=True, autoincrement=False),
    Column("member_id", BigInteger, nullable=False),
    Column("state", String(20), nullable=False),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("waiting_since", UtcDateTime, nullable=False),
    Column("reminded_at", UtcDateTime),
    # JSON, encrypted as a whole: questions with answers, reviewers' questions, the judge's answers today
    Column("answers_encrypted", LargeBinary, nullable=False),
    Column("asked_encrypted", LargeBinary, nullable=False),
    Column("asking_reached", String(20)),
    Column("fresh_encrypted", LargeBinary),
    Column("texts_purged_at", UtcDateTime),
    # the decision that it is about
    Column("against_state", String(20)),
    Column("against_by", BigInteger),
    Column("against_at", UtcDateTime),
    # the review
    Column("reviewer_id", BigInteger),
    Column("reviewed_at", UtcDateTime),
    Column("reason_encrypted", LargeBinary),
    Column("told", String(20)),
    # the card
    Column("card_channel_id", BigInteger),
    Column("card_message_id", BigInteger),
    CheckConstraint(
        "(state IN ('open', 'asked') AND reviewer_id IS NULL AND reviewed_at IS NULL)"
        " OR (state IN ('upheld', 'overturned') AND reviewer_id IS NOT NULL AND reviewed_at IS NOT NULL)",
        name="reviewed_or_waiting",
    ),
    Index(None, "guild_id", "opened_at"),
    Index(None, "guild_id", "member_id"),
    Index("ix_appeals_unfinished", "opened_at", sqlite_where=_TO_FINISH, postgresql_where=_TO_FINISH),
    Index("ix_appeals_undecided", "guild_id", "waiting_since", sqlite_where=_UNDECIDED, postgresql_where=_UNDECIDED),
)
tell_of(appeals, "INSERT")  # one submitted in a direct message arrives at the process with shard 0

reports = Table(
    "reports",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("guild_id", BigInteger, nullable=False),
    Column("message_id", BigInteger, nullable=False),
    Column("edit", BigInteger, nullable=False),
    Column("reporter_id", BigInteger, nullable=False),
    Column("case_number", BigInteger),  # NULL until the case exists
    Column("words_encrypted", LargeBinary),
    Column("at", UtcDateTime, nullable=False),
    # since when the reporter wants to know the outcome, and whether they were told
    Column("outcome_asked_at", UtcDateTime),
    Column("outcome_told", String(20)),
    Index("uq_reports_once", "guild_id", "message_id", "edit", "reporter_id", unique=True),
    Index(None, "guild_id", "case_number"),
    Index(None, "guild_id", "reporter_id", "at"),
    Index("ix_reports_to_tell", "guild_id", "case_number", sqlite_where=_TO_TELL, postgresql_where=_TO_TELL),
    sqlite_autoincrement=True,
)

report_mutes = Table(
    "report_mutes",
    metadata,
    Column("guild_id", BigInteger, primary_key=True, autoincrement=False),
    Column("member_id", BigInteger, primary_key=True, autoincrement=False),
    Column("until", UtcDateTime, nullable=False),
    Column("by", BigInteger, nullable=False),
)

# Moderators' own choices, if different from the server's.
moderator_settings = Table(
    "moderator_settings",
    metadata,
    Column("guild_id", BigInteger, primary_key=True, autoincrement=False),
    Column("member_id", BigInteger, primary_key=True, autoincrement=False),
    Column("shield", String(10), nullable=False),
)

# The language in which each member last used Discord, for the direct messages that they get.
member_languages = Table(
    "member_languages",
    metadata,
    Column("guild_id", BigInteger, primary_key=True, autoincrement=False),
    Column("member_id", BigInteger, primary_key=True, autoincrement=False),
    Column("language", String(10), nullable=False),
    Column("seen_at", UtcDateTime, nullable=False),
)

# One row per member who ever reported. It is locked while a report is stored, so that reports are counted one by one.
report_turns = Table(
    "report_turns",
    metadata,
    Column("guild_id", BigInteger, primary_key=True, autoincrement=False),
    Column("member_id", BigInteger, primary_key=True, autoincrement=False),
)

# Offers to members to edit a message before anybody decides about it. At most one per message, ever.
edit_offers = Table(
    "edit_offers",
    metadata,
    Column("guild_id", BigInteger, primary_key=True, autoincrement=False),
    Column("case_number", BigInteger, primary_key=True, autoincrement=False),
    Column("message_id", BigInteger, nullable=False),
    Column("member_id", BigInteger, nullable=False),
    Column("edit", BigInteger, nullable=False),  # the version of the message that was judged
    Column("state", String(20), nullable=False),
    Column("told", String(20)),  # NULL until the direct message was tried
    Column("offered_at", UtcDateTime, nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Index("uq_edit_offers_once", "guild_id", "message_id", unique=True),
    Index(None, "guild_id", "offered_at"),
    Index("ix_edit_offers_open", "due_at", sqlite_where=_OFFERED, postgresql_where=_OFFERED),
)

# Signed statements about verdicts, made when the member was told. Hold nothing that a member wrote.
receipts = Table(
    "receipts",
    metadata,
    Column("guild_id", BigInteger, primary_key=True, autoincrement=False),
    Column("case_number", BigInteger, primary_key=True, autoincrement=False),
    Column("statement", Text, nullable=False),
    Column("signature", String(128), nullable=False),  # in hex
    Column("public_key", String(64), nullable=False),
    Column("issued_at", UtcDateTime, nullable=False),
)
