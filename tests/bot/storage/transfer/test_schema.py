"""Nothing of the schema is forgotten: a new table or column has to be looked at before these pass."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Integer
from sqlalchemy.types import TypeEngine

from bot.storage.tables.cases import metadata
from bot.storage.transfer.references import REFERENCES, gives_ids, target_of
from bot.storage.transfer.tables import LEFT_OUT, PROGRESS, travelling

#: Columns with numbers that mean the same in every database: Discord's ids, counts, numbers of cases and versions.
THE_SAME_EVERYWHERE = {
    "actor_id", "against_by", "answered_by", "asked_by", "attempt", "author_id", "before_seconds", "by",
    "card_channel_id", "card_message_id", "case_number", "channel_id", "claimed_by", "days", "decided_by",
    "draft_revision", "edit", "edited", "ended_by", "guild_id", "imported_by", "judged", "last_number", "left_out",
    "length_seconds", "member_id", "message_id", "newly_flagged", "no_longer_flagged", "number", "place",
    "policy_editor_role_id", "published_number", "quiet", "report_channel_id", "reporter_id", "retention_days",
    "review_channel_id", "reviewer_id", "reviewer_role_id", "revision", "seconds", "shown_channel_id",
    "shown_message_id", "source_version", "started_by", "target_id", "tries", "undecided", "verdicts",
    "version_number", "word",
}  # fmt: skip

#: JSON in which no id that a database gave is, but for those that are moved: the versions of a screened set, and the
#: policy and version of a rule that a moderator named.
LOOKED_AT = {
    "backtest_cases.rules", "cases.ground", "cases.rules", "cases.speakers", "erasures.cards", "policies.settings",
    "policies.strict", "policy_scopes.settings", "questions.found", "screened_sets.known", "screened_sets.version_ids",
    "server_options.options", "try_out_differences.rules",
}  # fmt: skip


def is_number(kind: TypeEngine[object]) -> bool:
    """Could it be an id?"""
    return isinstance(kind, BigInteger | Integer)


def test_every_table_travels_or_stays_for_a_reason() -> None:
    """None is forgotten, and none is named that is gone."""
    assert {*travelling(), *LEFT_OUT} == set(metadata.tables.values())
    assert not set(travelling()) & set(LEFT_OUT)
    assert all(LEFT_OUT.values())
    assert set(PROGRESS) <= set(travelling())


def test_every_number_is_an_id_that_moves_or_means_the_same_everywhere() -> None:
    """A new column that refers to a row must be among the references, or it would point to somebody else's row."""
    for table in travelling():
        for column in table.columns:
            if is_number(column.type):
                known = target_of(column) is not None or column.name in THE_SAME_EVERYWHERE
                assert known, f"{column}: add it to REFERENCES if it is the id of a row, else to this test"


def test_references_lead_to_tables_whose_ids_the_database_gives() -> None:
    """And agree with the foreign keys that there are."""
    assert all(gives_ids(metadata.tables[name]) for name in REFERENCES.values())
    for table in metadata.sorted_tables:
        for key in table.foreign_keys:
            assert target_of(key.parent) == key.column.table.name


def test_every_json_was_looked_at() -> None:
    """Ids inside JSON are not found by their column's name."""
    found = {str(column) for table in travelling() for column in table.columns if isinstance(column.type, JSON)}
    assert found == LOOKED_AT
