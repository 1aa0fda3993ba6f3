"""Rules that moderators name"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_NAMED = sa.text("named_policy_id IS NOT NULL")


def upgrade() -> None:
    op.add_column("cases", sa.Column("ground", sa.JSON))
    op.add_column("cases", sa.Column("ground_encrypted", sa.LargeBinary))
    op.add_column("case_rules", sa.Column("named_policy_id", sa.BigInteger))
    op.create_index(
        "ix_case_rules_named",
        "case_rules",
        ["guild_id", "number", "named_policy_id"],
        sqlite_where=_NAMED,
        postgresql_where=_NAMED,
    )


def downgrade() -> None:
    """Back to cases without grounds. Rules that only a moderator named are no rules of the verdict."""
    op.execute("DELETE FROM case_rules WHERE named_policy_id IS NOT NULL")
    op.drop_index("ix_case_rules_named", "case_rules")
    op.drop_column("case_rules", "named_policy_id")
    op.drop_column("cases", "ground_encrypted")
    op.drop_column("cases", "ground")
