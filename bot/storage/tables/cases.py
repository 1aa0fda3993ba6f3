"""The tables of servers, cases, clear verdicts and audit entries. The other tables of the bot are in this folder, one
file per capability; those of policies are in `guild_policies.store.tables`.

Texts that members wrote, or that quote them, are stored encrypted (`bot.keys.Cipher`); a text column here never holds
them. Audit entries are append-only: triggers in the database refuse every change or deletion.
"""

from __future__ import annotations

from sqlalchemy import (
    DDL,
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
    event,
    text,
)

# The metadata from here has all tables.
from bot.storage.tables import (  # noqa: F401 - imported for what they add to the metadata
    actions,
    lookups,
    members,
    pictures,
    policies,
    privacy,
    shared_cards,
    trials,
    watermarks,
)
from bot.storage.tables.changes import tell_of
from guild_policies.store.tables import RowId, UtcDateTime, metadata

__all__ = ["audit_entries", "case_numbers", "cases", "clear_verdicts", "metadata", "servers"]

servers = Table(
    "servers",
    metadata,
    Column("guild_id", BigInteger, primary_key=True, autoincrement=False),
    Column("review_channel_id", BigInteger, nullable=False),
    Column("reviewer_role_id", BigInteger),
    Column("retention_days", Integer, nullable=False),
    Column("card_trouble_told", Boolean, nullable=False),
    Column("policy_editor_role_id", BigInteger),
    Column("appeal", String, nullable=False, server_default=""),
)
tell_of(servers)

# The last case number of each server, stored separately from the cases so that no number is ever reused.
case_numbers = Table(
    "case_numbers",
    metadata,
    Column("guild_id", BigInteger, primary_key=True, autoincrement=False),
    Column("last_number", BigInteger, nullable=False),
)

cases = Table(
    "cases",
    metadata,
    Column("guild_id", BigInteger, primary_key=True, autoincrement=False),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", String(20), nullable=False),
    Column("state", String(20), nullable=False),
    Column("opened_at", UtcDateTime, nullable=False),
    # the evidence
    Column("channel_id", BigInteger, nullable=False),
    Column("message_id", BigInteger, nullable=False),
    Column("author_id", BigInteger, nullable=False),
    Column("edit", BigInteger, nullable=False),
    Column("text_encrypted", LargeBinary),
    Column("forwarded", Boolean, nullable=False),
    Column("posted_at", UtcDateTime, nullable=False),
    Column("gone", Boolean, nullable=False),
    # what the judge said
    Column("policy_id", BigInteger, nullable=False),
    Column("policy_name", String, nullable=False),
    Column("version_id", BigInteger, nullable=False),
    Column("version_number", Integer, nullable=False),
    Column("rules", JSON, nullable=False),
    Column("score", Float),
    Column("rationale_encrypted", LargeBinary, nullable=False),
    Column("reasoning_encrypted", LargeBinary),
    Column("method", String, nullable=False),
    Column("judge", String, nullable=False),
    Column("prompt_fingerprint", String),
    # a moderator's decision
    Column("decided_by", BigInteger),
    Column("decided_at", UtcDateTime),
    # the card
    Column("card_state", String(20), nullable=False),
    Column("card_channel_id", BigInteger),
    Column("card_message_id", BigInteger),
    # the context, and who is handling the case
    Column("context_encrypted", LargeBinary),
    Column("claimed_by", BigInteger),
    Column("claimed_at", UtcDateTime),
    # the version before the edit that was judged, and the one after a later edit
    Column("before_encrypted", LargeBinary),
    Column("edited", BigInteger),
    Column("edited_encrypted", LargeBinary),
    # the members behind the letters in the rationale, and the judge's first answer if it blamed the context
    Column("speakers", JSON),
    Column("first_answer_encrypted", LargeBinary),
    Column("versions_encrypted", LargeBinary),  # versions between the edit that was judged and the last one
    # its files, and the app that it was posted with
    Column("files_encrypted", LargeBinary),
    # total probability of both digits among everything that the model could write
    Column("digit_mass", Float),
    # the ground that a moderator named if the judge named no rule: the rule, and words
    Column("ground", JSON),
    Column("ground_encrypted", LargeBinary),
    Column("reading_encrypted", LargeBinary),  # what else the judge read: titles, the message it replies to, parts
    UniqueConstraint("guild_id", "message_id", "edit", "version_id"),
    CheckConstraint(
        "(state = 'open' AND decided_by IS NULL AND decided_at IS NULL)"
        " OR (state <> 'open' AND decided_by IS NOT NULL AND decided_at IS NOT NULL)",
        name="decided_or_open",
    ),
    Index(None, "guild_id", "author_id", "number"),
    # Every column that a search filters by: it reads this index instead of the long rows.
    Index("ix_cases_search", "guild_id", "number", "author_id", "policy_id", "decided_by", "state", "kind"),
    Index(None, "author_id", "opened_at"),
    Index(None, "guild_id", "channel_id"),
    Index(None, "guild_id", "opened_at"),
    Index(
        "ix_cases_card_pending",
        "opened_at",
        sqlite_where=text("card_state = 'pending'"),
        postgresql_where=text("card_state = 'pending'"),
    ),
)

clear_verdicts = Table(
    "clear_verdicts",
    metadata,
    Column("guild_id", BigInteger, primary_key=True, autoincrement=False),
    Column("message_id", BigInteger, primary_key=True, autoincrement=False),
    Column("edit", BigInteger, primary_key=True, autoincrement=False),
    Column("version_id", BigInteger, primary_key=True, autoincrement=False),
    Column("channel_id", BigInteger, nullable=False),
    Column("score", Float, nullable=False),
    Column("method", String, nullable=False),
    Column("judge", String, nullable=False),
    Column("judged_at", UtcDateTime, nullable=False),
    Column("digit_mass", Float),
)

audit_entries = Table(
    "audit_entries",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("guild_id", BigInteger, nullable=False),
    Column("actor_id", BigInteger),
    Column("action", String(40), nullable=False),
    Column("subject", String(80), nullable=False),
    Column("detail", String, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Index(None, "guild_id", "id"),
    Index(None, "guild_id", "subject", "id"),
    sqlite_autoincrement=True,  # ids are never reused, and their order is the order of time
)

# The first migration has the same statements; tests/migrations compares the two.
_SQLITE_TRIGGERS = (
    """
CREATE TRIGGER audit_entries_no_update BEFORE UPDATE ON audit_entries
BEGIN SELECT RAISE(ABORT, 'audit entries are append-only'); END
""",
    """
CREATE TRIGGER audit_entries_no_delete BEFORE DELETE ON audit_entries
BEGIN SELECT RAISE(ABORT, 'audit entries are append-only'); END
""",
    # REPLACE deletes without firing the trigger above.
    """
CREATE TRIGGER audit_entries_no_replace BEFORE INSERT ON audit_entries
WHEN EXISTS (SELECT 1 FROM audit_entries WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'audit entries are append-only'); END
""",
)
_POSTGRESQL_TRIGGERS = (
    """
CREATE FUNCTION audit_entries_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'audit entries are append-only' USING ERRCODE = 'integrity_constraint_violation';
END $$
""",
    """
CREATE TRIGGER audit_entries_no_change BEFORE UPDATE OR DELETE ON audit_entries
FOR EACH ROW EXECUTE FUNCTION audit_entries_refuse()
""",
    """
CREATE TRIGGER audit_entries_no_truncate BEFORE TRUNCATE ON audit_entries
FOR EACH STATEMENT EXECUTE FUNCTION audit_entries_refuse()
""",
)
for _dialect, _statements in (("sqlite", _SQLITE_TRIGGERS), ("postgresql", _POSTGRESQL_TRIGGERS)):
    for _statement in _statements:
        _trigger = DDL(_statement)  # type: ignore[no-untyped-call]  # SQLAlchemy's DDL has no annotations
        event.listen(audit_entries, "after_create", _trigger.execute_if(dialect=_dialect))
