"""Temporary policies, and policies that start strict"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("policies", sa.Column("ends_at", sa.DateTime(timezone=True)))
    op.add_column("policies", sa.Column("strict", sa.JSON(none_as_null=True)))


def downgrade() -> None:
    op.drop_column("policies", "strict")
    op.drop_column("policies", "ends_at")
