"""Pictures"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

_CASES = sa.table("cases", sa.column("kind", sa.String))


def upgrade() -> None:
    op.create_table(
        "case_pictures",
        sa.Column("guild_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("case_number", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("place", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("fingerprint_encrypted", sa.LargeBinary),
        sa.Column("copy_encrypted", sa.LargeBinary),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("guild_id", "case_number", "place", name="pk_case_pictures"),
    )


def downgrade() -> None:
    op.drop_table("case_pictures")
    # An older Bylaw does not know these kinds: it shows them as what a person has to look at.
    found = _CASES.c.kind.in_(["picture_burst", "same_picture"])
    op.execute(sa.update(_CASES).where(found).values(kind="undecided"))
