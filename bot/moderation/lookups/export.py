"""Rows as files to take away, as CSV for spreadsheets or as JSON for programs.

These files hold what members wrote, and spreadsheets calculate what looks like a formula. So in CSV an apostrophe goes
in front of whatever could begin one, which spreadsheets take for “this is text”: at the start of a cell, and inside it
after each comma, semicolon, bar, tab and line break, because some programs cut a file there, whatever its quotes say.
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

_CUTS = ",;|\t\r\n\x0b\x0c\x1c-\x1e\x85\u2028\u2029"  # where a program may begin a new cell
_SKIPPED = rf"[^\S{_CUTS}]|[\"\x00-\x08\x0e-\x1b\x7f\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]"
#: The four signs that begin a formula, with the full-width, small, raised and lowered ones that are read like them.
_SIGNS = "=＝﹦⁼₌+＋﹢⁺₊﬩\\-－﹣⁻₋−@＠﹫"
_FORMULA = re.compile(rf"(?:\A(?=[\t\r\n])|(?:\A|(?<=[{_CUTS}]))(?=(?:{_SKIPPED})*+[{_SIGNS}]))")


class ExportForm(StrEnum):
    """How the file is written. The value is its ending."""

    CSV = "csv"
    JSON = "json"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedFile:
    """A file with some of the rows, complete in itself."""

    place: int  #: 1, 2, 3, ...
    text: str
    rows: int
    is_only: bool = False  #: all rows are in it


class PartWriter:
    """Cuts rows into files of this many bytes, so that however many there are, one file at most is in memory.

    A row that is larger than a file gets one of its own.
    """

    def __init__(self, form: ExportForm, *, room: int) -> None:
        self._form = form
        self._room = room
        self._place = 1
        self._lines: list[str] = []
        self._head = ""
        self._used = 0

    def add(self, record: Mapping[str, Any]) -> ExportedFile | None:
        """Add a row. Where it did not fit, the part that is full comes back, and the row begins the next one."""
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
        """What is left; None where no row was added."""
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
    """A case as names and values. Ids are texts: programs that know only floating-point numbers would round them."""
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
