"""First tables"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TABLES = (
    "audit_entries",
    "clear_verdicts",
    "cases",
    "case_numbers",
    "servers",
    "policy_publications",
    "policy_drafts",
    "policy_versions",
    "policies",
)  #: those that refer to others come first


def upgrade() -> None:
    make_policies()
    make_policy_versions()
    make_servers()
    make_cases()
    make_clear_verdicts()
    make_audit_entries()
    statements = {"sqlite": SQLITE_TRIGGERS, "postgresql": POSTGRESQL_TRIGGERS}
    for statement in statements[op.get_bind().dialect.name]:
        op.execute(sa.text(statement))


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        for function in ("policy_versions_refuse", "audit_entries_refuse"):
            op.execute(f"DROP FUNCTION {function}()")


def make_policies() -> None:
    op.create_table(
        "policies",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("guild_id", sa.BigInteger, nullable=False),
        sa.Column("name", sa.String(50), nullable=False),
        sa.Column("name_key", sa.String(200), nullable=False),
        sa.Column("place", sa.Integer, nullable=False),
        sa.Column("draft_revision", sa.Integer, nullable=False),
        sa.Column("published_number", sa.Integer),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_policies"),
        sa.UniqueConstraint("guild_id", "name_key", name="uq_policies_guild_id_name_key"),
        sa.UniqueConstraint("guild_id", "place", name="uq_policies_guild_id_place"),
        sa.CheckConstraint("place BETWEEN 1 AND 10", name=op.f("ck_policies_place_within_limit")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "policy_drafts",
        sa.Column("policy_id", ROW_ID, autoincrement=False, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("author_id", sa.BigInteger, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("policy_id", name="pk_policy_drafts"),
        sa.ForeignKeyConstraint(["policy_id"], ["policies.id"], name="fk_policy_drafts_policy_id_policies"),
    )


def make_policy_versions() -> None:
    op.create_table(
        "policy_versions",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("policy_id", ROW_ID, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("author_id", sa.BigInteger, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_policy_versions"),
        sa.ForeignKeyConstraint(["policy_id"], ["policies.id"], name="fk_policy_versions_policy_id_policies"),
        sa.UniqueConstraint("policy_id", "number", name="uq_policy_versions_policy_id_number"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "policy_publications",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("policy_id", ROW_ID, nullable=False),
        sa.Column("version_id", ROW_ID, nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("actor_id", sa.BigInteger, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_policy_publications"),
        sa.ForeignKeyConstraint(["policy_id"], ["policies.id"], name="fk_policy_publications_policy_id_policies"),
        sa.ForeignKeyConstraint(
            ["version_id"], ["policy_versions.id"], name="fk_policy_publications_version_id_policy_versions"
        ),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_policy_publications_policy_id_id", "policy_publications", ["policy_id", "id"])


def make_servers() -> None:
    op.create_table(
        "servers",
        sa.Column("guild_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("review_channel_id", sa.BigInteger, nullable=False),
        sa.Column("reviewer_role_id", sa.BigInteger),
        sa.Column("retention_days", sa.Integer, nullable=False),
        sa.Column("card_trouble_told", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("guild_id", name="pk_servers"),
    )


def make_cases() -> None:
    op.create_table(
        "case_numbers",
        sa.Column("guild_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("last_number", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("guild_id", name="pk_case_numbers"),
    )
    op.create_table(
        "cases",
        sa.Column("guild_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("opened_at", MOMENT, nullable=False),
        sa.Column("channel_id", sa.BigInteger, nullable=False),
        sa.Column("message_id", sa.BigInteger, nullable=False),
        sa.Column("author_id", sa.BigInteger, nullable=False),
        sa.Column("edit", sa.BigInteger, nullable=False),
        sa.Column("text_encrypted", sa.LargeBinary),
        sa.Column("forwarded", sa.Boolean, nullable=False),
        sa.Column("posted_at", MOMENT, nullable=False),
        sa.Column("gone", sa.Boolean, nullable=False),
        sa.Column("policy_id", sa.BigInteger, nullable=False),
        sa.Column("policy_name", sa.String, nullable=False),
        sa.Column("version_id", sa.BigInteger, nullable=False),
        sa.Column("version_number", sa.Integer, nullable=False),
        sa.Column("rules", sa.JSON, nullable=False),
        sa.Column("score", sa.Float),
        sa.Column("rationale_encrypted", sa.LargeBinary, nullable=False),
        sa.Column("reasoning_encrypted", sa.LargeBinary),
        sa.Column("method", sa.String, nullable=False),
        sa.Column("judge", sa.String, nullable=False),
        sa.Column("prompt_fingerprint", sa.String),
        sa.Column("decided_by", sa.BigInteger),
        sa.Column("decided_at", MOMENT),
        sa.Column("card_state", sa.String(20), nullable=False),
        sa.Column("card_channel_id", sa.BigInteger),
        sa.Column("card_message_id", sa.BigInteger),
        sa.PrimaryKeyConstraint("guild_id", "number", name="pk_cases"),
        sa.UniqueConstraint(
            "guild_id", "message_id", "edit", "version_id", name="uq_cases_guild_id_message_id_edit_version_id"
        ),
        sa.CheckConstraint(
            "(state = 'open' AND decided_by IS NULL AND decided_at IS NULL)"
            " OR (state <> 'open' AND decided_by IS NOT NULL AND decided_at IS NOT NULL)",
            name=op.f("ck_cases_decided_or_open"),
        ),
    )
    op.create_index("ix_cases_guild_id_channel_id", "cases", ["guild_id", "channel_id"])
    op.create_index("ix_cases_guild_id_opened_at", "cases", ["guild_id", "opened_at"])
    pending = sa.text("card_state = 'pending'")
    op.create_index("ix_cases_card_pending", "cases", ["opened_at"], sqlite_where=pending, postgresql_where=pending)


def make_clear_verdicts() -> None:
    op.create_table(
        "clear_verdicts",
        sa.Column("guild_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("message_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("edit", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("version_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("channel_id", sa.BigInteger, nullable=False),
        sa.Column("score", sa.Float, nullable=False),
        sa.Column("method", sa.String, nullable=False),
        sa.Column("judge", sa.String, nullable=False),
        sa.Column("judged_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("guild_id", "message_id", "edit", "version_id", name="pk_clear_verdicts"),
    )


def make_audit_entries() -> None:
    op.create_table(
        "audit_entries",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("guild_id", sa.BigInteger, nullable=False),
        sa.Column("actor_id", sa.BigInteger),
        sa.Column("action", sa.String(40), nullable=False),
        sa.Column("subject", sa.String(80), nullable=False),
        sa.Column("detail", sa.String, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit_entries"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_audit_entries_guild_id_id", "audit_entries", ["guild_id", "id"])
    op.create_index("ix_audit_entries_guild_id_subject_id", "audit_entries", ["guild_id", "subject", "id"])


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
    """
CREATE TRIGGER audit_entries_no_update BEFORE UPDATE ON audit_entries
BEGIN SELECT RAISE(ABORT, 'audit entries are append-only'); END
""",
    """
CREATE TRIGGER audit_entries_no_delete BEFORE DELETE ON audit_entries
BEGIN SELECT RAISE(ABORT, 'audit entries are append-only'); END
""",
    """
CREATE TRIGGER audit_entries_no_replace BEFORE INSERT ON audit_entries
WHEN EXISTS (SELECT 1 FROM audit_entries WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'audit entries are append-only'); END
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
