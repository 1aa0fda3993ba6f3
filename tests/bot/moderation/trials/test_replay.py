"""A case is judged again with exactly what the judge read then, whatever came with the message."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.keys import UNREADABLE
from bot.moderation.cases.case import Case, CaseKind
from bot.moderation.messages.content import content_of
from bot.moderation.messages.message_seen import Answered, MessageSeen
from bot.moderation.policies.judge_requests import JudgeRequests
from bot.moderation.trials.replay import CannotReplay, Replayed, message_of, replay
from classifier import JudgeRequest, Part, PartKind, Undecided, UndecidedReason
from classifier.scripted import ScriptedJudge, clear, violation

DeskFactory = Callable[..., Awaitable[Any]]
WORDS = st.text(min_size=1, max_size=20).filter(str.strip)


def flags(request: JudgeRequest) -> Any:
    """Everything breaks R1."""
    del request
    return violation("R1", score=0.9)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    text=WORDS,
    parts=st.lists(st.builds(Part, kind=st.sampled_from(PartKind), text=WORDS), max_size=3).map(tuple),
    titles=st.lists(WORDS, max_size=2).map(tuple),
    answers=st.none() | st.builds(Answered, message_id=st.just(9), author_id=st.sampled_from([7, 8]), text=WORDS),
    before=st.lists(WORDS, max_size=3),
    forwarded=st.booleans(),
)
async def test_the_judge_reads_the_same(
    desk_factory: DeskFactory, seen_factory: Callable[..., MessageSeen], before: list[str], **came: Any
) -> None:
    """Text, parts, titles, the message that it answers, and the lines before it."""
    desk = await desk_factory(flags)
    for number, line in enumerate(before):
        await desk.pipeline.see(seen_factory(message_id=100 + number, author_id=8, text=line), own_id=1)
    earlier = len(desk.judge.requests)
    handled = await desk.pipeline.see(seen_factory(message_id=300, **came), own_id=1)
    new = desk.judge.requests[earlier:]
    assert len(new) <= 1
    seen = message_of(handled.cases[0])
    assert isinstance(seen, MessageSeen)
    answered = new or desk.judge.requests  # a line before it that reads the same has its verdict already
    assert content_of(seen) in [request.content for request in answered]


async def test_what_is_the_same_is_said(desk_factory: DeskFactory, seen_factory: Callable[..., MessageSeen]) -> None:
    """The verdict and the judge, and what changed of them."""
    desk = await desk_factory(flags)
    case = (await desk.pipeline.see(seen_factory(), own_id=1)).cases[0]
    text = (await desk.policies.version(1, case.judged.version_id)).text

    async def again(answer: Any) -> dict[str, Any]:
        judge = ScriptedJudge(lambda _: answer)
        replayed = await replay(case, text, judge=judge, requests=JudgeRequests())
        assert isinstance(replayed, Replayed)
        return replayed.as_json()

    same = await again(violation("R1", score=0.9))
    assert (same["same_prompt"], same["same_model"], same["same_verdict"]) == (True, True, True)
    other = await again(clear())
    assert (other["same_model"], other["same_verdict"], other["now"]["outcome"]) == (True, False, "clear")
    none = await again(Undecided(reason=UndecidedReason.QUEUE_FULL))
    assert (none["same_prompt"], none["same_model"], none["same_verdict"]) == (False, False, False)
    assert none["now"]["reason"] == "queue_full"


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"kind": CaseKind.REPORT}, "rests on no verdict"),
        ({"text": None}, "texts are gone"),
        ({"text": UNREADABLE}, "present key"),
        ({"method": "conversation:reasoned"}, "whole conversation"),
    ],
)
def test_what_cannot_be_judged_again(case_factory: Callable[..., Case], changes: dict[str, Any], why: str) -> None:
    """A sentence says why."""
    case = case_factory()
    if "kind" in changes:
        case = replace(case, kind=changes["kind"])
    elif "method" in changes:
        case = replace(case, judged=replace(case.judged, **changes))
    else:
        case = replace(case, evidence=replace(case.evidence, **changes))
    answer = message_of(case)
    assert isinstance(answer, CannotReplay)
    assert why in answer.why


async def test_a_version_that_is_gone(case_factory: Callable[..., Case]) -> None:
    """There is nothing to judge by."""
    answer = await replay(case_factory(), None, judge=ScriptedJudge(flags), requests=JudgeRequests())
    assert isinstance(answer, CannotReplay)
    assert "version of the policy" in answer.why


def test_a_case_of_an_older_version(case_factory: Callable[..., Case]) -> None:
    """Its text is judged alone, and it is said that something may be missing."""
    case = case_factory(text="hm")
    assert case.evidence.reading is None
    seen = message_of(case)
    assert isinstance(seen, MessageSeen)
    assert seen.text == "hm"
    assert not Replayed(
        then=replace(case, judged=replace(case.judged, prompt_fingerprint=None)), now=clear(), whole=False
    ).same_prompt
