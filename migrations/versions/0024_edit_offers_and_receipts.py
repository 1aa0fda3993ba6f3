"""Offers to edit, receipts, and what else a judge read of a message"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

_OFFERED = sa.text("state = 'offered'")
_CASES = sa.table(
    "cases",
    sa.column("state", sa.String),
    sa.column("decided_by", sa.BigInteger),
    sa.column("decided_at", sa.DateTime(timezone=True)),
)


def upgrade() -> None:
    op.add_column("cases", sa.Column("reading_encrypted", sa.LargeBinary))
    op.create_table(
        "receipts",
        sa.Column("guild_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("case_number", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("statement", sa.Text, nullable=False),
        sa.Column("signature", sa.String(128), nullable=False),
        sa.Column("public_key", sa.String(64), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("guild_id", "case_number", name="pk_receipts"),
    )
    op.create_table(
        "edit_offers",
        sa.Column("guild_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("case_number", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("message_id", sa.BigInteger, nullable=False),
        sa.Column("member_id", sa.BigInteger, nullable=False),
        sa.Column("edit", sa.BigInteger, nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("told", sa.String(20)),
        sa.Column("offered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("guild_id", "case_number", name="pk_edit_offers"),
    )
    op.create_index("uq_edit_offers_once", "edit_offers", ["guild_id", "message_id"], unique=True)
    op.create_index("ix_edit_offers_guild_id_offered_at", "edit_offers", ["guild_id", "offered_at"])
    op.create_index("ix_edit_offers_open", "edit_offers", ["due_at"], sqlite_where=_OFFERED, postgresql_where=_OFFERED)


def downgrade() -> None:
    op.drop_table("edit_offers")
    op.drop_table("receipts")
    # An older Bylaw knows no mended cases: they are open again there, for a person to decide.
    mended = _CASES.c.state == "mended"
    op.execute(sa.update(_CASES).where(mended).values(state="open", decided_by=None, decided_at=None))
    op.drop_column("cases", "reading_encrypted")
