"""Stale cards"""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision: str | None = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "stale_cards",
        sa.Column("guild_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("case_number", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("marked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("guild_id", "case_number", name="pk_stale_cards"),
    )
    op.create_index("ix_stale_cards_due_at", "stale_cards", ["due_at"])
    _move_cards()


def downgrade() -> None:
    _move_cards_back()
    op.drop_table("stale_cards")


def _move_cards() -> None:
    """Cards that requests still wait for go into the new table."""
    connection = op.get_bind()
    requests = connection.execute(sa.text("SELECT guild_id, asked_at, cards FROM erasures ORDER BY asked_at")).all()
    found = {}
    for guild_id, asked_at, cards in requests:
        for number in json.loads(cards) if isinstance(cards, str) else cards:
            found[guild_id, number] = asked_at
    for (guild_id, number), asked_at in found.items():
        connection.execute(
            sa.text(
                "INSERT INTO stale_cards (guild_id, case_number, marked_at, due_at, tries) "
                "VALUES (:guild_id, :number, :at, :at, 0)"
            ),
            {"guild_id": guild_id, "number": number, "at": asked_at},
        )
    connection.execute(sa.text("UPDATE erasures SET cards = '[]'"))


def _move_cards_back() -> None:
    """Each server's cards wait for its oldest request again. Cards that no request waits for were marked for another
    reason, which older versions do not know."""
    connection = op.get_bind()
    waiting: dict[int, list[int]] = {}
    for guild_id, number in connection.execute(sa.text("SELECT guild_id, case_number FROM stale_cards ORDER BY 1, 2")):
        waiting.setdefault(guild_id, []).append(number)
    requests = connection.execute(
        sa.text("SELECT guild_id, member_id FROM erasures ORDER BY asked_at, member_id")
    ).all()
    for guild_id, member_id in requests:
        connection.execute(
            sa.text("UPDATE erasures SET cards = :cards WHERE guild_id = :guild_id AND member_id = :member_id"),
            {"cards": json.dumps(waiting.pop(guild_id, [])), "guild_id": guild_id, "member_id": member_id},
        )
