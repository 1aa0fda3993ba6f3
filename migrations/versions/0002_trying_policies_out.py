"""Trying policies out"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
DELETED_OR_IN_PLACE = (
    "(deleted_at IS NULL AND name_key IS NOT NULL AND place IS NOT NULL)"
    " OR (deleted_at IS NOT NULL AND name_key IS NULL AND place IS NULL)"
)
VERSIONS_STAY = """
CREATE TRIGGER policy_versions_no_delete BEFORE DELETE ON policy_versions
BEGIN SELECT RAISE(ABORT, 'a policy version is never deleted'); END
"""  #: as the first revision makes it


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        remake_policies()
    else:
        change_policies()
    op.add_column("policy_publications", sa.Column("overruled", sa.Text, nullable=False, server_default=""))
    make_draft_revisions()
    op.add_column("servers", sa.Column("policy_editor_role_id", sa.BigInteger))
    op.add_column("servers", sa.Column("appeal", sa.String, nullable=False, server_default=""))
    make_pins_and_costs()
    make_try_outs()
    make_backtests()


def downgrade() -> None:
    """Deleted policies go for good: the first release has no place for them."""
    for table in (
        "backtest_cases",
        "backtests",
        "try_out_differences",
        "try_outs",
        "judge_marks",
        "policy_costs",
        "pins",
    ):
        op.drop_table(table)
    op.drop_column("servers", "appeal")
    op.drop_column("servers", "policy_editor_role_id")
    op.drop_table("policy_draft_revisions")
    op.drop_column("policy_publications", "overruled")
    if op.get_bind().dialect.name == "sqlite":
        restore_policies()
    else:
        change_policies_back()


def remake_policies() -> None:
    """SQLite cannot make a column nullable. The versions refer to these rows: the check of that waits until the end
    of the transaction, when all rows are back under their ids."""
    op.execute("PRAGMA defer_foreign_keys = ON")
    op.execute("CREATE TABLE policies_before AS SELECT * FROM policies")
    op.execute("DELETE FROM policies")
    op.drop_table("policies")
    op.create_table(
        "policies",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("guild_id", sa.BigInteger, nullable=False),
        sa.Column("name", sa.String(50), nullable=False),
        sa.Column("name_key", sa.String(200)),
        sa.Column("place", sa.Integer),
        sa.Column("draft_revision", sa.Integer, nullable=False),
        sa.Column("published_number", sa.Integer),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("paused", sa.Boolean, nullable=False),
        sa.Column("settings", sa.JSON, nullable=False),
        sa.Column("deleted_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_policies"),
        sa.UniqueConstraint("guild_id", "name_key", name="uq_policies_guild_id_name_key"),
        sa.UniqueConstraint("guild_id", "place", name="uq_policies_guild_id_place"),
        sa.CheckConstraint("place BETWEEN 1 AND 10", name=op.f("ck_policies_place_within_limit")),
        sa.CheckConstraint(DELETED_OR_IN_PLACE, name=op.f("ck_policies_deleted_or_in_place")),
        sqlite_autoincrement=True,
    )
    op.execute(
        "INSERT INTO policies (id, guild_id, name, name_key, place, draft_revision, published_number, created_at,"
        " paused, settings) SELECT id, guild_id, name, name_key, place, draft_revision, published_number, created_at,"
        " 0, '{}' FROM policies_before"
    )
    op.drop_table("policies_before")


def change_policies() -> None:
    op.alter_column("policies", "name_key", nullable=True)
    op.alter_column("policies", "place", nullable=True)
    op.add_column("policies", sa.Column("paused", sa.Boolean, nullable=False, server_default=sa.false()))
    op.add_column("policies", sa.Column("settings", sa.JSON, nullable=False, server_default=sa.text("'{}'")))
    op.add_column("policies", sa.Column("deleted_at", MOMENT))
    op.alter_column("policies", "paused", server_default=None)
    op.alter_column("policies", "settings", server_default=None)
    op.create_check_constraint(op.f("ck_policies_deleted_or_in_place"), "policies", DELETED_OR_IN_PLACE)


def restore_policies() -> None:
    """SQLite cannot make a column refuse NULL: the table is made again, as on the way up."""
    op.execute("PRAGMA defer_foreign_keys = ON")
    op.execute("DROP TRIGGER policy_versions_no_delete")
    delete_deleted_policies()
    op.execute(VERSIONS_STAY)
    op.execute("CREATE TABLE policies_before AS SELECT * FROM policies")
    op.execute("DELETE FROM policies")
    op.drop_table("policies")
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
    op.execute(
        "INSERT INTO policies (id, guild_id, name, name_key, place, draft_revision, published_number, created_at)"
        " SELECT id, guild_id, name, name_key, place, draft_revision, published_number, created_at FROM policies_before"
    )
    op.drop_table("policies_before")


def change_policies_back() -> None:
    op.execute("ALTER TABLE policy_versions DISABLE TRIGGER policy_versions_no_change")
    delete_deleted_policies()
    op.execute("ALTER TABLE policy_versions ENABLE TRIGGER policy_versions_no_change")
    op.drop_constraint(op.f("ck_policies_deleted_or_in_place"), "policies", type_="check")
    for column in ("deleted_at", "settings", "paused"):
        op.drop_column("policies", column)
    for column in ("place", "name_key"):
        op.alter_column("policies", column, nullable=False)


def delete_deleted_policies() -> None:
    policies = sa.table("policies", sa.column("id"), sa.column("deleted_at"))
    deleted = sa.select(policies.c.id).where(policies.c.deleted_at.is_not(None))
    for name in ("policy_publications", "policy_drafts", "policy_versions"):
        table = sa.table(name, sa.column("policy_id"))
        op.execute(sa.delete(table).where(table.c.policy_id.in_(deleted)))
    op.execute(sa.delete(policies).where(policies.c.deleted_at.is_not(None)))


def make_draft_revisions() -> None:
    op.create_table(
        "policy_draft_revisions",
        sa.Column("policy_id", ROW_ID, autoincrement=False, nullable=False),
        sa.Column("revision", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("author_id", sa.BigInteger, nullable=False),
        sa.Column("saved_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("policy_id", "revision", name="pk_policy_draft_revisions"),
        sa.ForeignKeyConstraint(["policy_id"], ["policies.id"], name="fk_policy_draft_revisions_policy_id_policies"),
    )
    op.execute(
        "INSERT INTO policy_draft_revisions (policy_id, revision, text, author_id, saved_at)"
        " SELECT policy_id, revision, text, author_id, updated_at FROM policy_drafts"
    )


def make_pins_and_costs() -> None:
    op.create_table(
        "pins",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("guild_id", sa.BigInteger, nullable=False),
        sa.Column("policy_id", sa.BigInteger, nullable=False),
        sa.Column("text_encrypted", sa.LargeBinary, nullable=False),
        sa.Column("rule_id", sa.String),
        sa.Column("author_id", sa.BigInteger, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("held", sa.Boolean),
        sa.PrimaryKeyConstraint("id", name="pk_pins"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_pins_guild_id_policy_id_id", "pins", ["guild_id", "policy_id", "id"])
    op.create_table(
        "policy_costs",
        sa.Column("guild_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("version_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("policy_id", sa.BigInteger, nullable=False),
        sa.Column("verdicts", sa.BigInteger, nullable=False),
        sa.Column("seconds", sa.Float, nullable=False),
        sa.PrimaryKeyConstraint("guild_id", "day", "version_id", name="pk_policy_costs"),
    )
    op.create_table(
        "judge_marks",
        sa.Column("guild_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("identity", sa.String, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("guild_id", name="pk_judge_marks"),
    )


def make_try_outs() -> None:
    op.create_table(
        "try_outs",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("guild_id", sa.BigInteger, nullable=False),
        sa.Column("policy_id", sa.BigInteger, nullable=False),
        sa.Column("policy_name", sa.String, nullable=False),
        sa.Column("draft_revision", sa.Integer, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("channel_id", sa.BigInteger),
        sa.Column("report_channel_id", sa.BigInteger, nullable=False),
        sa.Column("started_by", sa.BigInteger, nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("ends_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT),
        sa.Column("told", sa.Boolean, nullable=False),
        sa.Column("judged", sa.BigInteger, nullable=False),
        sa.Column("newly_flagged", sa.BigInteger, nullable=False),
        sa.Column("no_longer_flagged", sa.BigInteger, nullable=False),
        sa.Column("undecided", sa.BigInteger, nullable=False),
        sa.Column("left_out", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_try_outs"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_try_outs_guild_id_id", "try_outs", ["guild_id", "id"])
    not_told = sa.text("NOT told")
    op.create_index("ix_try_outs_due", "try_outs", ["ends_at"], sqlite_where=not_told, postgresql_where=not_told)
    op.create_table(
        "try_out_differences",
        sa.Column("try_out_id", ROW_ID, autoincrement=False, nullable=False),
        sa.Column("message_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("edit", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("channel_id", sa.BigInteger, nullable=False),
        sa.Column("newly_flagged", sa.Boolean, nullable=False),
        sa.Column("rules", sa.JSON, nullable=False),
        sa.Column("score", sa.Float, nullable=False),
        sa.Column("score_published", sa.Float),
        sa.PrimaryKeyConstraint("try_out_id", "message_id", "edit", name="pk_try_out_differences"),
        sa.ForeignKeyConstraint(["try_out_id"], ["try_outs.id"], name="fk_try_out_differences_try_out_id_try_outs"),
    )


def make_backtests() -> None:
    op.create_table(
        "backtests",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("guild_id", sa.BigInteger, nullable=False),
        sa.Column("policy_id", sa.BigInteger, nullable=False),
        sa.Column("policy_name", sa.String, nullable=False),
        sa.Column("draft_revision", sa.Integer, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("days", sa.Integer, nullable=False),
        sa.Column("effort", sa.String(20)),
        sa.Column("threshold", sa.Float, nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("started_by", sa.BigInteger, nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT),
        sa.Column("shown_channel_id", sa.BigInteger),
        sa.Column("shown_message_id", sa.BigInteger),
        sa.PrimaryKeyConstraint("id", name="pk_backtests"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_backtests_guild_id_id", "backtests", ["guild_id", "id"])
    running = sa.text("state = 'running'")
    op.create_index("ix_backtests_running", "backtests", ["id"], sqlite_where=running, postgresql_where=running)
    op.create_table(
        "backtest_cases",
        sa.Column("backtest_id", ROW_ID, autoincrement=False, nullable=False),
        sa.Column("case_number", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("channel_id", sa.BigInteger, nullable=False),
        sa.Column("message_id", sa.BigInteger, nullable=False),
        sa.Column("violation", sa.Boolean, nullable=False),
        sa.Column("agreement", sa.String(20)),
        sa.Column("rules", sa.JSON, nullable=False),
        sa.Column("score", sa.Float),
        sa.Column("reason", sa.String(40)),
        sa.PrimaryKeyConstraint("backtest_id", "case_number", name="pk_backtest_cases"),
        sa.ForeignKeyConstraint(["backtest_id"], ["backtests.id"], name="fk_backtest_cases_backtest_id_backtests"),
    )
