"""Privacy"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "departures",
        sa.Column("guild_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("guild_id", name="pk_departures"),
    )
    op.create_index("ix_departures_left_at", "departures", ["left_at"])
    op.create_table(
        "erasures",
        sa.Column("guild_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("member_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by", sa.BigInteger),
        sa.Column("cards", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("guild_id", "member_id", name="pk_erasures"),
    )


def downgrade() -> None:
    for table in ("erasures", "departures"):
        op.drop_table(table)
