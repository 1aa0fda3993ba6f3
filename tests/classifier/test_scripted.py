"""The scripted judge: it answers from its script, remembers what it was asked, and can be made to wait."""

from __future__ import annotations

import asyncio

import pytest

from classifier.content import Content, Message
from classifier.judge import JudgeRequest
from classifier.policy_text import PolicyText, RuleText
from classifier.scripted import ScriptedJudge, clear, violation
from classifier.verdict import Judgement, Method, Outcome, Undecided, UndecidedReason, Verdict

POLICY = PolicyText(title="A policy", rules=(RuleText(id="R1", title="One"), RuleText(id="R2", title="Two")))
LATE = Undecided(reason=UndecidedReason.DEADLINE, detail="too late")


def request(text: str = "hello") -> JudgeRequest:
    """A request about this text."""
    return JudgeRequest(policy=POLICY, content=Content(target=Message(text=text)))


async def test_without_a_script_everything_is_clear() -> None:
    """The verdict carries the policy it is about."""
    answer = await ScriptedJudge().judge(request())
    assert isinstance(answer, Verdict)
    assert answer.outcome is Outcome.CLEAR
    assert answer.provenance.method is Method.SCRIPTED
    assert answer.provenance.policy_fingerprint == POLICY.fingerprint


async def test_a_function_answers_by_what_it_is_asked() -> None:
    """The script sees the whole request; all requests are kept."""
    judge = ScriptedJudge(lambda asked: violation("R2") if "bad" in asked.content.target.text else clear())
    answers = [await judge.judge(request(text)) for text in ("fine", "bad")]
    assert [answer.rule_ids for answer in answers if isinstance(answer, Verdict)] == [(), ("R2",)]
    assert [asked.content.target.text for asked in judge.requests] == ["fine", "bad"]


async def test_a_coroutine_function_may_wait() -> None:
    """A script can be asynchronous."""

    async def script(asked: JudgeRequest) -> Judgement:
        await asyncio.sleep(0)
        return violation(["R1", "R2"], score=0.8, rationale="Because.", reasoning="Hm.")

    answer = await ScriptedJudge(script).judge(request())
    assert isinstance(answer, Verdict)
    assert (answer.rule_ids, answer.score, answer.rationale, answer.reasoning) == (("R1", "R2"), 0.8, "Because.", "Hm.")


async def test_a_list_is_answered_in_turn() -> None:
    """When the list is used up there is no verdict any more."""
    judge = ScriptedJudge.of([violation(), LATE, clear(rationale="Fine.")])
    answers = [await judge.judge(request()) for _ in range(4)]
    assert isinstance(answers[0], Verdict)
    assert answers[0].rationale == "The script says that this breaks R1."
    assert answers[1] is LATE
    assert isinstance(answers[2], Verdict)
    assert isinstance(answers[3], Undecided)
    assert answers[3].detail == "the script has ended"


async def test_a_rule_that_the_policy_lacks_is_no_verdict() -> None:
    """The script is held to what every judge promises."""
    answer = await ScriptedJudge.of([violation("R9")]).judge(request())
    assert isinstance(answer, Undecided)
    assert answer.reason is UndecidedReason.UNKNOWN_RULE


async def test_a_gate_holds_answers_back() -> None:
    """A test can look at what happens while the judge is busy."""
    gate = asyncio.Event()
    judge = ScriptedJudge(gate=gate)
    waiting = asyncio.create_task(judge.judge(request()))
    await judge.asked()
    assert not waiting.done()
    gate.set()
    assert isinstance(await waiting, Verdict)


async def test_a_test_can_wait_for_several_requests() -> None:
    """It goes on when the last of them is there."""
    judge = ScriptedJudge()
    watching = asyncio.create_task(judge.asked(2))
    await judge.judge(request())
    assert not watching.done()
    await judge.judge(request())
    await watching
    await judge.asked(2)


async def test_closing_ends_requests_under_way() -> None:
    """Whoever waits gets `Undecided`, and so does whoever asks later."""
    judge = ScriptedJudge(gate=asyncio.Event())
    waiting = asyncio.create_task(judge.judge(request()))
    await judge.asked()
    await judge.close()
    for answer in (await waiting, await judge.judge(request())):
        assert isinstance(answer, Undecided)
        assert answer.reason is UndecidedReason.JUDGE_UNAVAILABLE


async def test_cancelling_withdraws_the_request() -> None:
    """Nothing of it runs on."""
    judge = ScriptedJudge(gate=asyncio.Event())
    waiting = asyncio.create_task(judge.judge(request()))
    await judge.asked()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_a_mistake_in_the_script_is_passed_on() -> None:
    """An assertion inside a script fails the test that wrote it."""

    def script(asked: JudgeRequest) -> Judgement:
        raise AssertionError("wrong question")

    with pytest.raises(AssertionError, match="wrong question"):
        await ScriptedJudge(script).judge(request())
