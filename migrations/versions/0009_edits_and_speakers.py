"""Edits and speakers"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("cases", sa.Column("before_encrypted", sa.LargeBinary))
    op.add_column("cases", sa.Column("edited", sa.BigInteger))
    op.add_column("cases", sa.Column("edited_encrypted", sa.LargeBinary))
    op.add_column("cases", sa.Column("speakers", sa.JSON))
    op.add_column("cases", sa.Column("first_answer_encrypted", sa.LargeBinary))


def downgrade() -> None:
    for column in ("first_answer_encrypted", "speakers", "edited_encrypted", "edited", "before_encrypted"):
        op.drop_column("cases", column)
