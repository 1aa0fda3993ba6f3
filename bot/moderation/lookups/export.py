"""Cases as a file to take away, as CSV for spreadsheets or as JSON for programs.

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
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from bot.moderation.cases.action import Action
from bot.moderation.cases.case import Case

MOST_CASES = 1_000  #: in one file

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
class Export:
    """A file with cases, the newest first."""

    text: str
    cases: int
    more: bool  #: further cases, older ones, did not fit


def export_of(
    cases: Sequence[Case], actions: Mapping[int, Sequence[Action]], form: ExportForm, *, reasoning: bool, room: int
) -> Export:
    """As many of the cases as fit into `room` bytes, `MOST_CASES` at most."""
    kept: list[str] = []
    columns = list(_record(cases[0], (), reasoning=reasoning)) if cases else []
    head = _csv_row(columns) if form is ExportForm.CSV and columns else ""
    used = len(head.encode()) + len("[\n\n]\n")
    for case in cases[:MOST_CASES]:
        record = _record(case, actions.get(case.number, ()), reasoning=reasoning)
        line = _csv_row(map(_cell, record.values())) if form is ExportForm.CSV else _json(record)
        used += len(line.encode("utf-8", "replace")) + len(",\n")
        if used > room:
            break
        kept.append(line)
    text = head + "".join(kept) if form is ExportForm.CSV else "[\n" + ",\n".join(kept) + "\n]\n"
    return Export(text=text, cases=len(kept), more=len(kept) < len(cases))


def _record(case: Case, actions: Sequence[Action], *, reasoning: bool) -> dict[str, Any]:
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
        "rules": [rule.id for rule in judged.rules],
        "score": judged.score,
        "rationale": judged.rationale,
        "judge": judged.judge,
        "decided_by": str(decision.moderator_id) if decision else None,
        "decided_at": decision.at.isoformat() if decision else None,
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
