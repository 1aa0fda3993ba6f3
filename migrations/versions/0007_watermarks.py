"""Watermarks"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("watermarks", "conversation_marks"):
        op.create_table(
            name,
            sa.Column("guild_id", sa.BigInteger, autoincrement=False, nullable=False),
            sa.Column("channel_id", sa.BigInteger, autoincrement=False, nullable=False),
            sa.Column("message_id", sa.BigInteger, nullable=False),
            sa.PrimaryKeyConstraint("guild_id", "channel_id", name=f"pk_{name}"),
            sqlite_with_rowid=False,
        )


def downgrade() -> None:
    for table in ("conversation_marks", "watermarks"):
        op.drop_table(table)
