"""Until when former scopes of policies applied, and what was dealt with beside the watermarks"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "policy_scopes",
        sa.Column("id", _ROW_ID, nullable=False),
        sa.Column("policy_id", _ROW_ID, nullable=False),
        sa.Column("settings", sa.JSON, nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_policy_scopes"),
        sa.ForeignKeyConstraint(["policy_id"], ["policies.id"], name="fk_policy_scopes_policy_id_policies"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_policy_scopes_policy_id", "policy_scopes", ["policy_id"])
    op.create_table(
        "finished_messages",
        sa.Column("guild_id", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("channel_id", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("message_id", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("edit", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("guild_id", "channel_id", "message_id", name="pk_finished_messages"),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("finished_messages")
    op.drop_table("policy_scopes")
