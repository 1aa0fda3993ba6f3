"""Pauses of policies with their times, and the versions of edited messages"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_MOMENT = sa.DateTime(timezone=True)
_ENTRIES = sa.table(
    "audit_entries",
    sa.column("id", sa.BigInteger),
    sa.column("action", sa.String),
    sa.column("subject", sa.String),
    sa.column("at", _MOMENT),
)
_PAUSES = sa.table(
    "policy_pauses",
    sa.column("policy_id", sa.BigInteger),
    sa.column("paused_at", _MOMENT),
    sa.column("resumed_at", _MOMENT),
)
_POLICIES = sa.table(
    "policies", sa.column("id", sa.BigInteger), sa.column("paused", sa.Boolean), sa.column("created_at", _MOMENT)
)


def upgrade() -> None:
    op.add_column("cases", sa.Column("versions_encrypted", sa.LargeBinary))
    op.add_column("consequence_settings", sa.Column("set_at", _MOMENT))
    op.create_table(
        "policy_pauses",
        sa.Column("id", _ROW_ID, nullable=False),
        sa.Column("policy_id", _ROW_ID, nullable=False),
        sa.Column("paused_at", _MOMENT, nullable=False),
        sa.Column("resumed_at", _MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_policy_pauses"),
        sa.ForeignKeyConstraint(["policy_id"], ["policies.id"], name="fk_policy_pauses_policy_id_policies"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_policy_pauses_policy_id", "policy_pauses", ["policy_id"])
    rows = _pauses_so_far(op.get_bind())
    if rows:
        op.bulk_insert(_PAUSES, rows)


def downgrade() -> None:
    op.drop_table("policy_pauses")
    for table, column in (("cases", "versions_encrypted"), ("consequence_settings", "set_at")):
        with op.batch_alter_table(table) as batch:
            batch.drop_column(column)


def _pauses_so_far(connection: sa.Connection) -> list[dict[str, Any]]:
    """The pauses that the audit log tells of. A policy that is paused and has no entry counts as paused for ever."""
    known = {row.id: row for row in connection.execute(sa.select(_POLICIES))}
    changes = sa.select(_ENTRIES).where(_ENTRIES.c.action.in_(("policy_paused", "policy_resumed")))
    begun: dict[int, datetime] = {}
    found: list[dict[str, Any]] = []
    for entry in connection.execute(changes.order_by(_ENTRIES.c.id)):
        policy_id = int(entry.subject.removeprefix("policy:"))
        if policy_id not in known:
            continue
        if entry.action == "policy_paused":
            begun[policy_id] = entry.at
        elif policy_id in begun:
            found.append({"policy_id": policy_id, "paused_at": begun.pop(policy_id), "resumed_at": entry.at})
    for policy_id, row in known.items():
        if row.paused:
            began = begun.get(policy_id, row.created_at)
            found.append({"policy_id": policy_id, "paused_at": began, "resumed_at": None})
    return found
