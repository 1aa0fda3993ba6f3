"""Members and appeals"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    make_notices()
    make_appeals()
    make_reports()
    op.create_index("ix_cases_author_id_opened_at", "cases", ["author_id", "opened_at"])


def downgrade() -> None:
    op.drop_index("ix_cases_author_id_opened_at", "cases")
    for table in ("report_turns", "report_mutes", "reports", "appeals", "notices"):
        op.drop_table(table)


def make_notices() -> None:
    op.create_table(
        "notices",
        sa.Column("action_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("guild_id", sa.BigInteger, nullable=False),
        sa.Column("case_number", sa.BigInteger, nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("action_id", name="pk_notices"),
    )
    op.create_index("ix_notices_guild_id_case_number_action_id", "notices", ["guild_id", "case_number", "action_id"])


def make_appeals() -> None:
    op.create_table(
        "appeals",
        sa.Column("guild_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("case_number", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("attempt", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("member_id", sa.BigInteger, nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("opened_at", MOMENT, nullable=False),
        sa.Column("waiting_since", MOMENT, nullable=False),
        sa.Column("reminded_at", MOMENT),
        sa.Column("answers_encrypted", sa.LargeBinary, nullable=False),
        sa.Column("asked_encrypted", sa.LargeBinary, nullable=False),
        sa.Column("asking_reached", sa.String(20)),
        sa.Column("fresh_encrypted", sa.LargeBinary),
        sa.Column("texts_purged_at", MOMENT),
        sa.Column("against_state", sa.String(20)),
        sa.Column("against_by", sa.BigInteger),
        sa.Column("against_at", MOMENT),
        sa.Column("reviewer_id", sa.BigInteger),
        sa.Column("reviewed_at", MOMENT),
        sa.Column("reason_encrypted", sa.LargeBinary),
        sa.Column("told", sa.String(20)),
        sa.Column("card_channel_id", sa.BigInteger),
        sa.Column("card_message_id", sa.BigInteger),
        sa.PrimaryKeyConstraint("guild_id", "case_number", "attempt", name="pk_appeals"),
        sa.CheckConstraint(
            "(state IN ('open', 'asked') AND reviewer_id IS NULL AND reviewed_at IS NULL)"
            " OR (state IN ('upheld', 'overturned') AND reviewer_id IS NOT NULL AND reviewed_at IS NOT NULL)",
            name=op.f("ck_appeals_reviewed_or_waiting"),
        ),
    )
    op.create_index("ix_appeals_guild_id_opened_at", "appeals", ["guild_id", "opened_at"])
    op.create_index("ix_appeals_guild_id_member_id", "appeals", ["guild_id", "member_id"])
    to_finish = sa.text("told IS NULL")
    op.create_index(
        "ix_appeals_unfinished", "appeals", ["opened_at"], sqlite_where=to_finish, postgresql_where=to_finish
    )
    undecided = sa.text("reviewer_id IS NULL")
    op.create_index(
        "ix_appeals_undecided",
        "appeals",
        ["guild_id", "waiting_since"],
        sqlite_where=undecided,
        postgresql_where=undecided,
    )


def make_reports() -> None:
    op.create_table(
        "reports",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("guild_id", sa.BigInteger, nullable=False),
        sa.Column("message_id", sa.BigInteger, nullable=False),
        sa.Column("edit", sa.BigInteger, nullable=False),
        sa.Column("reporter_id", sa.BigInteger, nullable=False),
        sa.Column("case_number", sa.BigInteger),
        sa.Column("words_encrypted", sa.LargeBinary),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_reports"),
        sqlite_autoincrement=True,
    )
    op.create_index("uq_reports_once", "reports", ["guild_id", "message_id", "edit", "reporter_id"], unique=True)
    op.create_index("ix_reports_guild_id_case_number", "reports", ["guild_id", "case_number"])
    op.create_index("ix_reports_guild_id_reporter_id_at", "reports", ["guild_id", "reporter_id", "at"])
    op.create_table(
        "report_mutes",
        sa.Column("guild_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("member_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("until", MOMENT, nullable=False),
        sa.Column("by", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("guild_id", "member_id", name="pk_report_mutes"),
    )
    op.create_table(
        "report_turns",
        sa.Column("guild_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("member_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("guild_id", "member_id", name="pk_report_turns"),
    )
