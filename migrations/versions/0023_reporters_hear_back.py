"""Reporters hear back"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

_TO_TELL = sa.text("outcome_asked_at IS NOT NULL AND outcome_told IS NULL")


def upgrade() -> None:
    op.add_column("reports", sa.Column("outcome_asked_at", sa.DateTime(timezone=True)))
    op.add_column("reports", sa.Column("outcome_told", sa.String(20)))
    op.create_index(
        "ix_reports_to_tell", "reports", ["guild_id", "case_number"], sqlite_where=_TO_TELL, postgresql_where=_TO_TELL
    )


def downgrade() -> None:
    op.drop_index("ix_reports_to_tell", table_name="reports")
    op.drop_column("reports", "outcome_told")
    op.drop_column("reports", "outcome_asked_at")
