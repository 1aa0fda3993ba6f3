"""How sure the judge was of its answer's form"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_TABLES = ("cases", "clear_verdicts")


def upgrade() -> None:
    for table in _TABLES:
        op.add_column(table, sa.Column("digit_mass", sa.Float))


def downgrade() -> None:
    for table in _TABLES:
        op.drop_column(table, "digit_mass")
