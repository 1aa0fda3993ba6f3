"""Acting on cases"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
PENDING = sa.text("state = 'pending'")
STANDS = sa.text("undoes IS NULL AND state IN ('pending', 'done')")
TAKES_BACK = sa.text("undoes IS NOT NULL AND state IN ('pending', 'done')")


def upgrade() -> None:
    op.add_column("cases", sa.Column("context_encrypted", sa.LargeBinary))
    op.add_column("cases", sa.Column("claimed_by", sa.BigInteger))
    op.add_column("cases", sa.Column("claimed_at", MOMENT))
    op.create_index("ix_cases_guild_id_author_id_number", "cases", ["guild_id", "author_id", "number"])
    make_actions()
    op.create_table(
        "case_notes",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("guild_id", sa.BigInteger, nullable=False),
        sa.Column("case_number", sa.BigInteger, nullable=False),
        sa.Column("author_id", sa.BigInteger, nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("text_encrypted", sa.LargeBinary),
        sa.Column("written_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_case_notes"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_case_notes_guild_id_case_number_id", "case_notes", ["guild_id", "case_number", "id"])
    op.create_table(
        "consequence_settings",
        sa.Column("guild_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("policy_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("rule_id", sa.String, nullable=False),
        sa.Column("mode", sa.String(20), nullable=False),
        sa.Column("from_score", sa.Float, nullable=False),
        sa.Column("wished", sa.String, nullable=False),
        sa.PrimaryKeyConstraint("guild_id", "policy_id", "rule_id", name="pk_consequence_settings"),
    )
    op.create_table(
        "server_options",
        sa.Column("guild_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("options", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("guild_id", "kind", name="pk_server_options"),
    )


def downgrade() -> None:
    for table in ("server_options", "consequence_settings", "case_notes", "case_actions"):
        op.drop_table(table)
    op.drop_index("ix_cases_guild_id_author_id_number", "cases")
    for column in ("claimed_at", "claimed_by", "context_encrypted"):
        op.drop_column("cases", column)


def make_actions() -> None:
    op.create_table(
        "case_actions",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("guild_id", sa.BigInteger, nullable=False),
        sa.Column("case_number", sa.BigInteger, nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("target_id", sa.BigInteger, nullable=False),
        sa.Column("by", sa.BigInteger),
        sa.Column("reason_encrypted", sa.LargeBinary),
        sa.Column("length_seconds", sa.Float),
        sa.Column("undoes", ROW_ID),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("why", sa.String, nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("settled_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_case_actions"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_case_actions_guild_id_case_number_id", "case_actions", ["guild_id", "case_number", "id"])
    op.create_index(
        "ix_case_actions_pending", "case_actions", ["asked_at"], sqlite_where=PENDING, postgresql_where=PENDING
    )
    op.create_index(
        "uq_case_actions_standing",
        "case_actions",
        ["guild_id", "case_number", "kind", "target_id"],
        unique=True,
        sqlite_where=STANDS,
        postgresql_where=STANDS,
    )
    op.create_index(
        "uq_case_actions_undoes",
        "case_actions",
        ["undoes"],
        unique=True,
        sqlite_where=TAKES_BACK,
        postgresql_where=TAKES_BACK,
    )
