"""The tables of trials: pinned examples, try-outs, backtests, questions, costs, the judge's mark, and what the cascade
learned.

None of them holds a message's text. Pinned examples are moderators' own words and questions the judge's; both are
encrypted all the same. The texts of try-outs and backtests are those of drafts, which the policies' own tables also
store in clear.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from guild_policies.store.tables import RowId, UtcDateTime, metadata

pins = Table(
    "pins",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("guild_id", BigInteger, nullable=False),
    Column("policy_id", BigInteger, nullable=False),
    Column("text_encrypted", LargeBinary, nullable=False),
    Column("rule_id", String),  # that it must break; NULL for must be clear
    Column("author_id", BigInteger, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("held", Boolean),
    Index(None, "guild_id", "policy_id", "id"),
    sqlite_autoincrement=True,
)

policy_costs = Table(
    "policy_costs",
    metadata,
    Column("guild_id", BigInteger, primary_key=True, autoincrement=False),
    Column("day", Date, primary_key=True),
    Column("version_id", BigInteger, primary_key=True, autoincrement=False),
    Column("policy_id", BigInteger, nullable=False),
    Column("verdicts", BigInteger, nullable=False),
    Column("seconds", Float, nullable=False),
)

try_outs = Table(
    "try_outs",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("guild_id", BigInteger, nullable=False),
    Column("policy_id", BigInteger, nullable=False),
    Column("policy_name", String, nullable=False),
    Column("draft_revision", Integer, nullable=False),
    Column("text", Text, nullable=False),
    Column("channel_id", BigInteger),  # NULL for wherever the policy applies
    Column("report_channel_id", BigInteger, nullable=False),
    Column("started_by", BigInteger, nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("ends_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    Column("told", Boolean, nullable=False),
    Column("judged", BigInteger, nullable=False),
    Column("newly_flagged", BigInteger, nullable=False),
    Column("no_longer_flagged", BigInteger, nullable=False),
    Column("undecided", BigInteger, nullable=False),
    Column("left_out", BigInteger, nullable=False),
    Index(None, "guild_id", "id"),
    Index("ix_try_outs_due", "ends_at", sqlite_where=text("NOT told"), postgresql_where=text("NOT told")),
    sqlite_autoincrement=True,
)

try_out_differences = Table(
    "try_out_differences",
    metadata,
    Column("try_out_id", RowId, ForeignKey("try_outs.id"), primary_key=True, autoincrement=False),
    Column("message_id", BigInteger, primary_key=True, autoincrement=False),
    Column("edit", BigInteger, primary_key=True, autoincrement=False),
    Column("channel_id", BigInteger, nullable=False),
    Column("newly_flagged", Boolean, nullable=False),
    Column("rules", JSON, nullable=False),
    Column("score", Float, nullable=False),
    Column("score_published", Float),  # NULL if no version was in force
)

_RUNNING = text("state = 'running'")

backtests = Table(
    "backtests",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("guild_id", BigInteger, nullable=False),
    Column("policy_id", BigInteger, nullable=False),
    Column("policy_name", String, nullable=False),
    Column("draft_revision", Integer, nullable=False),
    Column("text", Text, nullable=False),
    Column("days", Integer, nullable=False),
    Column("effort", String(20)),
    Column("threshold", Float, nullable=False),
    Column("state", String(20), nullable=False),
    Column("started_by", BigInteger, nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    Column("shown_channel_id", BigInteger),
    Column("shown_message_id", BigInteger),
    Index(None, "guild_id", "id"),
    Index("ix_backtests_running", "id", sqlite_where=_RUNNING, postgresql_where=_RUNNING),
    sqlite_autoincrement=True,
)

backtest_cases = Table(
    "backtest_cases",
    metadata,
    Column("backtest_id", RowId, ForeignKey("backtests.id"), primary_key=True, autoincrement=False),
    Column("case_number", BigInteger, primary_key=True, autoincrement=False),
    Column("channel_id", BigInteger, nullable=False),
    Column("message_id", BigInteger, nullable=False),
    Column("violation", Boolean, nullable=False),  # what the team decided
    Column("agreement", String(20)),  # NULL until it was judged
    Column("rules", JSON, nullable=False),
    Column("score", Float),
    Column("reason", String(40)),
)

question_weeks = Table(
    "question_weeks",
    metadata,
    Column("guild_id", BigInteger, primary_key=True, autoincrement=False),
    Column("week", Date, primary_key=True),  # its Monday
    Column("policy_id", BigInteger, nullable=False),
    Column("policy_name", String, nullable=False),
    Column("version_number", Integer, nullable=False),
    Column("asked_at", UtcDateTime, nullable=False),
    Column("channel_id", BigInteger),
    Column("message_id", BigInteger),
)

questions = Table(
    "questions",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("guild_id", BigInteger, nullable=False),
    Column("week", Date, nullable=False),
    Column("policy_id", BigInteger, nullable=False),
    Column("place", Integer, nullable=False),
    Column("text_encrypted", LargeBinary),  # invented; NULL once the retention time is over
    Column("rule_id", String, nullable=False),
    Column("found", JSON, nullable=False),  # the rules that the judge found broken
    Column("answer", String(20)),
    Column("answered_by", BigInteger),
    Column("answered_at", UtcDateTime),
    Column("pin_id", BigInteger),
    UniqueConstraint("guild_id", "week", "place"),
    Index(None, "guild_id", "policy_id", "id"),
    sqlite_autoincrement=True,
)

judge_marks = Table(
    "judge_marks",
    metadata,
    Column("guild_id", BigInteger, primary_key=True, autoincrement=False),
    Column("identity", String, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)

screened_sets = Table(
    "screened_sets",
    metadata,
    Column("guild_id", BigInteger, primary_key=True, autoincrement=False),
    Column("set_key", String(64), primary_key=True),
    Column("version_ids", JSON, nullable=False),
    Column("known", JSON, nullable=False),  # numbers only
    Column("changed_at", UtcDateTime, nullable=False),
)
