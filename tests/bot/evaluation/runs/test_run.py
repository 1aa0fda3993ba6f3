"""Judging rows: every row once, whatever interrupts it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.evaluation.figures.rates import Counts
from bot.evaluation.figures.summary import figures_of
from bot.evaluation.problem import CannotEvaluate
from bot.evaluation.runs.journal import Journal, read_predictions
from bot.evaluation.runs.manifest import Data, Manifest
from bot.evaluation.runs.run import judge_rows
from bot.evaluation.sets.row import LabelledRow
from classifier import Content, Effort, Judgement, JudgeRequest, Message, PolicyText, RuleText, Undecided
from classifier.scripted import ScriptedJudge, clear, violation
from classifier.verdict import UndecidedReason

POLICY = PolicyText(title="Made up", rules=(RuleText(id="R1", title="One"), RuleText(id="R2", title="Two")))


def rows_of(count: int) -> list[LabelledRow]:
    """Rows of which every third is a violation."""
    return [
        LabelledRow(
            number=number,
            id=number,
            content=Content(target=Message(text=f"text {number}")),
            labels={"flagged": number % 3 == 0},
            cluster=str(number),
        )
        for number in range(1, count + 1)
    ]


async def run(folder: Path, manifest: Manifest, judge: ScriptedJudge, rows: list[LabelledRow]) -> None:
    """Judge into a folder."""
    with Journal(folder, manifest) as journal:
        await judge_rows(judge, rows, journal, policy=POLICY, effort=Effort.LOW)


async def test_planted_errors_are_what_is_measured(tmp_path: Path, manifest_factory: Callable[..., Manifest]) -> None:
    """A judge that misses every fourth violation, alarms on every tenth clear row and is undecided on some."""

    def script(request: JudgeRequest) -> Judgement:
        number = int(request.content.target.text.removeprefix("text "))
        if number % 50 == 0:
            return Undecided(reason=UndecidedReason.UNREADABLE)
        flag = number % 12 != 0 if number % 3 == 0 else number % 10 == 0
        return violation("R2") if flag else clear()

    rows = rows_of(600)
    manifest = manifest_factory(data=Data(file="x", path="x", sha256="", rows=600))
    await run(tmp_path, manifest, ScriptedJudge(script), rows)
    found = figures_of(tmp_path, resamples=50)
    truth = [number for number in range(1, 601) if number % 50]
    expected = Counts(
        tp=sum(number % 3 == 0 and number % 12 != 0 for number in truth),
        fn=sum(number % 12 == 0 for number in truth),
        fp=sum(number % 3 != 0 and number % 10 == 0 for number in truth),
        tn=sum(number % 3 != 0 and number % 10 != 0 for number in truth),
    )
    assert found.main.counts == expected
    assert (found.main.undecided, found.undecided, found.missing) == (12, {"unreadable": 12}, 0)
    assert found.main.as_clear.fn == expected.fn + 4
    assert found.main.as_violation.fp == expected.fp + 8
    assert [(each.rule, each.named, each.right) for each in found.rules] == [
        ("R1", 0, 0),
        ("R2", expected.tp + expected.fp, expected.tp),
    ]


async def test_a_judge_that_goes_away_loses_no_answer(
    tmp_path: Path, manifest_factory: Callable[..., Manifest]
) -> None:
    """The run ends with one line; the next one asks only what has no answer."""
    rows = rows_of(300)
    with pytest.raises(CannotEvaluate, match=r"went away \(judge_unavailable\) after 120 answers"):
        await run(tmp_path, manifest_factory(), ScriptedJudge.of([clear()] * 120), rows)
    assert len(list(read_predictions(tmp_path))) == 120
    second = ScriptedJudge()
    await run(tmp_path, manifest_factory(), second, rows)
    assert len(second.requests) == 180
    assert sorted(each.row for each in read_predictions(tmp_path)) == list(range(1, 301))


async def test_as_many_rows_are_with_the_judge_as_it_takes(
    tmp_path: Path, manifest_factory: Callable[..., Manifest]
) -> None:
    """Cancelled in the middle of that, the run can go on."""
    judge = ScriptedJudge(gate=asyncio.Event())
    task = asyncio.create_task(run(tmp_path, manifest_factory(), judge, rows_of(300)))
    await judge.asked(96)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert len(judge.requests) == 96
    await run(tmp_path, manifest_factory(), ScriptedJudge(), rows_of(300))
    assert len(list(read_predictions(tmp_path))) == 300
