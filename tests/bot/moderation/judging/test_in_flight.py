"""What is being judged right now: one judgement at a time, and deletions meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from bot.moderation.judging.check import Check
from bot.moderation.judging.in_flight import JudgementsInFlight, MessagesInFlight
from bot.moderation.messages.message_seen import MessageSeen
from bot.moderation.policies.judge_requests import JudgeRequests
from classifier import Content, JudgeRequest, Lane, Message, Verdict, Way
from classifier.scripted import ScriptedJudge, clear, violation
from tests.bot.moderation.appeals.hall import hall_around

Factory = Callable[..., MessageSeen]


def test_a_deletion_is_remembered_while_judging(seen_factory: Factory) -> None:
    """Only messages under way are marked, and the mark goes with them."""
    under_way = MessagesInFlight()
    with under_way.while_judging(seen_factory()):
        under_way.mark_gone(frozenset({300, 301}))
        assert under_way.is_gone(seen_factory())
        assert not under_way.is_gone(seen_factory(message_id=301))
    assert not under_way.is_gone(seen_factory())


def test_a_deleted_channel_takes_its_messages_along(seen_factory: Factory) -> None:
    """Messages of other channels are not touched."""
    under_way = MessagesInFlight()
    there, elsewhere = seen_factory(), seen_factory(message_id=301, channel_id=21)
    with under_way.while_judging(there), under_way.while_judging(elsewhere):
        under_way.mark_channel_gone(20)
        assert under_way.is_gone(there)
        assert not under_way.is_gone(elsewhere)


def test_two_edits_of_one_message_share_the_mark(seen_factory: Factory) -> None:
    """The end of the first judgement does not forget what the second still needs."""
    under_way = MessagesInFlight()
    with under_way.while_judging(seen_factory(edit=1)):
        with under_way.while_judging(seen_factory()):
            under_way.mark_gone(frozenset({300}))
        assert under_way.is_gone(seen_factory(edit=1))


class Counting:
    """A script of a judge that knows how many questions it had at a time, at most. It answers once the gate is open."""

    def __init__(self, verdict: Callable[[], Verdict]) -> None:
        self._verdict = verdict
        self.gate = asyncio.Event()
        self.requests: list[JudgeRequest] = []
        self.now = self.most = 0

    async def __call__(self, request: JudgeRequest) -> Verdict:
        """Answer."""
        self.requests.append(request)
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            await self.gate.wait()
        finally:
            self.now -= 1
        return self._verdict()


async def until(condition: Callable[[], bool]) -> None:
    """Let the others go on until this holds."""
    for _ in range(200):
        if condition():
            return
        await asyncio.sleep(0)
    pytest.fail("it never came to that")


@pytest.mark.parametrize("verdict", [clear, lambda: violation("R1")])
@pytest.mark.parametrize("context", [False, True])
async def test_a_report_of_a_message_that_is_being_judged(
    desk_factory: Any, seen_factory: Factory, verdict: Callable[[], Verdict], context: bool
) -> None:
    """Live pipeline, twice, forty reports and a moderator's question: one question to the judge, one case at most."""
    judge = Counting(verdict)
    desk = await desk_factory(judge)
    hall = hall_around(desk, seen_factory)
    check = Check(
        judge=desk.judge, in_force=desk.in_force, cases=desk.cases, requests=JudgeRequests(), in_flight=desk.judgements
    )
    if context:
        judge.gate.set()
        await desk.pipeline.see(seen_factory(message_id=299, text="what do you think?"), own_id=1)
        judge.gate.clear()
    asked, cases = len(judge.requests), 0 if verdict is clear or not context else 1
    live = [asyncio.ensure_future(desk.pipeline.see(seen_factory(), own_id=1)) for _ in range(2)]
    await until(lambda: len(judge.requests) > asked)
    reports = [
        asyncio.ensure_future(hall.members.reporting.report(seen_factory(), reporter_id=number, own_id=1))
        for number in range(1000, 1040)
    ]
    checked = asyncio.ensure_future(check.check(seen_factory()))
    await asyncio.sleep(0.01)
    judge.gate.set()
    await asyncio.gather(*live, *reports, checked)
    assert (len(judge.requests) - asked, judge.most) == (1, 1)
    assert await desk.cases.get(1, cases + 1) is not None
    assert await desk.cases.get(1, cases + 2) is None


async def test_a_message_in_its_context_is_not_judged_by_an_answer_without_it(
    desk_factory: Any, seen_factory: Factory
) -> None:
    """A moderator asks first: the live judgement waits its turn, and asks for itself."""
    judge = Counting(clear)
    desk = await desk_factory(judge)
    judge.gate.set()
    await desk.pipeline.see(seen_factory(message_id=299, text="what do you think?"), own_id=1)
    judge.gate.clear()
    check = Check(
        judge=desk.judge, in_force=desk.in_force, cases=desk.cases, requests=JudgeRequests(), in_flight=desk.judgements
    )
    checked = asyncio.ensure_future(check.check(seen_factory()))
    await until(lambda: len(judge.requests) == 2)
    live = asyncio.ensure_future(desk.pipeline.see(seen_factory(), own_id=1))
    await asyncio.sleep(0.01)
    assert len(judge.requests) == 2
    judge.gate.set()
    await asyncio.gather(checked, live)
    assert (len(judge.requests), judge.most) == (3, 1)
    assert [len(request.content.context) for request in judge.requests[1:]] == [0, 1]


@pytest.mark.parametrize(("way", "questions"), [(Way.REASON, 1), (Way.PROBE, 2), (Way.PROBE_THEN_REASON, 2)])
async def test_a_guess_is_no_answer_to_a_question_that_is_thought_over(
    seen_factory: Factory, in_force: Any, way: Way, questions: int
) -> None:
    """A server that is behind gets first guesses for new messages; a moderator's question is thought over."""
    script, judgements = Counting(clear), JudgementsInFlight()
    judge = ScriptedJudge(script)
    request = JudgeRequest(policy=in_force.text, content=Content(target=Message(text="x")), lane=Lane.LIVE)
    first = asyncio.ensure_future(judgements.judge(seen_factory(), 33, judge, replace(request, way=way)))
    await asyncio.sleep(0)
    second = asyncio.ensure_future(judgements.judge(seen_factory(), 33, judge, request, in_any_context=True))
    await asyncio.sleep(0)
    script.gate.set()
    await asyncio.gather(first, second)
    assert (len(judge.requests), script.most) == (questions, 1)
