"""Looking things up"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
EVERYTHING_ASKED = ["guild_id", "number", "author_id", "policy_id", "decided_by", "state", "kind"]

RULES_OF_CASES = {
    "sqlite": "SELECT DISTINCT cases.guild_id, json_extract(rule.value, '$.id'), cases.number"
    " FROM cases, json_each(cases.rules) AS rule",
    "postgresql": "SELECT DISTINCT cases.guild_id, rule.value ->> 'id', cases.number"
    " FROM cases, json_array_elements(cases.rules) AS rule",
}


def upgrade() -> None:
    op.create_index("ix_cases_search", "cases", EVERYTHING_ASKED)
    op.create_table(
        "case_rules",
        sa.Column("guild_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("rule_key", sa.String, nullable=False),
        sa.Column("number", sa.BigInteger, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("guild_id", "rule_key", "number", name="pk_case_rules"),
        sqlite_with_rowid=False,
    )
    copy_rules()
    op.create_table(
        "note_words",
        sa.Column("guild_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("word", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("case_number", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("note_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("guild_id", "word", "case_number", "note_id", name="pk_note_words"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_note_words_note_id", "note_words", ["note_id"])
    op.create_table(
        "case_queries",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("guild_id", sa.BigInteger, nullable=False),
        sa.Column("query_encrypted", sa.LargeBinary, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_case_queries"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_case_queries_guild_id_at", "case_queries", ["guild_id", "at"])
    make_samples()


def downgrade() -> None:
    for table in ("sample_messages", "sample_weeks", "case_queries", "note_words", "case_rules"):
        op.drop_table(table)
    op.drop_index("ix_cases_search", "cases")


def copy_rules() -> None:
    """The rules of cases that are there already. Folding is the code's affair: it is done here, row by row."""
    connection = op.get_bind()
    found = connection.execute(sa.text(RULES_OF_CASES[connection.dialect.name]))
    rows = {(guild_id, rule_id.strip().casefold(), number) for guild_id, rule_id, number in found}
    if rows:
        connection.execute(
            sa.text("INSERT INTO case_rules (guild_id, rule_key, number) VALUES (:guild_id, :rule_key, :number)"),
            [{"guild_id": each[0], "rule_key": each[1], "number": each[2]} for each in sorted(rows)],
        )


def make_samples() -> None:
    op.create_table(
        "sample_weeks",
        sa.Column("guild_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("week", sa.Date, nullable=False),
        sa.Column("quiet", sa.BigInteger, nullable=False),
        sa.Column("card_channel_id", sa.BigInteger),
        sa.Column("card_message_id", sa.BigInteger),
        sa.PrimaryKeyConstraint("guild_id", "week", name="pk_sample_weeks"),
    )
    op.create_table(
        "sample_messages",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("guild_id", sa.BigInteger, nullable=False),
        sa.Column("week", sa.Date, nullable=False),
        sa.Column("channel_id", sa.BigInteger, nullable=False),
        sa.Column("message_id", sa.BigInteger, nullable=False),
        sa.Column("place", sa.Integer, nullable=False),
        sa.Column("answer", sa.String(20)),
        sa.Column("answered_by", sa.BigInteger),
        sa.Column("answered_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_sample_messages"),
        sa.UniqueConstraint("guild_id", "week", "message_id", name="uq_sample_messages_guild_id_week_message_id"),
        sqlite_autoincrement=True,
    )
