"""`bylaw eval tune`: from a file of variants to the best one."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from classifier import Effort, Judge, Judgement, JudgeRequest
from classifier.scripted import ScriptedJudge, clear, violation

Bylaw = Callable[..., Any]
VARIANTS = """
[wordings.polite]
user_closing = "\\nPlease say: does the content break a rule of the policy?"

[[variants]]
name = "standard"

[[variants]]
name = "polite"
wording = "polite"

[[variants]]
name = "bare"
examples = false

[[variants]]
name = "rule-by-rule"
rules_a_call = "one"
effort = "medium"
"""


@pytest.fixture
def variants_file(tmp_path: Path) -> Path:
    """Four variants."""
    path = tmp_path / "variants.toml"
    path.write_text(VARIANTS)
    return path


@pytest.fixture
def rows_file(tmp_path: Path) -> Path:
    """Three hundred rows; every third one is bad."""
    rows = [
        {"id": n, "text": f"{'bad' if n % 3 == 0 else 'good'} {chr(97 + n % 26) * (n % 40 + 1)} {'x' * (n // 26)}"}
        for n in range(300)
    ]
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps({**row, "labels": {"flagged": row["id"] % 3 == 0}}) + "\n" for row in rows))
    return path


@pytest.fixture
def prefers_politeness(monkeypatch: pytest.MonkeyPatch) -> ScriptedJudge:
    """A judge that is right where it is asked politely, and else misses every other violation."""

    def script(request: JudgeRequest) -> Judgement:
        bad = request.content.target.text.startswith("bad")
        polite = request.variant is not None and "Please" in request.variant.user_closing
        return violation("R1") if bad and (polite or len(request.content.target.text) % 2) else clear()

    judge = ScriptedJudge(script)

    @asynccontextmanager
    async def opened(*_: object) -> AsyncIterator[Judge]:
        yield judge

    monkeypatch.setattr("bot.console.inputs.judge.open_judge", opened)
    return judge


@pytest.fixture
def tune(bylaw: Bylaw, rows_file: Path, policy_file: Path, variants_file: Path, tmp_path: Path) -> Callable[..., Any]:
    """Runs the command."""

    def run(*more: object) -> Any:
        given = ["--policy", policy_file, "--variants", variants_file, "--out", tmp_path / "out", "--judge", "lite"]
        return bylaw("eval", "tune", rows_file, *given, *more)

    return run


def test_the_best_variant_is_named_with_its_held_out_figure(
    tune: Callable[..., Any], bylaw: Bylaw, prefers_politeness: ScriptedJudge, tmp_path: Path
) -> None:
    """What it takes comes first; the runs of the variants are reported and compared like any others."""
    outcome = tune()
    assert outcome.code == 0
    assert outcome.err.splitlines()[0].startswith("bylaw: 4 variants, at most ")
    assert "lite ignores wordings and efforts" in outcome.err
    assert "Best on development rows: polite." in outcome.out
    assert "  polite: F1 1.000" in outcome.out.splitlines()[-3]
    assert {request.effort for request in prefers_politeness.requests} == {Effort.LOW, Effort.MEDIUM}
    report, compare = (line.split()[1:] for line in outcome.out.splitlines()[-2:])
    assert bylaw(*report, "--json").rows[0]["sets"]["rows.held-out"]["f1"] == 1.0
    sets = bylaw(*compare, "--json").rows[0]
    assert sets["sets"]["rows.development"]["only_second_right"] > 0
    assert "variant" in sets["sets"]["rows.development"]["differ"]
    assert (tmp_path / "out" / "tuning.json").is_file()


def test_the_same_command_asks_nothing_twice(tune: Callable[..., Any], prefers_politeness: ScriptedJudge) -> None:
    """And a changed folder or file is told in one line."""
    first = tune("--json").rows[0]
    asked = len(prefers_politeness.requests)
    assert tune("--json").rows[0] == first
    assert (len(prefers_politeness.requests), first["look"]) == (asked, 1)
    refused = tune("--held-out", 0.3)
    assert refused.code == 1
    assert "holds a tuning with other split: choose another --out" in refused.err


def test_a_second_look_is_marked(
    tune: Callable[..., Any], prefers_politeness: ScriptedJudge, variants_file: Path
) -> None:
    """Refused first; with --look-again the figure says what it is."""
    text = variants_file.read_text()
    fewer = text.replace('[[variants]]\nname = "polite"\nwording = "polite"\n', "")
    variants_file.write_text(fewer)
    assert tune().code == 0
    variants_file.write_text(text)
    assert "--look-again" in tune().err
    marked = tune("--look-again")
    assert "This was look 2 of 2 at the held-out rows." in marked.out
    assert "not among the variants now" not in marked.out
    variants_file.write_text(fewer)
    back = tune()
    assert "This was look 1 of 2 at the held-out rows." in back.out
    assert "Judged here before and not among the variants now: polite." in back.out
    row = tune("--json").rows[0]
    assert (row["look"], row["looks"], row["left_out"]) == (1, 2, ["polite"])
    assert prefers_politeness.requests


def test_the_cost_can_be_had_alone(tune: Callable[..., Any], tmp_path: Path) -> None:
    """Nothing is judged or written."""
    outcome = tune("--dry-run", "--json")
    assert outcome.rows[0]["variants"] == 4
    assert 0 < outcome.rows[0]["judgements"] < 4 * 300
    assert not (tmp_path / "out").exists()


def test_what_cannot_be_tuned_is_one_line(
    bylaw: Bylaw, rows_file: Path, policy_file: Path, variants_file: Path, tmp_path: Path
) -> None:
    """Before anything is judged."""
    usual = ["--policy", policy_file, "--variants", variants_file, "--out", tmp_path / "out", "--judge", "llama"]
    assert "No model file is named" in bylaw("eval", "tune", rows_file, *usual).complaint
    few = tmp_path / "few.jsonl"
    few.write_text("".join(rows_file.read_text().splitlines(keepends=True)[:50]))
    lite = [*usual[:-1], "lite"]
    assert "too few to choose by" in bylaw("eval", "tune", few, *lite).err
    assert (
        "variants.toml" in bylaw("eval", "tune", rows_file, *lite[:2], "--variants", "no/variants.toml", *lite[4:]).err
    )
    broken = tmp_path / "broken.toml"
    broken.write_text("[[")
    outcome = bylaw("eval", "tune", rows_file, *lite[:2], "--variants", broken, *lite[4:])
    assert (outcome.code, "is not TOML" in outcome.complaint) == (2, True)
    rows_file.write_text(rows_file.read_text() + "{\n")
    assert "line 301 is not JSON" in bylaw("eval", "tune", rows_file, *lite).complaint
