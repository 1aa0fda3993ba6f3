"""A clear verdict from thinking that was cut is judged again once, and never passes for one thought to its end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from classifier.judge import Effort, JudgeRequest, Lane, Way
from classifier.llama.client.in_flight import Entry
from classifier.llama.client.judge import MARGIN_S, LlamaJudge
from classifier.llama.client.second_look import needs_second_look, settled
from classifier.llama.client.token_estimate import estimated_reply_tokens, estimated_tokens
from classifier.llama.options import ReasoningTokens
from classifier.policy_text import PolicyText
from classifier.verdict import Judgement, Method, Outcome, Provenance, Undecided, UndecidedReason, Verdict

Ask = Callable[..., JudgeRequest]
StartFake = Callable[..., Awaitable[LlamaJudge]]


def verdict(outcome: Outcome, method: Method) -> Verdict:
    return Verdict(
        outcome=outcome,
        rule_ids=("R1",) if outcome is Outcome.VIOLATION else (),
        score=0.9 if outcome is Outcome.VIOLATION else 0.1,
        rationale="",
        provenance=Provenance(method=method, judge="j", policy_fingerprint="p"),
    )


def reason(judgement: Judgement) -> UndecidedReason:
    assert isinstance(judgement, Undecided), judgement
    return judgement.reason


@pytest.mark.parametrize("method", list(Method))
async def test_only_a_clear_verdict_from_cut_thinking_is_judged_again(method: Method, ask: Ask) -> None:
    """A violation goes to moderators anyway, and what was thought to its end is not doubted."""
    entry = Entry(request=ask(), since=0.0)
    clear, violation = verdict(Outcome.CLEAR, method), verdict(Outcome.VIOLATION, method)
    assert needs_second_look(entry, clear, ReasoningTokens()) is (method is Method.CUT)
    assert not needs_second_look(entry, violation, ReasoningTokens())
    assert not needs_second_look(entry, Undecided(reason=UndecidedReason.UNREADABLE), ReasoningTokens())
    assert not needs_second_look(entry, clear, ReasoningTokens.fixed(64))
    assert settled(entry, violation) == violation


async def test_a_second_look_decides_or_nobody_does(ask: Ask) -> None:
    """Thought to its end it counts, a violation counts; cut again or too late it is no verdict."""
    entry = Entry(request=ask(), since=0.0, again=True)
    for judgement in (
        verdict(Outcome.CLEAR, Method.REASONED),
        verdict(Outcome.VIOLATION, Method.CUT),
        Undecided(reason=UndecidedReason.UNREADABLE),
    ):
        assert settled(entry, judgement) == judgement
    cut = verdict(Outcome.CLEAR, Method.CUT)
    assert not needs_second_look(entry, cut, ReasoningTokens())
    assert reason(settled(entry, cut)) is UndecidedReason.THINKING_CUT
    assert reason(settled(entry, Undecided(reason=UndecidedReason.DEADLINE))) is UndecidedReason.THINKING_CUT


async def test_a_clear_verdict_that_was_cut_is_asked_again(
    start_fake: StartFake, ask: Ask, asked: Callable[[], list[str]]
) -> None:
    """The caller hears the second answer only."""
    judge = await start_fake()
    answer = await judge.judge(ask("cut once"))
    assert isinstance(answer, Verdict)
    assert answer.provenance.method is Method.SCRIPTED
    assert asked() == ["cut once", "again: cut once"]


async def test_one_that_is_cut_again_gets_no_verdict(
    start_fake: StartFake, ask: Ask, asked: Callable[[], list[str]]
) -> None:
    """It is asked twice, not more often: confusing text has a bounded price and buys nothing."""
    judge = await start_fake()
    assert await judge.judge(ask("cut")) == Undecided(
        reason=UndecidedReason.THINKING_CUT, detail="it was cut again with a larger budget"
    )
    assert asked() == ["cut", "again: cut"]


async def test_a_second_look_lets_new_messages_go_first(
    start_fake: StartFake, ask: Ask, asked: Callable[[], list[str]]
) -> None:
    """It waits in the lane of second turns; a moderator's question keeps its place."""
    judge = await start_fake()
    requests = [ask("cut"), *(ask(f"live {number}") for number in range(3))]
    await asyncio.gather(*(judge.judge(request) for request in requests))
    assert asked() == ["cut", "live 0", "live 1", "live 2", "again: cut"]
    await asyncio.gather(judge.judge(ask("cut", lane=Lane.INTERACTIVE)), judge.judge(ask("live 3")))
    assert asked()[5:] == ["cut", "again: cut", "live 3"]


async def until_asked_again(judge: LlamaJudge) -> None:
    """Let things go on until a second look is in the engine."""
    while not any(entry.again for entry in judge._flight.entries):  # noqa: ASYNC110  # nobody tells when it is sent
        await asyncio.sleep(0)


async def test_a_second_look_that_is_late_is_no_new_turn(start_fake: StartFake, ask: Ask, clock: Any) -> None:
    """The deadline is that of the request. It is not told as a missed one, after which it would be judged again."""
    judge = await start_fake()
    waiting = asyncio.create_task(judge.judge(ask("cut forever", deadline_s=30)))
    await until_asked_again(judge)
    await clock.let_pass(30)
    await clock.let_pass(MARGIN_S)
    answer = await waiting
    assert answer == Undecided(reason=UndecidedReason.THINKING_CUT, detail="it did not finish within 30 seconds")


async def test_a_second_look_without_room_in_the_queue_is_no_verdict(start_fake: StartFake, ask: Ask) -> None:
    """The limits hold for it, too: a flood of confusing texts fills its own server's queue and nothing else."""
    judge = await start_fake(queue_per_server=1)
    held, waits = (asyncio.create_task(judge.judge(ask(text, lane=Lane.AGAIN))) for text in ("hold", "waits"))
    await asyncio.sleep(0)
    cut = asyncio.create_task(judge.judge(ask("cut")))
    await asyncio.sleep(0)
    held.cancel()
    assert await cut == Undecided(
        reason=UndecidedReason.THINKING_CUT, detail="1 requests of this server are already waiting"
    )
    assert isinstance(await waits, Verdict)


async def test_a_second_look_is_over_when_the_judge_is_closed(start_fake: StartFake, ask: Ask) -> None:
    """The message waits for another turn, as after any closing."""
    judge = await start_fake()
    waiting = asyncio.create_task(judge.judge(ask("cut forever")))
    await until_asked_again(judge)
    await judge.close()
    assert reason(await waiting) is UndecidedReason.JUDGE_UNAVAILABLE


async def test_a_judge_that_is_about_to_close_begins_no_second_look(start_fake: StartFake, ask: Ask) -> None:
    """What is being computed may end; the message waits for its next turn, and no clear verdict goes out."""
    judge = await start_fake()
    waiting = asyncio.create_task(judge.judge(ask("cut")))
    await asyncio.sleep(0)
    assert await judge.drain(10) == 0
    assert reason(await waiting) is UndecidedReason.JUDGE_UNAVAILABLE


def test_a_second_look_costs_its_server_what_its_budget_is(ask: Ask, three_rules: PolicyText) -> None:
    """Turns go by tokens, so a server whose members post confusing texts waits longer itself."""
    budgets = ReasoningTokens()
    request = ask("hello", effort=Effort.MEDIUM)
    first, again = (estimated_tokens(request, budgets, again=again) for again in (False, True))
    budget = budgets.of(Effort.MEDIUM, rules=len(three_rules.rule_ids))
    assert again - first == 4 * budget / 2 - budget / 8
    assert estimated_reply_tokens(ask(way=Way.PROBE), budgets) == 8


def test_every_message_of_a_request_costs(ask: Ask) -> None:
    """Context, conversation and what came with a message are read as well."""
    budgets = ReasoningTokens()
    alone, together = (estimated_tokens(ask("hello", context=context), budgets) for context in ((), ("x" * 400,)))
    assert together - alone == 100 + 20
