"""A verdict serves the same content again, for some minutes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from bot.moderation.cases.case import ContextLine
from bot.moderation.judging.in_flight import JudgementsInFlight
from bot.moderation.judging.verdict_source import VerdictCache, VerdictSource
from bot.moderation.messages.message_seen import Answered, MessageSeen
from bot.moderation.policies.judge_requests import JudgeRequests
from classifier import Judgement, JudgeRequest, Lane, Undecided, UndecidedReason, Verdict
from classifier.lite.judge import LiteJudge
from classifier.scripted import ScriptedJudge, clear, violation

Factory = Callable[..., MessageSeen]


def test_the_verdicts_is_remembered_for_a_while(seen_factory: Factory, verdict_factory: Callable[..., Verdict]) -> None:
    """Within the time the verdict comes back; after it, and for another version or text, none does."""
    clock = [100.0]
    verdicts = VerdictCache(lambda: clock[0], seconds=10)
    verdict = verdict_factory()
    verdicts.keep(33, seen_factory(), verdict)
    assert verdicts.find(33, seen_factory(message_id=301, author_id=8)) is verdict
    assert verdicts.find(34, seen_factory()) is None
    assert verdicts.find(33, seen_factory(text="another")) is None
    assert verdicts.find(33, seen_factory(forwarded=True)) is None
    clock[0] = 110.1
    assert verdicts.find(33, seen_factory()) is None


def test_the_memory_for_texts_is_bounded(seen_factory: Factory, verdict_factory: Callable[..., Verdict]) -> None:
    """The oldest verdict leaves first."""
    verdicts = VerdictCache(lambda: 0.0, kept=2)
    for text in ("a", "b", "c"):
        verdicts.keep(1, seen_factory(text=text), verdict_factory())
    assert verdicts.find(1, seen_factory(text="a")) is None
    assert verdicts.find(1, seen_factory(text="b")) is not None


def test_lone_surrogates_do_not_hurt(seen_factory: Factory, verdict_factory: Callable[..., Verdict]) -> None:
    """JSON can carry half a character; it has a digest like any other text."""
    verdicts = VerdictCache(lambda: 0.0)
    verdicts.keep(1, seen_factory(text="\ud800"), verdict_factory())
    assert verdicts.find(1, seen_factory(text="\ud800")) is not None


LINES = (ContextLine(author_id=9, text="shall we hurt him?"),)
ANSWERED = Answered(message_id=1, author_id=9, text="shall we hurt him?")


@pytest.mark.parametrize("around", [{"context": LINES}, {"answers": ANSWERED}, {"titles": ("games", "a raid")}])
def test_a_verdict_serves_the_same_whole_content(
    seen_factory: Factory, verdict_factory: Callable[..., Verdict], around: dict[str, object]
) -> None:
    """The lines before it, what it replies to and where it was posted are part of what was judged."""
    verdicts, verdict = VerdictCache(lambda: 0.0), verdict_factory()
    verdicts.keep(33, seen_factory(**around), verdict)
    assert verdicts.find(33, seen_factory(**around, message_id=301)) is verdict
    assert verdicts.find(33, seen_factory()) is None
    assert verdicts.broke_a_rule(33, seen_factory())
    assert not verdicts.broke_a_rule(34, seen_factory())


def context_matters(request: JudgeRequest) -> Judgement:
    """“Yes, do it” breaks a rule after a harmful question only; the butler always does."""
    content = request.content
    harmful = any("hurt" in each.text for each in content.context)
    guilty = "butler" in content.target.text or ("yes" in content.target.text and harmful)
    return violation("R1", rationale=f"{content.target.author} did it.") if guilty else clear()


@pytest.mark.parametrize("harmful_first", [True, False])
async def test_nobody_is_judged_by_what_others_talk_about(
    desk_factory: Any, seen_factory: Factory, harmful_first: bool
) -> None:
    """The same words are clear after one question and a violation after another, in either order."""
    desk = await desk_factory(context_matters)
    for number, harmful in enumerate((harmful_first, not harmful_first, harmful_first)):
        question = "shall we hurt him?" if harmful else "shall we order pizza?"
        asked = seen_factory(message_id=300 + 10 * number, channel_id=20 + number, author_id=9, text=question)
        await desk.pipeline.see(asked, own_id=5)
        answer = seen_factory(message_id=301 + 10 * number, channel_id=20 + number, author_id=number, text="yes, do it")
        handled = await desk.pipeline.see(answer, own_id=5)
        assert bool(handled.cases) is harmful


async def test_a_raid_costs_two_judgements_at_most(desk_factory: Any, seen_factory: Factory) -> None:
    """In a chat in which everybody talks: what breaks a rule by itself does so wherever it is posted."""
    desk = await desk_factory(context_matters)
    for number in range(20):
        for offset, (author, text) in enumerate(((9, f"hello {number}"), (100 + number, "the butler did it"))):
            seen = seen_factory(
                message_id=300 + 2 * number + offset,
                channel_id=20 + number % 3,
                author_id=author,
                text=text,
                titles=(f"channel {number % 3}",),
            )
            await desk.pipeline.see(seen, own_id=5)
    asked = [request for request in desk.judge.requests if "butler" in request.content.target.text]
    assert len(asked) == 2
    assert desk.tally.violations == 20
    case = await desk.cases.get(1, 20)
    assert case.judged.rationale == "A did it."
    assert case.judged.speakers == (("A", 119),)
    assert case.evidence.context


async def test_copies_at_once_wait_for_the_first_answer(desk_factory: Any, seen_factory: Factory) -> None:
    """A raid does not wait for the judge before it goes on."""
    gate = asyncio.Event()

    class Slow(ScriptedJudge):
        async def judge(self, request: JudgeRequest) -> Judgement:
            await gate.wait()
            return await super().judge(request)

    source = VerdictSource(
        judge=(judge := Slow(context_matters)),
        lite=LiteJudge(),
        requests=JudgeRequests(),
        backlog=(desk := await desk_factory(context_matters)).backlog,
        cache=VerdictCache(lambda: 0.0),
        in_flight=JudgementsInFlight(),
        cascade=desk.cascade,
    )
    (policy,) = await desk.in_force.of(1)
    asking = [
        asyncio.ensure_future(source.find(seen_factory(message_id=300 + number), policy, Lane.LIVE))
        for number in range(5)
    ]
    await asyncio.sleep(0)
    gate.set()
    found = await asyncio.gather(*asking)
    assert len(judge.requests) == 1
    assert [each.cached for each in found] == [False, True, True, True, True]


@pytest.mark.parametrize("reason", list(UndecidedReason))
def test_a_text_without_an_end_is_not_thought_about_again(reason: UndecidedReason, seen_factory: Factory) -> None:
    """It costs several budgets each time; other reasons may be gone with the next try."""
    verdicts = VerdictCache(lambda: 0.0)
    verdicts.keep(1, seen_factory(), Undecided(reason=reason))
    kept = verdicts.find(1, seen_factory(message_id=301)) is not None
    assert kept is (reason is UndecidedReason.THINKING_CUT)
