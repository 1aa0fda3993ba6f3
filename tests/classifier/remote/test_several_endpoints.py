"""Several servers with one model: who is asked, who is left alone, and that no request gets two verdicts."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from classifier.content import Content, Message
from classifier.judge import JudgeRequest
from classifier.policy_text import PolicyText, RuleText
from classifier.remote.client.judge import RemoteJudge
from classifier.remote.options import Limits, Times
from classifier.verdict import Judgement, Undecided, Verdict
from tests.fakes.model_server import ModelServer

Serve = Callable[..., Awaitable[ModelServer]]
Remote = Callable[..., RemoteJudge]


def about(policy: int, text: str = "hello", **more: Any) -> JudgeRequest:
    rule = RuleText(id="R1", title=f"Rule {policy}", breaks_it="offering it")
    return JudgeRequest(
        policy=PolicyText(title="Trading", rules=(rule,)), content=Content(target=Message(text=text)), **more
    )


def judgements(server: ModelServer) -> int:
    """How often a server was asked to write; health checks ask for other things."""
    return sum(path == "/completion" for path, _ in server.asked)


def outcome(judgement: Judgement) -> str:
    return judgement.outcome if isinstance(judgement, Verdict) else judgement.reason


async def until(happened: Callable[[], bool]) -> None:
    """Wait for a health check to have seen something."""
    for _ in range(500):
        if happened():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("no health check saw it")


async def started(serve: Serve, remote: Remote, count: int, **more: Any) -> tuple[list[ModelServer], RemoteJudge]:
    servers = [await serve("llama") for _ in range(count)]
    judge = remote(*(server.url for server in servers), **more)
    await judge.start()
    for server in servers:
        server.asked.clear()
    return servers, judge


async def test_a_policy_stays_with_its_endpoint(serve: Serve, remote: Remote) -> None:
    """So its prefix is computed once; different policies are spread over all."""
    servers, judge = await started(serve, remote, 2)
    homes = []
    for policy in range(14):  # that all of them have one home by chance is too unlikely to happen
        for text in ("one", "two"):
            await judge.judge(about(policy, text))
        homes.append([bool(server.asked) for server in servers])
        for server in servers:
            server.asked.clear()
    assert all(sum(used) == 1 for used in homes)
    assert {used.index(True) for used in homes} == {0, 1}


async def test_a_busy_endpoint_gets_help(serve: Serve, remote: Remote) -> None:
    """Many requests under one policy do not wait for one server while another one idles."""
    servers, judge = await started(serve, remote, 2)
    for server in servers:
        server.delay = 0.05
    await asyncio.gather(*(judge.judge(about(1, f"text {number}")) for number in range(8)))
    assert all(server.asked for server in servers)


async def test_a_dead_endpoint_costs_no_verdict(serve: Serve, remote: Remote) -> None:
    """A request that fails on one is judged on another one, from the beginning, and answered once."""
    servers, judge = await started(serve, remote, 2, times=Times(check_every=60, retry=0.01), limits=Limits(failures=1))
    answers = [await judge.judge(about(policy)) for policy in range(12)]
    await servers[0].stop()
    again = [await judge.judge(about(policy)) for policy in range(12)]
    await servers[0].start()
    assert all(isinstance(answer, Verdict) for answer in again)
    assert list(map(outcome, answers)) == list(map(outcome, again))
    down, up = judge.endpoints
    assert "cannot be reached" in down.trouble
    assert not up.trouble


async def test_a_failing_endpoint_is_left_alone_and_comes_back(serve: Serve, remote: Remote) -> None:
    """After some failed requests in a row nothing is sent there until a health check succeeds."""
    times, limits = Times(check_every=0.4, retry=0.01), Limits(failures=2)
    servers, judge = await started(serve, remote, 1, times=times, limits=limits)
    servers[0].status = 500
    for _ in range(2):
        assert isinstance(await judge.judge(about(1)), Undecided)
    sent = judgements(servers[0])
    assert isinstance(await judge.judge(about(1)), Undecided)
    assert judgements(servers[0]) == sent
    servers[0].status = 200
    await until(lambda: not judge.endpoints[0].trouble)
    assert isinstance(await judge.judge(about(1)), Verdict)


async def test_one_request_does_not_condemn_an_endpoint(serve: Serve, remote: Remote) -> None:
    """However often it is tried there, it counts as one failure."""
    servers, judge = await started(serve, remote, 1, times=Times(check_every=60, retry=0.01), limits=Limits(attempts=5))
    servers[0].status = 500
    assert isinstance(await judge.judge(about(1)), Undecided)
    assert len(servers[0].asked) == 5
    assert not judge.endpoints[0].trouble


async def test_two_models_behind_one_name(serve: Serve, remote: Remote) -> None:
    """The first one in the settings is meant; the other one is left out until it serves the same."""
    servers = [await serve("llama") for _ in range(2)]
    servers[1].size = 2
    judge = remote(*(server.url for server in servers))
    await judge.start()
    first, second = judge.endpoints
    assert not first.trouble
    assert "give all endpoints the same model" in second.trouble
    assert isinstance(await judge.judge(about(1)), Verdict)
    servers[1].size = 1
    await until(lambda: not second.trouble)


async def test_another_model_on_the_only_endpoint_is_another_judge(serve: Serve, remote: Remote) -> None:
    """What verdicts name as their judge changes, so that drift is noticed."""
    servers, judge = await started(serve, remote, 1)
    before = judge.endpoints[0].endpoint.served
    servers[0].size = 2
    await until(lambda: judge.endpoints[0].endpoint.served not in (before, None))
    after = await judge.judge(about(1))
    assert before is not None
    assert isinstance(after, Verdict)
    assert after.provenance.judge != before.judge


async def test_no_request_is_answered_by_two_servers(serve: Serve, remote: Remote) -> None:
    """With servers that fail now and then, the number of first steps is the number of attempts: none runs beside."""
    servers, judge = await started(serve, remote, 2, times=Times(check_every=0.05, retry=0.01))

    async def stumble() -> None:
        for number in range(20):
            servers[number % 2].status = 500
            await asyncio.sleep(0.01)
            servers[number % 2].status = 200

    stumbling = asyncio.create_task(stumble())
    answers = await asyncio.gather(*(judge.judge(about(number % 3, f"text {number}")) for number in range(12)))
    await stumbling
    assert len(answers) == 12
    prompts = [tuple(body["prompt"]) for server in servers for path, body in server.asked if path == "/completion"]
    longest = max(prompts.count(prompt) for prompt in prompts)
    assert longest <= Limits().attempts * 2  # a step is repeated only by an attempt; a digit may take two questions
