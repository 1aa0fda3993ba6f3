"""The figures of public logs, on made-up logs, and the made-up run that a report is timed with."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.evaluation.public_replies import BEGIN, END, as_json, main, read_logs
from benchmarks.evaluation.report_time import made_up_run
from bot.evaluation.figures.summary import figures_of


def prompt(category: str, expected: int | None, *answers: tuple[int, int]) -> dict[str, object]:
    """A prompt and its replies: label and tokens of thinking each."""
    replies = [{"violation": label, "finish_reason": "stop", "reasoning_tokens": count} for label, count in answers]
    return {"category": category, "expected": expected, "replies": replies}


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    """Five prompts; one is repeated and flips, one has no expected label."""
    rows = [
        prompt("spam", 1, (1, 100)),
        prompt("spam", 1, (0, 300), (1, 5_000)),
        prompt("hate", 1, (1, 10), (1, 20)),
        prompt("hate", 0, (1, 30)),
        prompt("hate", None, (0, 40)),
    ]
    path = tmp_path / "logs.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_figures_of_logs(logs: Path) -> None:
    """First replies count, repetitions say how often an answer flips, and every reply's thinking is measured."""
    found = as_json(read_logs(logs))
    assert (found["prompts"], found["replies"], found["repeated"], found["flipped"]) == (4, 7, 2, 1)
    assert found["recall"] == pytest.approx(2 / 3)
    assert found["precision"] == pytest.approx(2 / 3)
    assert found["recall_by_category"] == {"hate": 1.0, "spam": 0.5}
    assert found["reasoning_tokens"]["p100"] == 5_000
    assert found["over"]["256"] == pytest.approx(2 / 7)


def test_figures_go_into_a_page(logs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Between the marks and nowhere else; a page without marks is left alone."""
    page = tmp_path / "page.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    assert main([str(logs), "--into", str(page), "--json"]) == 0
    text = page.read_text()
    assert text.startswith("before\n")
    assert text.endswith("after\n")
    assert "old" not in text
    assert "| spam | 2 | 2 | 0.500" in text
    assert json.loads(capsys.readouterr().out)["flipped"] == 1
    page.write_text("no marks")
    with pytest.raises(ValueError, match="no lines"):
        main([str(logs), "--into", str(page)])


def test_the_made_up_run_is_a_run(tmp_path: Path) -> None:
    """What is timed has labels, violations and errors."""
    made_up_run(tmp_path, 400, 2)
    found = figures_of(tmp_path, resamples=10)
    assert (len(found.predictions), len(found.labels), found.missing) == (400, 2, 0)
    assert found.main.counts.tp > 0
    assert found.main.counts.fn + found.main.counts.fp > 0
