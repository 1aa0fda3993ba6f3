"""The cascade's measurements over an engine are right about what they count."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from typing import Any

import pytest

from benchmarks.cascade.drawn_verdicts import DrawnVerdicts
from benchmarks.cascade.memory import looks_of
from benchmarks.cascade.screened_traffic import POLICIES, CountingJudge, ScreenedTraffic, budgets_of
from benchmarks.cascade.simulation import Replies, Setting
from benchmarks.cascade.whole import Whole
from benchmarks.workload.traffic import policies
from classifier import (
    Content,
    Effort,
    JudgeRequest,
    Message,
    Outcome,
    Provenance,
    Undecided,
    UndecidedReason,
    Verdict,
    Way,
)
from classifier.scripted import NAME, ScriptedJudge, clear, violation
from classifier.verdict import Method

SETTING = Setting(recall=0.95, auc=0.98, prevalence=0.2)


def ask(text: str, way: Way = Way.REASON) -> JudgeRequest:
    """A question about a text."""
    return JudgeRequest(policy=policies(1)[0], content=Content(target=Message(text=text)), way=way)


async def test_drawn_verdicts_are_always_the_same_for_a_text() -> None:
    """As many violations as was set, the look's scores as far apart as the AUC says, and the engine asked each time."""
    engine = ScriptedJudge(lambda _: violation(messages=(1,)))
    judge = DrawnVerdicts(engine, SETTING)
    texts = [f"text {number}" for number in range(600)]
    verdicts = [await judge.judge(ask(text)) for text in texts]
    assert verdicts == [await judge.judge(ask(text)) for text in texts]
    assert len(engine.requests) == 1_200
    broken = [judge.drawn(text).violation for text in texts]
    assert sum(broken) / len(broken) == pytest.approx(0.2, abs=0.05)
    for text, verdict in zip(texts, verdicts, strict=True):
        assert isinstance(verdict, Verdict)
        assert (verdict.outcome is Outcome.VIOLATION) == judge.breaks(text, policies(1)[0])
    looks = [await judge.judge(ask(text, Way.SCREEN)) for text in texts]
    scores = [look.score for look in looks if isinstance(look, Verdict)]
    high = [score for score, is_broken in zip(scores, broken, strict=True) if is_broken]
    low = [score for score, is_broken in zip(scores, broken, strict=True) if not is_broken]
    pairs = [one > other for one in high for other in low]
    assert sum(pairs) / len(pairs) == pytest.approx(0.98, abs=0.02)


async def test_what_the_engine_cannot_answer_is_passed_on() -> None:
    """No verdict is drawn where there is none."""
    why = Undecided(reason=UndecidedReason.TOO_LONG)
    assert await DrawnVerdicts(ScriptedJudge(lambda _: why), SETTING).judge(ask("hello")) == why


def settles(request: JudgeRequest) -> Verdict:
    """What an engine says: how it was asked can be told from the verdict."""
    if request.way is not Way.SCREEN:
        return clear()
    provenance = Provenance(method=Method.SCREENED, judge=NAME, policy_fingerprint=request.policy.fingerprint)
    return Verdict(outcome=Outcome.CLEAR, rule_ids=(), score=0.5, rationale="", provenance=provenance)


async def test_every_message_comes_to_one_end_behind_the_look() -> None:
    """Settled, judged or given up, and nothing twice; about half of the servers have a look that settles messages."""
    moving = ScreenedTraffic(ScriptedJudge(settles), random.Random(1))
    for server in range(2):
        await moving._teach(server)
    await asyncio.gather(*(moving.ask() for _ in range(60)))
    figures = moving.figures()
    assert moving.tally.asked == 60 * POLICIES
    assert (moving.tally.lost, figures["double"]) == (0, 0)
    assert figures["settled_by_the_look"] > 10
    assert figures["judged_under_each_policy"] > 10


async def test_a_message_that_is_reasoned_about_twice_is_noticed() -> None:
    """Also where its verdicts look right."""
    judge = CountingJudge(ScriptedJudge())
    for _ in range(2):
        await judge.judge(ask("hello"))
    await judge.judge(ask("hello", Way.SCREEN))
    assert (max(judge.reasoned.values()), max(judge.looked.values())) == (2, 1)


def test_the_real_lengths_become_three_budgets() -> None:
    """The mean of each third, so that their mean is that of all."""
    budgets = budgets_of(Replies(clear=(10, 20, 30, 40), violation=(500, 700)))
    assert (budgets.low, budgets.medium, budgets.high) == (15, 35, 600)
    assert budgets.of(Effort.HIGH, rules=9, messages=4) == 600


def test_looks_come_as_zipf_says() -> None:
    """The first of 20 servers has 28 % of them, and each has policies of its own."""
    counted = Counter(request.policy.fingerprint for request in looks_of(20, 1_000))
    assert len(counted) == 20
    assert counted.most_common(1)[0][1] / 1_000 == pytest.approx(1 / sum(1 / n for n in range(1, 21)), abs=0.05)
    assert len({request.policy.fingerprint for request in looks_of(1, 10)}) == 1


def test_ratios_are_per_message() -> None:
    """Six over one, and llama-server over the whole."""
    figures: dict[str, Any] = Whole(
        rounds=1,
        messages=64,
        thinking_tokens=200,
        skipped=0.8,
        probes_settled=0.8,
        one_policy=1.0,
        six=1.4,
        six_probed=0.5,
        llama_server_six=7.0,
        load=(0.0, 2.0),
    ).figures()
    assert figures["cost_six_policies_over_one"] == 1.4
    assert figures["times_llama_server"] == 5.0
    assert figures["times_llama_server_probed"] == 14.0
