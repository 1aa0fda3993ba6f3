"""Whose sanction is in force"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
PLANNED = sa.text("state = 'planned'")
BANS = sa.text("kind = 'ban'")
STOOD = sa.text("undoes IS NULL AND state IN ('pending', 'done')")
STANDS = sa.text("undoes IS NULL AND changes IS NULL AND state IN ('pending', 'done')")
CHANGES = sa.text("changes IS NOT NULL AND state IN ('pending', 'done')")


def upgrade() -> None:
    op.add_column("case_actions", sa.Column("until", sa.DateTime(timezone=True)))
    op.add_column("case_actions", sa.Column("changes", ROW_ID))
    op.drop_index("uq_case_actions_standing", "case_actions")
    make_index("uq_case_actions_standing", ["guild_id", "case_number", "kind", "target_id", "message_id"], STANDS)
    make_index("uq_case_actions_changes", ["changes"], CHANGES)
    make_index("ix_case_actions_planned", ["asked_at"], PLANNED, unique=False)
    make_index("ix_case_actions_bans", ["guild_id", "target_id"], BANS, unique=False)


def downgrade() -> None:
    """Changes of earlier actions, and actions that were never begun, go for good: older versions know neither."""
    op.execute("DELETE FROM case_actions WHERE changes IS NOT NULL OR state = 'planned'")
    for name in ("ix_case_actions_bans", "ix_case_actions_planned", "uq_case_actions_changes"):
        op.drop_index(name, "case_actions")
    op.drop_index("uq_case_actions_standing", "case_actions")
    make_index("uq_case_actions_standing", ["guild_id", "case_number", "kind", "target_id", "message_id"], STOOD)
    for column in ("changes", "until"):
        op.drop_column("case_actions", column)


def make_index(name: str, columns: list[str], where: sa.TextClause, *, unique: bool = True) -> None:
    op.create_index(name, "case_actions", columns, unique=unique, sqlite_where=where, postgresql_where=where)
