"""The soak's bookkeeping, and a short soak through a real judge."""

from __future__ import annotations

import random

import pytest

from benchmarks.soak import Sample, Traffic, report, slope
from benchmarks.workload.tally import Tally
from classifier import Content, JudgeRequest, Message, Undecided, UndecidedReason
from classifier.lite.judge import LiteJudge


def test_growth_is_bytes_a_minute() -> None:
    """Ten bytes a second are 600 a minute; memory that stays has no slope."""
    samples = [Sample(float(second), 1_000 + 10 * second, 500) for second in range(60)]
    assert slope(samples, lambda sample: sample.parent) == pytest.approx(600)
    assert slope(samples, lambda sample: sample.child) == 0
    assert slope(samples[:1], lambda sample: sample.parent) == 0


async def test_every_request_comes_to_one_end() -> None:
    """Answers and cancellations add up to what was asked."""
    moving = Traffic(LiteJudge(), random.Random(1))
    for _ in range(25):
        await moving.ask()
    assert moving.tally.asked == 25
    assert (moving.tally.lost, moving.tally.twice) == (0, 0)


def test_a_request_without_an_end_is_lost() -> None:
    """What was asked and neither answered nor cancelled is counted."""
    tally = Tally(asked=3, verdicts=1, cancelled=1)
    assert tally.lost == 1
    tally.count(Undecided(reason=UndecidedReason.DEADLINE), Traffic(LiteJudge(), random.Random()).policies[0])
    assert tally.lost == 0
    assert tally.undecided == {"deadline": 1}


async def test_an_answer_about_another_policy_is_noticed() -> None:
    """A verdict carries the policy that it is about: another request's answer does not pass for one's own."""
    asked, other = Traffic(LiteJudge(), random.Random()).policies[:2]
    about_other = await LiteJudge().judge(JudgeRequest(policy=other, content=Content(target=Message(text="hello"))))
    tally = Tally(asked=1)
    tally.count(about_other, asked)
    assert tally.twice == 1


def test_the_report_counts_growth_from_a_quarter_on() -> None:
    """Caches fill in the first quarter; that is no leak."""
    samples = [Sample(float(second), 1_000_000 * min(second, 10), 5_000_000) for second in range(40)]
    result = report(Tally(asked=2, verdicts=2), samples, minutes=1.0, same_child=True)
    assert result["memory_mb"]["parent"] == {"at_25_percent": 10.0, "at_the_end": 10.0, "growth_per_minute": 0.0}
    assert (result["requests"], result["answered"], result["lost"], result["double"]) == (2, 2, 0, 0)
    assert not result["engine_restarted"]
