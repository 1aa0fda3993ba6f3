"""Exports rows to files, as CSV for spreadsheets or JSON for programs.

These files hold what members wrote, and spreadsheets evaluate what looks like a formula. So in CSV an apostrophe, which
spreadsheets read as “this is text”, goes in front of anything that could start a formula: at the start of a cell, and
inside it after each comma, semicolon, bar, tab and line break, because some programs split there in spite of quotes.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from bot.moderation.cases.action import Action
from bot.moderation.cases.case import Case

_CUTS = ",;|\t\r\n\x0b\x0c\x1c-\x1e\x85\u2028\u2029"  # characters after which a program may start a new cell
_SKIPPED = rf"[^\S{_CUTS}]|[\"\x00-\x08\x0e-\x1b\x7f\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]"
#: The four characters that start a formula, with their full-width, small, superscript and subscript variants.
_SIGNS = "=＝﹦⁼₌+＋﹢⁺₊﬩\\-－﹣⁻₋−@＠﹫"
_FORMULA = re.compile(rf"(?:\A(?=[\t\r\n])|(?:\A|(?<=[{_CUTS}]))(?=(?:{_SKIPPED})*+[{_SIGNS}]))")


class ExportForm(StrEnum):
    """File formats. The value is the file's extension."""

    CSV = "csv"
    JSON = "json"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedFile:
    """A file with some of the rows, readable on its own."""

    place: int  #: 1, 2, 3, ...
    text: str
    rows: int
    is_only: bool = False  #: all rows are in it


class PartWriter:
    """Splits rows into files of at most this many bytes, so that only one file is in memory at a time.

    A row that is larger than a file gets its own file.
    """

    def __init__(self, form: ExportForm, *, room: int) -> None:
        self._form = form
        self._room = room
        self._place = 1
        self._lines: list[str] = []
        self._head = ""
        self._used = 0

    def add(self, record: Mapping[str, Any]) -> ExportedFile | None:
        """Add a row. If it doesn't fit, return the full part and start the next one with the row."""
        line = self._line(record)
        size = len(line.encode("utf-8", "replace")) + len(",\n")
        full = self._part() if self._lines and self._used + size > self._room else None
        if not self._lines:
            self._head = _csv_row(record) if self._form is ExportForm.CSV else ""
            self._used = len(self._head.encode("utf-8", "replace")) + len("[\n\n]\n")
        self._lines.append(line)
        self._used += size
        return full

    def last(self) -> ExportedFile | None:
        """The last part; None if it has no rows."""
        is_only = self._place == 1
        return replace(self._part(), is_only=is_only) if self._lines else None

    def _line(self, record: Mapping[str, Any]) -> str:
        return _csv_row(map(_cell, record.values())) if self._form is ExportForm.CSV else _json(record)

    def _part(self) -> ExportedFile:
        lines, self._lines = self._lines, []
        is_csv = self._form is ExportForm.CSV
        text = self._head + "".join(lines) if is_csv else "[\n" + ",\n".join(lines) + "\n]\n"
        self._place += 1
        return ExportedFile(place=self._place - 1, text=text, rows=len(lines))


def case_row(case: Case, actions: Sequence[Action], *, reasoning: bool) -> dict[str, Any]:
    """A case as names and values. Ids are strings, because programs that only have floating-point numbers would round
    them."""
    evidence, judged, decision = case.evidence, case.judged, case.decision
    record = {
        "case": case.number,
        "kind": case.kind.value,
        "state": case.state.value,
        "opened_at": case.opened_at.isoformat(),
        "member_id": str(evidence.author_id),
        "channel_id": str(evidence.channel_id),
        "message_id": str(evidence.message_id),
        "message_deleted": evidence.gone,
        "text": evidence.text,
        "files": [file.name for file in evidence.files],
        "policy": judged.policy_name,
        "version": judged.version_number,
        "rules": [rule.id for rule in case.rules],
        "score": judged.score,
        "rationale": judged.rationale,
        "judge": judged.judge,
        "decided_by": str(decision.moderator_id) if decision and decision.moderator_id else None,
        "decided_at": decision.at.isoformat() if decision else None,
        "other_reason": case.ground.words if case.ground else None,
        "actions": [f"{action.new.kind.value} {action.state.value}" for action in actions],
    }
    return {**record, "reasoning": judged.reasoning} if reasoning else record


def _json(record: Mapping[str, Any]) -> str:
    return json.dumps(record, ensure_ascii=False)


def _cell(value: Any) -> Any:
    if isinstance(value, list):
        value = "; ".join(value)
    return _FORMULA.sub("'", value) if isinstance(value, str) else value


def _csv_row(values: Any) -> str:
    line = io.StringIO()
    csv.writer(line, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerow(values)
    return line.getvalue()
