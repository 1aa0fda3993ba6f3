"""When the judge changes, pins and decided cases are judged again, and what differs is reported once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from bot.moderation.cases.case import CaseState, Decision
from bot.moderation.messages.message_seen import MessageSeen
from bot.moderation.policies.judge_requests import JudgeRequests
from bot.moderation.trials.drift import Drift, DriftStores
from classifier import Judgement, JudgeRequest, Lane, Method, Undecided, UndecidedReason, Verdict, Way
from classifier.scripted import ScriptedJudge, clear, violation

Desk = Any  # the fixture's own class, which no test can import
SeenFactory = Callable[..., MessageSeen]


def flags_butlers(request: JudgeRequest) -> Judgement:
    """The judge as it was."""
    return violation("R1") if "butler" in request.content.target.text else clear()


@pytest.fixture
async def desk(desk_factory: Callable[..., Awaitable[Desk]], seen_factory: SeenFactory) -> Desk:
    """Two decided cases and a pin that holds, and the judge is known."""
    desk = await desk_factory(flags_butlers)
    for number, text in enumerate(("the old butler", "the young butler")):
        (case,) = (await desk.pipeline.see(seen_factory(message_id=300 + number, text=text), own_id=999)).cases
        decision = Decision(state=CaseState.VIOLATION, moderator_id=9, at=desk.now[0])
        await desk.cases.decide(1, case.number, decision)
    await desk.pins.add(1, "Spoilers", "it was the butler", rule_id="R1", actor_id=9)
    assert await desk.drift.check() == ()
    return desk


def with_judge(desk: Desk, answer: Callable[[JudgeRequest], Judgement], *, engine: str = "engine 1") -> Drift:
    """The next start, with another judge."""
    judge = ScriptedJudge(answer)
    desk.pins._judge = judge
    return Drift(
        DriftStores(marks=desk.drift._store, cases=desk.cases, servers=desk.servers, policies=desk.policies),
        judge=judge,
        requests=JudgeRequests(),
        pins=desk.pins,
        engine=engine,
        now=lambda: desk.now[0],
    )


def as_model(answer: Callable[[JudgeRequest], Judgement], name: str) -> Callable[[JudgeRequest], Judgement]:
    """The same answers, by a model of this name."""

    def answered(request: JudgeRequest) -> Judgement:
        verdict = answer(request)
        assert isinstance(verdict, Verdict)
        return replace(verdict, provenance=replace(verdict.provenance, method=Method.REASONED, judge=name))

    return answered


async def test_the_same_judge_is_no_drift(desk: Desk) -> None:
    """Nothing is judged but the question who is there."""
    desk.judge.requests.clear()
    assert await desk.drift.check() == ()
    assert [request.way for request in desk.judge.requests] == [Way.PROBE]  # a name needs no thinking


async def test_another_judge_that_agrees_is_remembered(desk: Desk) -> None:
    """Pins and cases are judged again, once, behind what was just posted, and nobody is told."""
    drift = with_judge(desk, as_model(flags_butlers, "gguf:new"))
    assert await drift.check() == ()
    judged = drift._judge.requests
    assert len(judged) == 4
    assert {request.lane for request in judged} == {Lane.AGAIN}
    assert await drift.check() == ()
    assert len(judged) == 5


async def test_differences_are_reported_until_told(desk: Desk) -> None:
    """The pin that fails now and the case that would be clear now, with its link; then never again."""

    def only_old(request: JudgeRequest) -> Judgement:
        return violation("R1") if "old" in request.content.target.text else clear(score=0.2)

    drift = with_judge(desk, as_model(only_old, "gguf:new"))
    (report,) = await drift.check()
    assert (report.guild_id, report.review_channel_id) == (1, 99)
    assert (report.before, report.now) == ("scripted:1", "gguf:new engine 1")
    assert [(each.case_number, each.score, each.score_now) for each in report.cases] == [(2, 0.97, 0.2)]
    assert report.cases[0].jump_link.endswith("/301")
    assert [(each.held, each.holds) for each in report.pins] == [(None, False)]
    assert report.in_words == "1 pinned examples and 2 decided cases were judged again: 2 of them differ."
    assert await drift.check() == (report,)
    await drift.told(report)
    assert await drift.check() == ()
    assert [pin.held for pin in await desk.pins.of(1, "Spoilers")] == [False]


async def test_a_pin_that_failed_before_is_no_drift(desk: Desk) -> None:
    """Overruled when it was published, it is not news."""
    (pin,) = await desk.pins.of(1, "Spoilers")
    await desk.pins.note_one(1, pin.id, holds=False)
    names_old = with_judge(
        desk,
        as_model(
            lambda request: (
                violation("R1")
                if "old" in request.content.target.text or "young" in request.content.target.text
                else clear()
            ),
            "gguf:new",
        ),
    )
    assert await names_old.check() == ()


async def test_another_engine_is_another_judge(desk: Desk) -> None:
    """For a model; a judge without one has no engine."""
    model = as_model(flags_butlers, "gguf:abc")
    assert await with_judge(desk, model).identity() == "gguf:abc engine 1"
    assert await with_judge(desk, model, engine="engine 2").identity() == "gguf:abc engine 2"
    assert await with_judge(desk, flags_butlers, engine="engine 2").identity() == "scripted:1"


async def test_a_judge_that_does_not_answer_is_asked_again(desk: Desk) -> None:
    """At the next start; and so is one that answers only some of it."""
    silent = Undecided(reason=UndecidedReason.JUDGE_UNAVAILABLE)
    assert await with_judge(desk, lambda _: silent).check() == ()
    model = as_model(flags_butlers, "gguf:new")
    drift = with_judge(desk, lambda request: silent if "butler" in request.content.target.text else model(request))
    assert await drift.check() == ()
    assert (await drift._store.mark(1)).identity == "scripted:1"
