"""Screened sets"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "screened_sets",
        sa.Column("guild_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("set_key", sa.String(64), nullable=False),
        sa.Column("version_ids", sa.JSON, nullable=False),
        sa.Column("known", sa.JSON, nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("guild_id", "set_key", name="pk_screened_sets"),
    )


def downgrade() -> None:
    op.drop_table("screened_sets")
