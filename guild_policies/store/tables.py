"""The tables of the policies, and the `metadata` that all tables of the project share.

A published version never changes. The code is not trusted with that: triggers refuse every change. They are made with
the tables; a migration repeats their text, since it must not depend on what this file says later.
"""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import (
    DDL,
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    event,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from guild_policies.store.port import MAX_NAME_LENGTH, MAX_POLICIES_PER_SERVER

#: Constraints with names can be dropped and compared by migrations on every database.
NAMING_CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

metadata = MetaData(naming_convention=NAMING_CONVENTION)

#: Ids that the database gives. SQLite counts up only in columns of its own INTEGER type, which has 64 bits too.
RowId = BigInteger().with_variant(Integer(), "sqlite")


class UtcDateTime(TypeDecorator[datetime]):
    """A moment, stored in UTC. SQLite has no time zones: there it is stored without one and read back as UTC.

    Raises:
        ValueError: a datetime without a time zone is to be stored.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To the database."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a stored datetime has a time zone")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(
        self,
        value: datetime | None,
        dialect: Dialect,  # noqa: ARG002  # SQLAlchemy hands it over
    ) -> datetime | None:
        """From the database."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


policies = Table(
    "policies",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("guild_id", BigInteger, nullable=False),
    Column("name", String(MAX_NAME_LENGTH), nullable=False),
    Column("name_key", String(4 * MAX_NAME_LENGTH)),  # casefolding can make a name longer
    Column("place", Integer),  # 1, 2, 3, ... in the server: the limit, held by the database
    Column("draft_revision", Integer, nullable=False),  # the newest ever given to a draft
    Column("published_number", Integer),  # of the version in force
    Column("created_at", UtcDateTime, nullable=False),
    Column("paused", Boolean, nullable=False),
    Column("settings", JSON, nullable=False),  # guild_policies.scope.as_json
    Column("deleted_at", UtcDateTime),
    Column("ends_at", UtcDateTime),  # of a temporary policy that has not been ended yet
    Column("strict", JSON(none_as_null=True)),  # guild_policies.strict_start.as_json; NULL if there is none
    UniqueConstraint("guild_id", "name_key"),
    UniqueConstraint("guild_id", "place"),
    CheckConstraint(f"place BETWEEN 1 AND {MAX_POLICIES_PER_SERVER}", name="place_within_limit"),
    # A deleted policy frees its name and its place, and is kept for the cases that were judged by it.
    CheckConstraint(
        "(deleted_at IS NULL AND name_key IS NOT NULL AND place IS NOT NULL)"
        " OR (deleted_at IS NOT NULL AND name_key IS NULL AND place IS NULL)",
        name="deleted_or_in_place",
    ),
    sqlite_autoincrement=True,
)

policy_versions = Table(
    "policy_versions",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("policy_id", RowId, ForeignKey("policies.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("text", Text, nullable=False),
    Column("fingerprint", String(64), nullable=False),
    Column("author_id", BigInteger, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    UniqueConstraint("policy_id", "number"),
    sqlite_autoincrement=True,
)

policy_drafts = Table(
    "policy_drafts",
    metadata,
    Column("policy_id", RowId, ForeignKey("policies.id"), primary_key=True, autoincrement=False),
    Column("text", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("author_id", BigInteger, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
)

# The last texts of each policy's drafts, so that an author can be shown what changed since they began to write.
policy_draft_revisions = Table(
    "policy_draft_revisions",
    metadata,
    Column("policy_id", RowId, ForeignKey("policies.id"), primary_key=True, autoincrement=False),
    Column("revision", Integer, primary_key=True, autoincrement=False),
    Column("text", Text, nullable=False),
    Column("author_id", BigInteger, nullable=False),
    Column("saved_at", UtcDateTime, nullable=False),
)

policy_publications = Table(
    "policy_publications",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("policy_id", RowId, ForeignKey("policies.id"), nullable=False),
    Column("version_id", RowId, ForeignKey("policy_versions.id"), nullable=False),
    Column("kind", String(20), nullable=False),  # a value of PolicyChangeKind
    Column("actor_id", BigInteger, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("overruled", Text, nullable=False, server_default=""),  # why it was published although pins did not hold
    Index(None, "policy_id", "id"),
    sqlite_autoincrement=True,
)

# A current pause has no end yet.
policy_pauses = Table(
    "policy_pauses",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("policy_id", RowId, ForeignKey("policies.id"), nullable=False),
    Column("paused_at", UtcDateTime, nullable=False),
    Column("resumed_at", UtcDateTime),
    Index(None, "policy_id"),
    sqlite_autoincrement=True,
)

# Where and to whom a policy applied before its scope was changed. The present scope is in its settings.
policy_scopes = Table(
    "policy_scopes",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("policy_id", RowId, ForeignKey("policies.id"), nullable=False),
    Column("settings", JSON, nullable=False),  # guild_policies.scope.as_json
    Column("until", UtcDateTime, nullable=False),
    Index(None, "policy_id"),
    sqlite_autoincrement=True,
)

#: For SQLite. REPLACE deletes rows without asking the delete trigger, so a third one watches inserts.
SQLITE_TRIGGERS = (
    """
CREATE TRIGGER policy_versions_no_update BEFORE UPDATE ON policy_versions
BEGIN SELECT RAISE(ABORT, 'a policy version never changes'); END
""",
    """
CREATE TRIGGER policy_versions_no_delete BEFORE DELETE ON policy_versions
BEGIN SELECT RAISE(ABORT, 'a policy version is never deleted'); END
""",
    """
CREATE TRIGGER policy_versions_no_replace BEFORE INSERT ON policy_versions
WHEN EXISTS (
    SELECT 1 FROM policy_versions WHERE id = NEW.id OR (policy_id = NEW.policy_id AND number = NEW.number)
)
BEGIN SELECT RAISE(ABORT, 'a policy version is never replaced'); END
""",
)

POSTGRESQL_TRIGGERS = (
    """
CREATE FUNCTION policy_versions_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a policy version never changes' USING ERRCODE = 'integrity_constraint_violation';
END $$
""",
    """
CREATE TRIGGER policy_versions_no_change BEFORE UPDATE OR DELETE ON policy_versions
FOR EACH ROW EXECUTE FUNCTION policy_versions_refuse()
""",
    """
CREATE TRIGGER policy_versions_no_truncate BEFORE TRUNCATE ON policy_versions
FOR EACH STATEMENT EXECUTE FUNCTION policy_versions_refuse()
""",
)


def _make_with_the_table(statements: tuple[str, ...], dialect: str) -> None:
    for statement in statements:
        trigger = DDL(statement)  # type: ignore[no-untyped-call]  # SQLAlchemy's DDL has no annotations
        event.listen(policy_versions, "after_create", trigger.execute_if(dialect=dialect))


_make_with_the_table(SQLITE_TRIGGERS, "sqlite")
_make_with_the_table(POSTGRESQL_TRIGGERS, "postgresql")
