"""`bylaw policy backtest`: a policy file against decisions in a file."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Bylaw = Callable[..., Any]  # the fixture of conftest.py


@pytest.fixture
def decisions_factory(tmp_path: Path) -> Callable[..., Path]:
    """Writes a file of decisions."""

    def make(*rows: dict[str, object] | str) -> Path:
        path = tmp_path / "decisions.jsonl"
        path.write_text("\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows))
        return path

    return make


def row(id: str | int, text: str, violation: bool) -> dict[str, object]:
    """One decision."""
    return {"id": id, "text": text, "violation": violation}


def test_what_a_draft_would_change(bylaw: Bylaw, policy_file: Path, decisions_factory: Callable[..., Path]) -> None:
    """Agreement is counted; disagreements are named, in one object."""
    decisions = decisions_factory(
        row("a", "the killer is the cook", True),
        row(2, "nice weather", False),
        row("c", "the killer is the maid", False),
        "",
        row("d", "something else entirely", True),
        {"id": "e", "messages": [{"text": "who is it?"}, {"text": "the killer is the cook"}], "violation": True},
    )
    done = bylaw("policy", "backtest", "--policy", policy_file, "--decisions", decisions, "--json")
    assert done.rows == [{"n": 5, "agree": 3, "newly_flagged": ["c"], "no_longer_flagged": ["d"], "undecided": []}]
    assert done.code == 0


def test_a_decision_can_be_said_in_two_ways(
    bylaw: Bylaw, policy_file: Path, decisions_factory: Callable[..., Path]
) -> None:
    """As "violation" or as "decision", also both where they agree; what nothing reads is told once."""
    decisions = decisions_factory(
        {"id": 1, "text": "the killer is the cook", "decision": "violation"},
        {"id": 2, "text": "nice weather", "decision": "clear", "violation": False},
        {"id": 3, "text": "nice weather", "violation": False, "moderator": "Zoe"},
    )
    done = bylaw("policy", "backtest", "--policy", policy_file, "--decisions", decisions, "--json")
    assert (done.code, done.rows[0]["n"], done.rows[0]["agree"]) == (0, 3, 3)
    assert done.complaint.startswith('bylaw: line 3: ignoring "moderator".')


@pytest.mark.parametrize("said", [{}, {"decision": "maybe"}, {"decision": "clear", "violation": True}])
def test_a_decision_that_says_nothing_is_told(
    bylaw: Bylaw, policy_file: Path, decisions_factory: Callable[..., Path], said: dict[str, object]
) -> None:
    """None, an unknown word, or two that contradict each other."""
    decisions = decisions_factory({"id": 1, "text": "x", **said})
    done = bylaw("policy", "backtest", "--policy", policy_file, "--decisions", decisions)
    assert done.code == 2
    assert 'line 1 needs a "violation" that is true or false, or a "decision"' in done.complaint


def test_the_same_in_words(bylaw: Bylaw, policy_file: Path, decisions_factory: Callable[..., Path]) -> None:
    """Small numbers are said to be small; long lists are cut."""
    decisions = decisions_factory(*(row(f"m\x1b{number}", "the killer is the cook", False) for number in range(25)))
    done = bylaw("policy", "backtest", "--policy", policy_file, "--decisions", decisions)
    lines = done.out.splitlines()
    assert lines[:2] == ["Agrees with your team on 0 of 25 decisions.", "Would newly flag 25:"]
    assert lines[-1] == "  and 5 more"
    assert "\x1b" not in done.out


def test_a_threshold_makes_violations_clear(
    bylaw: Bylaw, policy_file: Path, decisions_factory: Callable[..., Path]
) -> None:
    """Those below it count as not flagged."""
    decisions = decisions_factory(row(1, "the killer is the cook", False))
    options = ("--policy", policy_file, "--decisions", decisions, "--json")
    assert bylaw("policy", "backtest", *options).rows[0]["agree"] == 0
    assert bylaw("policy", "backtest", *options, "--threshold", "0.99").rows[0]["agree"] == 1


def test_progress_goes_to_a_terminal(
    bylaw: Bylaw, policy_file: Path, decisions_factory: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """On standard error, and only there; without a terminal, somebody has to ask for it."""
    decisions = decisions_factory(*(row(number, "the killer is the cook", True) for number in range(30)))
    command = ("policy", "backtest", "--policy", policy_file, "--decisions", decisions, "--json")
    quiet = bylaw(*command)
    assert (quiet.code, quiet.err) == (0, "")
    told = bylaw(*command, "--progress")
    assert told.out == quiet.out
    assert told.err.splitlines()[0] == "bylaw: decisions judged: 1 of 30"
    assert told.err.splitlines()[-1] == "bylaw: decisions judged: 30 of 30"
    monkeypatch.setenv("FORCE_COLOR", "1")  # how rich is told that it writes to a terminal
    on_a_terminal = bylaw(*command)
    assert on_a_terminal.out == quiet.out
    assert "30/30" in on_a_terminal.err
    assert bylaw(*command, "--no-progress").err == ""


@pytest.mark.parametrize("megabytes", [2, 9])
def test_a_long_line_is_called_too_long(bylaw: Bylaw, policy_file: Path, tmp_path: Path, megabytes: int) -> None:
    """Of more than 8 MiB it is not read to its end, and never called broken JSON; a shorter one is judged."""
    decisions = tmp_path / "long.jsonl"
    decisions.write_text(json.dumps(row(1, "so " * (megabytes * 350_000), False)) + "\n")
    done = bylaw("policy", "backtest", "--policy", policy_file, "--decisions", decisions)
    if megabytes == 2:
        assert (done.code, done.err) == (0, "")
    else:
        assert done.code == 2
        assert f"{decisions}: line 1 is longer than 8 MiB: write one JSON object on each line." in done.complaint


@pytest.mark.parametrize(
    ("rows", "complaint"),
    [
        ([], "has no decisions"),
        (["{"], "line 1 is not JSON"),
        ([{"id": 1, "text": "x"}], 'line 1 needs a "violation" that is true or false'),
        ([{"id": 1, "text": "x", "violation": "yes"}], 'needs a "violation"'),
        ([row(1, "x", True), row(1, "y", True)], "has the same id twice"),
    ],
)
def test_files_that_are_none(
    bylaw: Bylaw, policy_file: Path, decisions_factory: Callable[..., Path], rows: list[Any], complaint: str
) -> None:
    """One line says what is wrong, with exit code 2."""
    done = bylaw("policy", "backtest", "--policy", policy_file, "--decisions", decisions_factory(*rows))
    assert done.code == 2
    assert complaint in done.complaint


def test_a_file_that_is_not_there(bylaw: Bylaw, policy_file: Path) -> None:
    """One line."""
    done = bylaw("policy", "backtest", "--policy", policy_file, "--decisions", "nowhere.jsonl")
    assert (done.code, "nowhere.jsonl does not exist" in done.complaint) == (2, True)
