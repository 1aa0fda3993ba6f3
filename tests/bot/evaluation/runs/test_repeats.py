"""Rows judged again: every question once, whatever interrupts it, and in the company that was asked for."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.evaluation.problem import CannotEvaluate
from bot.evaluation.runs.repeats import (
    FILE,
    Circumstance,
    Repeat,
    RepeatJournal,
    Stage,
    judge_again,
    read_repeat,
    read_repeats,
    stages,
)
from bot.evaluation.sets.row import LabelledRow
from classifier import Content, Effort, Judge, Judgement, JudgeRequest, Message, PolicyText, RuleText, Undecided
from classifier.scripted import ScriptedJudge, clear, violation
from classifier.verdict import UndecidedReason

POLICY = PolicyText(title="Made up", rules=(RuleText(id="R1", title="One"),))


def rows_of(count: int) -> list[LabelledRow]:
    """Rows with their number as text."""
    return [
        LabelledRow(
            number=n, id=n, content=Content(target=Message(text=str(n))), labels={"flagged": True}, cluster=str(n)
        )
        for n in range(1, count + 1)
    ]


async def ask(folder: Path, judge: Judge, rows: list[LabelledRow], stage: Stage, start: str = "a") -> None:
    """One stage into a folder."""
    with RepeatJournal(folder) as journal:
        await judge_again(judge, rows, journal, stage=stage, start=start, policy=POLICY, effort=Effort.LOW)


def test_what_each_start_of_the_judge_is_asked() -> None:
    """The first one alone and beside others, each further one once a row."""
    first, second, third = stages(repeat=3, beside=31)
    assert [(each.circumstance.value, list(each.numbers), each.beside) for each in (*first, *second, *third)] == [
        ("alone", [1, 2, 3], 0),
        ("beside", [1, 2, 3], 31),
        ("restarted", [2], 0),
        ("restarted", [3], 0),
    ]
    assert len(stages(repeat=2, beside=0)[0]) == 1


async def test_alone_is_alone_and_beside_is_beside(tmp_path: Path) -> None:
    """This many other requests are with the judge during every recorded answer, the first and last included."""
    now, seen = 0, list[int]()

    async def script(_: JudgeRequest) -> Judgement:
        nonlocal now
        now += 1
        most = now
        for _turn in range(5):  # the others arrive
            await asyncio.sleep(0)
            most = max(most, now)
        seen.append(most)
        now -= 1
        return clear()

    rows = rows_of(20)
    alone, beside = stages(repeat=3, beside=7)[0]
    await ask(tmp_path, ScriptedJudge(script), rows, alone)
    assert set(seen) == {1}
    seen.clear()
    await ask(tmp_path, ScriptedJudge(script), rows, beside)
    assert set(seen) == {8}
    found = Counter((each.circumstance, each.number, each.row) for each in read_repeats(tmp_path))
    assert (len(found), set(found.values())) == (120, {1})


async def test_what_was_interrupted_goes_on(tmp_path: Path) -> None:
    """At whatever answer: none is lost and none doubled."""
    rows = rows_of(30)
    for stage in stages(repeat=3, beside=4)[0]:
        for cut in (1, 17, 50):
            with pytest.raises(CannotEvaluate, match="went away"):
                await ask(tmp_path, ScriptedJudge.of([clear()] * cut), rows, stage)
        await ask(tmp_path, ScriptedJudge(), rows, stage)
    assert Counter(each.key for each in read_repeats(tmp_path)).most_common(1)[0][1] == 1
    assert len(read_repeats(tmp_path)) == 180
    judge = ScriptedJudge()
    await ask(tmp_path, judge, rows, stages(repeat=3, beside=4)[0][0])
    assert judge.requests == []


async def test_more_repeats_are_added_to_those_that_there_are(tmp_path: Path) -> None:
    """Of another company, too."""
    rows = rows_of(4)
    await ask(tmp_path, ScriptedJudge(), rows, stages(repeat=2, beside=3)[0][1])
    await ask(tmp_path, ScriptedJudge(), rows, stages(repeat=3, beside=3)[0][1])
    await ask(tmp_path, ScriptedJudge(), rows, stages(repeat=2, beside=1)[0][1])
    assert Counter(each.beside for each in read_repeats(tmp_path)) == {3: 12, 1: 8}


async def test_answers_are_kept_whole(tmp_path: Path) -> None:
    """Verdict, rules and score; a cut last line is asked again, a broken one before it is told."""
    answers = iter([violation("R1", score=0.9), Undecided(reason=UndecidedReason.UNREADABLE), clear(score=0.1)])
    stage = Stage(circumstance=Circumstance.ALONE, numbers=range(1, 4))
    await ask(tmp_path, ScriptedJudge(lambda _: next(answers)), rows_of(1), stage)
    found = read_repeats(tmp_path)
    assert [(each.outcome, each.rules, each.score) for each in found] == [
        ("violation", ("R1",), 0.9),
        ("undecided", (), None),
        ("clear", (), 0.1),
    ]
    path = tmp_path / FILE
    path.write_bytes(path.read_bytes()[:-5])
    assert [each.number for each in read_repeats(tmp_path)] == [1, 2]
    await ask(tmp_path, ScriptedJudge(), rows_of(1), stage)
    assert [each.number for each in read_repeats(tmp_path)] == [1, 2, 3]
    path.write_bytes(b"{}\n" + path.read_bytes())
    with pytest.raises(CannotEvaluate, match="line 1 is broken"):
        read_repeats(tmp_path)


@pytest.mark.parametrize("line", [b"[]", b"{}", b"nonsense", b'{"outcome":"clear"}', b'{"outcome":"clear","rules":[]}'])
def test_what_is_no_answer_is_refused(line: bytes) -> None:
    """Without a traceback of another kind."""
    with pytest.raises(ValueError, match=r".*"):
        read_repeat(line)


def test_a_run_without_repeats_has_none(tmp_path: Path, repeat_factory: Callable[..., Repeat]) -> None:
    """And a folder in the place of the file is told."""
    assert read_repeats(tmp_path) == []
    assert repeat_factory(1).key == (Circumstance.ALONE, 0, 1, 1)
    (tmp_path / FILE).mkdir()
    with pytest.raises(CannotEvaluate, match="cannot be read"):
        read_repeats(tmp_path)
