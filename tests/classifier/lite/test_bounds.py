"""What the lite judge keeps, and how much it works, is bounded; a long text holds nobody up."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import pytest

from classifier.content import Content, Message
from classifier.judge import JudgeRequest
from classifier.lite.judge import LiteJudge
from classifier.policy_text import PolicyText
from classifier.verdict import Verdict
from tests.classifier.lite.house_rules import POLICY, SCAMS, rule, verdict


async def test_only_so_many_policies_are_kept(policy_of: Callable[..., PolicyText]) -> None:
    """The least recently used policy makes room; it is simply read again when it comes back."""
    judge = LiteJudge()
    policies = [policy_of(violates=[f"selling account number {number}"]) for number in range(70)]
    for policy in [*policies, policies[0]]:
        answer = await judge.judge(JudgeRequest(policy=policy, content=Content(target=Message(text="hi"))))
        assert isinstance(answer, Verdict)
        assert answer.provenance.policy_fingerprint == policy.fingerprint
    assert len(judge._policies) == 64
    assert list(judge._policies)[-1] == policies[0].fingerprint


async def test_texts_that_were_read_are_kept_within_bounds() -> None:
    """A text is read once for all policies. However long or odd the texts, what is kept of them stays small."""
    judge = LiteJudge()
    other = PolicyText(title="Other rules", rules=(rule("R1", "Gold", ("buy my gold",), ()),))
    for text in ["", "good morning", *(f"{number} 規則\U0001f346 " * 2_000 for number in range(30))]:
        for policy in (POLICY, other):
            answer = await judge.judge(JudgeRequest(policy=policy, content=Content(target=Message(text=text))))
            assert isinstance(answer, Verdict)
    assert 0 < judge._readings.currsize <= judge._readings.maxsize
    assert len(judge._readings) < 30
    await judge.close()
    assert not judge._readings


@pytest.mark.parametrize(("length", "at_once"), [(900, True), (4_000, False), (20_000, False)])
async def test_a_long_text_does_not_hold_up_the_event_loop(length: int, *, at_once: bool) -> None:
    """It is judged in a thread: the loop goes on with other things at once."""
    request = JudgeRequest(policy=POLICY, content=Content(target=Message(text=("kill " * length)[:length])))
    asked = asyncio.create_task(LiteJudge().judge(request))
    await asyncio.sleep(0)
    assert asked.done() is at_once
    assert isinstance(await asked, Verdict)


async def test_long_texts_at_once_get_the_verdicts_that_they_get_alone() -> None:
    """Threads share what was read; none of them sees another's text."""
    chatter = "we played until three and the bridge level still beats me. "
    texts = [chatter * (20 + number) + (SCAMS[2] if number % 2 else "") for number in range(12)]
    requests = [JudgeRequest(policy=POLICY, content=Content(target=Message(text=text))) for text in texts * 2]
    judge = LiteJudge()
    answers = await asyncio.gather(*map(judge.judge, requests))
    broken = [answer.rule_ids for answer in answers if isinstance(answer, Verdict)]
    assert broken == [("R1",) if number % 2 else () for number in range(12)] * 2


@pytest.mark.parametrize(
    "text", ["kill ", "k1ll y0urself1 ", "kiiill l1ke ", "go.kill.", 'he said "kill ', "**k**i|l1|"]
)
async def test_the_work_for_a_text_is_bounded(text: str) -> None:
    """However long a text is and however many readings it has."""
    started = time.process_time()
    await verdict(text * 20_000)
    assert time.process_time() - started < 1.0
