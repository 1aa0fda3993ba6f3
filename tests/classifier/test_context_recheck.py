"""Context helps to read and is never the ground of a verdict."""

from __future__ import annotations

from classifier import (
    Content,
    Judgement,
    JudgeRequest,
    Message,
    PolicyText,
    RuleText,
    Undecided,
    UndecidedReason,
    Verdict,
)
from classifier.context_recheck import judge_content
from classifier.scripted import ScriptedJudge, clear, violation

POLICY = PolicyText(title="A policy", rules=(RuleText(id="R1", title="One"),))
CONTEXT = (Message(author="A", text="foul"), Message(author="B", text="fouler"))
REQUEST = JudgeRequest(
    policy=POLICY, content=Content(target=Message(text="fine"), conversation=(Message(text="well"),), context=CONTEXT)
)


def blames(*numbers: int) -> Verdict:
    """A violation that names these messages."""
    return violation("R1", messages=numbers)


async def test_a_verdict_about_the_content_stands() -> None:
    """One question is enough, and messages of the context are not named in what comes of it."""
    judge = ScriptedJudge.of([blames(1, 4)])
    looked = await judge_content(judge, REQUEST)
    assert isinstance(looked.judgement, Verdict)
    assert (looked.judgement.messages, looked.blamed_context) == ((4,), None)
    assert len(judge.requests) == 1


async def test_a_clear_verdict_and_no_verdict_stand() -> None:
    """There is nobody to protect, so nothing is asked twice."""
    undecided = Undecided(reason=UndecidedReason.TOO_LONG)
    answers: list[Judgement] = [clear(), undecided]
    judge = ScriptedJudge.of(answers)
    assert isinstance((await judge_content(judge, REQUEST)).judgement, Verdict)
    assert (await judge_content(judge, REQUEST)).judgement == undecided
    assert len(judge.requests) == 2


async def test_blame_on_the_context_is_looked_at_again_without_it() -> None:
    """The second answer counts, the first is kept beside it."""
    judge = ScriptedJudge.of([blames(1, 2), clear()])
    looked = await judge_content(judge, REQUEST)
    assert isinstance(looked.judgement, Verdict)
    assert looked.judgement.rule_ids == ()
    assert looked.blamed_context is not None
    assert looked.blamed_context.messages == (1, 2)
    assert judge.requests[1].content == Content(target=Message(text="fine"), conversation=(Message(text="well"),))


async def test_the_second_answer_names_messages_as_they_were_numbered_first() -> None:
    """Whoever reads the verdict knows one numbering only."""
    looked = await judge_content(ScriptedJudge.of([blames(1), blames(2)]), REQUEST)
    assert isinstance(looked.judgement, Verdict)
    assert looked.judgement.messages == (4,)


async def test_no_second_answer_is_no_verdict() -> None:
    """A judge that is gone by then leaves the message undecided."""
    looked = await judge_content(ScriptedJudge.of([blames(1)]), REQUEST)
    assert isinstance(looked.judgement, Undecided)
    assert looked.blamed_context is not None
