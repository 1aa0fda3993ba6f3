"""Raid controls, and what imported policies come from"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

_OPEN = sa.text("state IN ('pending', 'uncertain', 'in_force', 'ending')")
_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "raid_controls",
        sa.Column("id", _ID, nullable=False),
        sa.Column("guild_id", sa.BigInteger, nullable=False),
        sa.Column("group_id", sa.BigInteger, nullable=False),
        sa.Column("case_number", sa.BigInteger, nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("channel_id", sa.BigInteger, nullable=False),
        sa.Column("seconds", sa.Integer, nullable=False),
        sa.Column("length_seconds", sa.Integer, nullable=False),
        sa.Column("by", sa.BigInteger, nullable=False),
        sa.Column("reason_encrypted", sa.LargeBinary),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("why", sa.String, nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("before_until", sa.DateTime(timezone=True)),
        sa.Column("before_seconds", sa.Integer, nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True)),
        sa.Column("ended_by", sa.BigInteger),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_raid_controls"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_raid_controls_guild_id_group_id", "raid_controls", ["guild_id", "group_id"])
    op.create_index(
        "uq_raid_controls_open",
        "raid_controls",
        ["guild_id", "kind", "channel_id"],
        unique=True,
        sqlite_where=_OPEN,
        postgresql_where=_OPEN,
    )

    op.create_table(
        "policy_sources",
        sa.Column("guild_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("policy_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("source", sa.String(40), nullable=False),
        sa.Column("source_version", sa.Integer, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("imported_by", sa.BigInteger, nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("guild_id", "policy_id", name="pk_policy_sources"),
    )
    op.create_index("ix_policy_sources_guild_id_source", "policy_sources", ["guild_id", "source"])


def downgrade() -> None:
    op.drop_table("policy_sources")
    op.drop_table("raid_controls")
