"""Which timeout was in force before"""

from __future__ import annotations

import re
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

#: What was said so far about a timeout that was made longer. It was nowhere else.
BEFORE = re.compile(r"Before, the member was timed out until <t:([0-9]{1,11}):f>\.")


def upgrade() -> None:
    op.add_column("case_actions", sa.Column("earlier_until", sa.DateTime(timezone=True)))
    actions = sa.table(
        "case_actions",
        sa.column("id", sa.BigInteger),
        sa.column("kind", sa.String),
        sa.column("why", sa.String),
        sa.column("changes", sa.BigInteger),
        sa.column("earlier_until", sa.DateTime(timezone=True)),
    )
    said = sa.and_(actions.c.kind == "timeout", actions.c.why.contains("Before, the member was timed out until "))
    query = sa.select(actions.c.id, actions.c.why, actions.c.changes).where(said).order_by(actions.c.id)
    ends: dict[int, datetime | None] = {}
    for row in op.get_bind().execute(query).all():
        found = BEFORE.search(row.why)
        # A changed timeout was preceded by itself: what was in force before is what was before the first one.
        end = datetime.fromtimestamp(int(found[1]), tz=UTC) if found else None
        ends[row.id] = end if row.changes is None else ends.get(row.changes)
    for action_id, end in ends.items():
        op.execute(sa.update(actions).where(actions.c.id == action_id).values(earlier_until=end))


def downgrade() -> None:
    op.drop_column("case_actions", "earlier_until")
