"""Fewer cards"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
STANDS = sa.text("undoes IS NULL AND state IN ('pending', 'done')")


def upgrade() -> None:
    op.create_table(
        "case_messages",
        sa.Column("guild_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("message_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("edit", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("version_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("case_number", sa.BigInteger, nullable=False),
        sa.Column("channel_id", sa.BigInteger, nullable=False),
        sa.Column("author_id", sa.BigInteger, nullable=False),
        sa.Column("gone", sa.Boolean, nullable=False),
        sa.Column("joined_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("guild_id", "message_id", "edit", "version_id", name="pk_case_messages"),
    )
    op.create_index("ix_case_messages_guild_id_case_number", "case_messages", ["guild_id", "case_number"])
    op.create_index("ix_case_messages_guild_id_channel_id", "case_messages", ["guild_id", "channel_id"])
    op.create_table(
        "card_groups",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("guild_id", sa.BigInteger, nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("card_channel_id", sa.BigInteger),
        sa.Column("card_message_id", sa.BigInteger),
        sa.Column("opened_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_card_groups"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "grouped_cases",
        sa.Column("guild_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("group_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("case_number", sa.BigInteger, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("guild_id", "group_id", "case_number", name="pk_grouped_cases"),
    )
    op.create_index("ix_grouped_cases_guild_id_case_number", "grouped_cases", ["guild_id", "case_number"])
    delete_message_by_message()


def downgrade() -> None:
    """Of several deletions for one case, the first is kept: older versions know one for each case and member."""
    op.execute(
        "DELETE FROM case_actions WHERE undoes IS NULL AND state IN ('pending', 'done') AND EXISTS ("
        " SELECT 1 FROM case_actions AS first WHERE first.undoes IS NULL AND first.state IN ('pending', 'done')"
        " AND first.guild_id = case_actions.guild_id AND first.case_number = case_actions.case_number"
        " AND first.kind = case_actions.kind AND first.target_id = case_actions.target_id"
        " AND first.id < case_actions.id)"
    )
    index_standing_actions(["guild_id", "case_number", "kind", "target_id"])
    op.drop_column("case_actions", "message_id")
    for table in ("grouped_cases", "card_groups", "case_messages"):
        op.drop_table(table)


def delete_message_by_message() -> None:
    """A deletion may be about one message of a case; then it is in the way of no other's."""
    op.add_column("case_actions", sa.Column("message_id", sa.BigInteger, nullable=False, server_default="0"))
    index_standing_actions(["guild_id", "case_number", "kind", "target_id", "message_id"])


def index_standing_actions(columns: list[str]) -> None:
    op.drop_index("uq_case_actions_standing", "case_actions")
    op.create_index(
        "uq_case_actions_standing",
        "case_actions",
        columns,
        unique=True,
        sqlite_where=STANDS,
        postgresql_where=STANDS,
    )
