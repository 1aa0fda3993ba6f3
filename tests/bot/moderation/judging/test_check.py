"""A moderator asks how a message would be judged."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from bot.moderation.cases.case_file import CaseFiles
from bot.moderation.judging.check import Check
from bot.moderation.judging.in_flight import JudgementsInFlight
from bot.moderation.messages.message_seen import MessageSeen
from bot.moderation.policies.judge_requests import JudgeRequests
from bot.moderation.servers.permissions import Access, Person
from classifier import Effort, Lane, Verdict
from classifier.scripted import ScriptedJudge, clear


async def test_a_check_opens_no_case_and_jumps_the_queue(desk: Any, seen_factory: Callable[..., MessageSeen]) -> None:
    """The answer comes for each policy in force; nothing is kept; the lane is the interactive one."""
    check = Check(
        judge=desk.judge,
        in_force=desk.in_force,
        cases=desk.cases,
        requests=JudgeRequests(effort=Effort.HIGH),
        in_flight=JudgementsInFlight(),
    )
    result = await check.check(seen_factory())
    ((answer,), case) = (result.answers, result.case)
    assert isinstance(answer.judgement, Verdict)
    assert (answer.policy.name, case) == ("Spoilers", None)
    assert await desk.cases.get(1, 1) is None
    assert (desk.judge.requests[-1].lane, desk.judge.requests[-1].effort) == (Lane.INTERACTIVE, Effort.HIGH)


async def test_one_message_is_judged_once_at_a_time(desk: Any, seen_factory: Callable[..., MessageSeen]) -> None:
    """Forty people ask about it at once: one question, one answer for all. Its edit is another text; later is later."""
    gate = asyncio.Event()
    judge = ScriptedJudge(lambda _: clear(), gate=gate)
    check = Check(
        judge=judge, in_force=desk.in_force, cases=desk.cases, requests=JudgeRequests(), in_flight=JudgementsInFlight()
    )
    asking = [asyncio.create_task(check.check(seen_factory(), lane=Lane.LIVE)) for _ in range(40)]
    other = asyncio.create_task(check.check(seen_factory(edit=5)))
    await judge.asked(2)
    asking[0].cancel()
    gate.set()
    results = await asyncio.gather(*asking[1:], other)
    assert all(result.answers[0].judgement == results[0].answers[0].judgement for result in results)
    assert [request.lane for request in judge.requests] == [Lane.LIVE, Lane.INTERACTIVE]
    await check.check(seen_factory())
    assert len(judge.requests) == 3


async def test_a_check_that_nobody_waits_for_is_withdrawn(desk: Any, seen_factory: Callable[..., MessageSeen]) -> None:
    """The next one begins again instead of waiting for what was given up."""
    gate = asyncio.Event()
    judge = ScriptedJudge(lambda _: clear(), gate=gate)
    check = Check(
        judge=judge, in_force=desk.in_force, cases=desk.cases, requests=JudgeRequests(), in_flight=JudgementsInFlight()
    )
    asking = [asyncio.create_task(check.check(seen_factory())) for _ in range(2)]
    await judge.asked()
    for task in asking:
        task.cancel()
    await asyncio.gather(*asking, return_exceptions=True)
    gate.set()
    assert isinstance((await check.check(seen_factory())).answers[0].judgement, Verdict)
    assert len(judge.requests) == 2


async def test_a_check_names_the_case_that_is_there(desk: Any, seen_factory: Callable[..., MessageSeen]) -> None:
    """A message that was flagged before says so."""
    await desk.pipeline.see(seen_factory(), own_id=1000)
    check = Check(
        judge=desk.judge,
        in_force=desk.in_force,
        cases=desk.cases,
        requests=JudgeRequests(),
        in_flight=JudgementsInFlight(),
    )
    result = await check.check(seen_factory())
    assert result.case is not None
    assert result.case.number == 1


async def test_a_check_without_policies_has_no_answers(desk: Any, seen_factory: Callable[..., MessageSeen]) -> None:
    """A server without policies in force gets an empty answer, not an error."""
    check = Check(
        judge=desk.judge,
        in_force=desk.in_force,
        cases=desk.cases,
        requests=JudgeRequests(),
        in_flight=JudgementsInFlight(),
    )
    assert (await check.check(seen_factory(guild_id=2))).answers == ()


async def test_a_case_file_holds_the_rule_as_it_read_then(desk: Any, seen_factory: Callable[..., MessageSeen]) -> None:
    """After the rule was changed, the file of an older case shows the older rule, and the history in order."""
    await desk.pipeline.see(seen_factory(), own_id=1000)
    text = "# Spoilers\n\n## Rules\n### R1 Something else\nBreaks it: anything else.\n"
    await desk.policy_desk.save_draft(1, "Spoilers", text, seen_revision=None, seen_number=1, actor_id=9)
    await desk.policy_desk.publish(1, "Spoilers", actor_id=9)
    files = CaseFiles(cases=desk.cases, audit=desk.audit, policies=desk.policies)
    file = await files.find(1, 1)
    assert file is not None
    assert [rule.title for rule in file.rules] == ["Unmarked spoiler"]
    assert [entry.action.value for entry in file.history] == ["case_opened", "card_posted"]
    assert await files.find(1, 2) is None


async def test_access_asks_the_settings_of_this_moment(desk: Any) -> None:
    """The reviewer role of this server counts in this server only."""
    reviewer = Person(id=7, role_ids=frozenset({50}), manages_server=False, manages_messages=False)
    access = Access(desk.servers)
    assert await access.may_review(1, reviewer)
    assert not await access.may_review(2, reviewer)
