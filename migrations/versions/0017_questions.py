"""Five questions a week"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "question_weeks",
        sa.Column("guild_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("week", sa.Date, nullable=False),
        sa.Column("policy_id", sa.BigInteger, nullable=False),
        sa.Column("policy_name", sa.String, nullable=False),
        sa.Column("version_number", sa.Integer, nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("channel_id", sa.BigInteger),
        sa.Column("message_id", sa.BigInteger),
        sa.PrimaryKeyConstraint("guild_id", "week", name="pk_question_weeks"),
    )
    op.create_table(
        "questions",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("guild_id", sa.BigInteger, nullable=False),
        sa.Column("week", sa.Date, nullable=False),
        sa.Column("policy_id", sa.BigInteger, nullable=False),
        sa.Column("place", sa.Integer, nullable=False),
        sa.Column("text_encrypted", sa.LargeBinary),
        sa.Column("rule_id", sa.String, nullable=False),
        sa.Column("found", sa.JSON, nullable=False),
        sa.Column("answer", sa.String(20)),
        sa.Column("answered_by", sa.BigInteger),
        sa.Column("answered_at", MOMENT),
        sa.Column("pin_id", sa.BigInteger),
        sa.PrimaryKeyConstraint("id", name="pk_questions"),
        sa.UniqueConstraint("guild_id", "week", "place", name="uq_questions_guild_id_week_place"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_questions_guild_id_policy_id_id", "questions", ["guild_id", "policy_id", "id"])


def downgrade() -> None:
    op.drop_table("questions")
    op.drop_table("question_weeks")
