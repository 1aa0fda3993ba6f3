"""The rules of a case, found by its number"""

from __future__ import annotations

from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_case_rules_guild_id_number", "case_rules", ["guild_id", "number"])


def downgrade() -> None:
    op.drop_index("ix_case_rules_guild_id_number", "case_rules")
