"""`bylaw eval run` on a small CSV: the usual names of its columns, and what is said about the others."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Bylaw = Callable[..., Any]


def test_a_csv_needs_no_options_where_its_columns_have_the_usual_names(
    bylaw: Bylaw, policy_file: Path, tmp_path: Path
) -> None:
    """A column named id gives the ids, flagged or violation what is right, and the last lines say so."""
    path = tmp_path / "rows.csv"
    path.write_text("ID,text,violation\nx7,the killer is the cook,1\nx8,hello,0\n")
    outcome = bylaw("eval", "run", path, "--policy", policy_file, "--out", tmp_path / "my runs")
    assert outcome.code == 0
    told, then = outcome.out.splitlines()
    assert re.fullmatch(
        r'rows: judged 2 rows now, in \d+\.\d s\. Label: "violation"; ids from the column "ID"\. Answers in '
        + re.escape(str(tmp_path / "my runs" / "rows")),
        told,
    )
    assert then == f"Next: bylaw eval report '{tmp_path / 'my runs'}'"
    lines = (tmp_path / "my runs" / "rows" / "predictions.jsonl").read_text().splitlines()
    assert sorted(json.loads(line)["id"] for line in lines) == ["x7", "x8"]
    again = bylaw("eval", "run", path, "--policy", policy_file, "--out", tmp_path / "my runs").out
    assert "judged 0 rows now, 2 before" in again
    path.write_text("text,flagged,violation\nhello,0,1\n")
    numbered = bylaw("eval", "run", path, "--policy", policy_file, "--out", tmp_path / "other").out
    assert 'Label: "flagged"; ids from the line numbers.' in numbered


@pytest.mark.parametrize(
    ("header", "arguments", "says"),
    [
        (
            "text,bad",
            [],
            "has no column flagged or violation: name the column that says what is right",
        ),
        (
            "text,bad",
            ["--label", "evil"],
            'has no column "evil": its first line has to name the columns, and --label',
        ),
        ("body,flagged", [], 'has no column "text": its first line has to name the columns, and --text-column'),
        (
            "text,flagged",
            ["--id-column", "nr"],
            'has no column "nr": its first line has to name the columns, and --id-column',
        ),
    ],
)
def test_a_column_that_is_missing_is_told_with_its_option(
    bylaw: Bylaw, policy_file: Path, header: str, arguments: list[str], says: str
) -> None:
    """Whichever column it is."""
    Path("rows.csv").write_text(f"{header}\nhello,0\n")
    outcome = bylaw("eval", "run", "rows.csv", "--policy", policy_file, "--out", "o", *arguments)
    assert outcome.code == 2
    assert says in outcome.complaint


def test_three_rows_are_reported_in_sentences(bylaw: Bylaw, policy_file: Path) -> None:
    """What cannot be computed from so few rows is said, in no figure and no sentence as a word without meaning."""
    Path("rows.csv").write_text("text,flagged\nhello,1\nbye,0\nwell,0\n")
    assert bylaw("eval", "run", "rows.csv", "--policy", policy_file, "--out", "o").code == 0
    assert "precision cannot be computed, recall 0.000 (" in bylaw("eval", "report", "o").out
    page = Path("o/report.md").read_text()
    assert "There are too few rows to show a difference in recall between two runs, however large it is." in page
    assert "There are too few rows to show a difference in the false-positive rate between two runs" in page
    assert "none" not in page
