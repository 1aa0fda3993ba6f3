"""What moderators choose for themselves"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "moderator_settings",
        sa.Column("guild_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("member_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("shield", sa.String(10), nullable=False),
        sa.PrimaryKeyConstraint("guild_id", "member_id", name="pk_moderator_settings"),
    )


def downgrade() -> None:
    op.drop_table("moderator_settings")
