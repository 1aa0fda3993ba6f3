"""Knows which columns hold ids assigned by a database, and shifts them for a database where they are taken."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Column, Table

#: Columns that hold the id of a row, by their name in any table; 0 means none.
REFERENCES: Mapping[str, str] = {
    "policy_id": "policies",
    "named_policy_id": "policies",
    "version_id": "policy_versions",
    "note_id": "case_notes",
    "action_id": "case_actions",
    "undoes": "case_actions",
    "changes": "case_actions",
    "group_id": "card_groups",
    "pin_id": "pins",
    "try_out_id": "try_outs",
    "backtest_id": "backtests",
}
_LISTS: Mapping[str, Mapping[str, str]] = {"screened_sets": {"version_ids": "policy_versions"}}

# Ids in the audit log: an entry's subject, and the beginning or end of its text.
_SUBJECTS = {"policy": "policies", "question": "questions", "sample": "sample_messages"}
_SUBJECT = re.compile(r"(policy|question|sample):(\d+)")
_NAMED = {"action": "case_actions", "note": "case_notes", "pin": "pins", "raid control": "raid_controls"}
_DETAIL = re.compile(
    r"(?P<before>|reason of |[^:]*, )(?P<what>action|note|pin|raid control) (?P<id>\d+)(?P<after>(?:: .*)?)"
)


def gives_ids(table: Table) -> bool:
    """Does the database assign the ids of this table's rows?"""
    return [column.name for column in table.primary_key.columns] == ["id"]


def target_of(column: Column[Any]) -> str | None:
    """The table whose ids a column holds; None for all other columns."""
    if column.name == "id":
        return column.table.name
    return REFERENCES.get(column.name)


def moved(table: Table, row: dict[str, Any], shifts: Mapping[str, int]) -> dict[str, Any]:
    """A row with every id shifted by its table's shift."""
    for column in table.columns:
        target = target_of(column)
        value = row.get(column.name)
        if target is not None and value:
            row[column.name] = value + shifts.get(target, 0)
    for name, target in _LISTS.get(table.name, {}).items():
        row[name] = [each + shifts.get(target, 0) for each in row[name]]
    if table.name == "cases":
        row["ground"] = _ground_moved(row["ground"], shifts)
    if table.name == "audit_entries":
        row["subject"] = _subject_moved(row["subject"], shifts)
        row["detail"] = _detail_moved(row["detail"], shifts)
    return row


def _ground_moved(ground: dict[str, Any] | None, shifts: Mapping[str, int]) -> dict[str, Any] | None:
    """A rule that a moderator named, with the ids of its policy and version shifted."""
    if not ground or not ground.get("rule"):
        return ground
    rule = dict(ground["rule"])
    for name in ("policy_id", "version_id"):
        rule[name] += shifts.get(REFERENCES[name], 0)
    return {**ground, "rule": rule}


def _subject_moved(subject: str, shifts: Mapping[str, int]) -> str:
    found = _SUBJECT.fullmatch(subject)
    return f"{found[1]}:{int(found[2]) + shifts.get(_SUBJECTS[found[1]], 0)}" if found else subject


def _detail_moved(detail: str, shifts: Mapping[str, int]) -> str:
    """Shift the ids in an entry's text. An entry about a publication ends in an editor's own words, and never looks
    like this."""
    found = _DETAIL.fullmatch(detail)
    if found is None:
        return detail
    number = int(found["id"]) + shifts.get(_NAMED[found["what"]], 0)
    return f"{found['before']}{found['what']} {number}{found['after']}"
