"""What an operator reads when a server cannot be used, and that everything goes on when it can."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from classifier.content import Content, Message
from classifier.judge import JudgeRequest
from classifier.policy_text import PolicyText, RuleText
from classifier.remote.address import base_url, travels_in_the_open
from classifier.remote.client.judge import RemoteJudge
from classifier.remote.errors import RemoteStartError
from classifier.remote.options import Limits, Mode, Times
from classifier.verdict import Undecided, UndecidedReason, Verdict
from tests.fakes.model_server import MODEL, ModelServer

POLICY = PolicyText(title="Trading", rules=(RuleText(id="R1", title="Selling", breaks_it="offering it"),))
SECRET = "sk-very-secret"
Serve = Callable[..., Awaitable[ModelServer]]
Remote = Callable[..., RemoteJudge]


def about(text: str = "hello", **more: Any) -> JudgeRequest:
    return JudgeRequest(policy=POLICY, content=Content(target=Message(text=text)), **more)


async def complaint(judge: RemoteJudge) -> str:
    """What starting the judge says."""
    with pytest.raises(RemoteStartError) as caught:
        await judge.start()
    line = str(caught.value)
    assert "\n" not in line
    assert SECRET not in line
    return line


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("gpu1:8000", "must begin with http:// or https://"),
        ("ftp://gpu1", "must begin with http:// or https://"),
        ("http://user:pass@gpu1", "BYLAW_REMOTE_KEY"),
        ("http://gpu1?key=1", "has no ? or #"),
        ("http://[gpu1", "must look like"),
        ("http://gpu1:99999", "must look like"),
    ],
)
def test_an_address_that_is_none_is_told_without_it(given: str, says: str) -> None:
    """It may hold a password, so it is not repeated."""
    with pytest.raises(ValueError, match=re.escape(says)) as caught:
        base_url(given)
    assert "user:pass" not in str(caught.value)


def test_addresses_are_taken_with_and_without_the_version() -> None:
    """People copy both from manuals."""
    assert base_url(" http://gpu1:8000/v1/ ") == base_url("http://gpu1:8000") == "http://gpu1:8000"
    assert base_url("https://host/team/v1") == "https://host/team"


def test_what_can_be_read_on_the_way() -> None:
    """Plain HTTP is safe on this machine only."""
    assert travels_in_the_open("http://10.0.0.2:8000")
    assert not travels_in_the_open("https://example.org")
    assert not any(map(travels_in_the_open, ("http://localhost:1", "http://127.0.0.1:1", "http://[::1]:1")))


async def test_nobody_listens(serve: Serve, remote: Remote) -> None:
    """An endpoint that is down is told, and used as soon as it is up."""
    server = await serve("llama")
    judge = remote(server.url)
    port = await server.stop()
    assert "cannot be reached" in await complaint(judge)
    answer = await judge.judge(about())
    assert isinstance(answer, Undecided)
    assert answer.reason is UndecidedReason.JUDGE_UNAVAILABLE
    assert "cannot be reached" in answer.detail
    await server.start(port)
    assert isinstance(await until_verdict(judge), Verdict)


async def until_verdict(judge: RemoteJudge) -> Verdict:
    for _ in range(500):
        answer = await judge.judge(about())
        if isinstance(answer, Verdict):
            return answer
        await asyncio.sleep(0.02)
    raise AssertionError("no verdict came")


async def test_a_wrong_key(serve: Serve, remote: Remote) -> None:
    """Status 401 names the setting, never the key; the right key is used from the next check on."""
    server = await serve("vllm")
    server.key = SECRET
    assert "BYLAW_REMOTE_KEY" in await complaint(remote(server.url, key=f"{SECRET}-old"))
    judge = remote(server.url, key=SECRET)
    await judge.start()
    assert isinstance(await judge.judge(about()), Verdict)


async def test_a_wrong_model_and_several(serve: Serve, remote: Remote) -> None:
    """The line says what is served, so that the operator can choose."""
    server = await serve("vllm")
    line = await complaint(remote(server.url, model="gpt-oss-safeguard-20b"))
    assert MODEL in line
    assert "BYLAW_REMOTE_MODEL=gpt-oss-safeguard-20b" in line
    server.models = [MODEL, "other"]
    assert f"serves {MODEL}, other: set BYLAW_REMOTE_MODEL" in await complaint(remote(server.url))
    server.models = []
    assert "lists no models" in await complaint(remote(server.url))


@pytest.mark.parametrize("body", ["<html>welcome</html>", "[1]", '{"data":', "\xff", "[" * 100_000])
async def test_wrong_json(body: str, serve: Serve, remote: Remote) -> None:
    """Another kind of server at that address, or a proxy's page."""
    server = await serve("llama")
    server.body = body
    assert "not JSON" in await complaint(remote(server.url))


async def test_wrong_json_in_the_middle(serve: Serve, remote: Remote) -> None:
    """A request ends undecided, the judge goes on."""
    server = await serve("llama")
    judge = remote(server.url)
    await judge.start()
    server.body = '{"tokens":"none"}'
    answer = await judge.judge(about())
    assert isinstance(answer, Undecided)
    assert answer.reason is UndecidedReason.JUDGE_UNAVAILABLE
    server.body = None
    assert isinstance(await until_verdict(judge), Verdict)


async def test_a_slow_server(serve: Serve, remote: Remote) -> None:
    """The deadline of a request holds, and so does the patience with one step of it."""
    server = await serve("llama")
    judge = remote(server.url, times=Times(answer=0.3, check_every=60, retry=0.01), limits=Limits(attempts=2))
    await judge.start()
    server.delay = 5.0
    late = await judge.judge(about(deadline_s=0.1))
    assert isinstance(late, Undecided)
    assert late.reason is UndecidedReason.DEADLINE
    slow = await judge.judge(about())
    assert isinstance(slow, Undecided)
    assert slow.reason is UndecidedReason.JUDGE_UNAVAILABLE
    assert "BYLAW_REMOTE_TIMEOUT_SECONDS" in slow.detail


@pytest.mark.parametrize("kind", ["llama", "vllm"])
async def test_a_context_that_is_too_small(kind: str, serve: Serve, remote: Remote) -> None:
    """Known before, nothing is sent; where the server has less than it said, its refusal reads the same."""
    server = await serve(kind, context=2600)
    judge = remote(server.url)
    await judge.start()
    sent = len(server.asked)
    answer = await judge.judge(about("word " * 3000))
    assert isinstance(answer, Undecided)
    assert answer.reason is UndecidedReason.TOO_LONG
    assert len(server.asked) == sent
    server.context = 100
    answer = await judge.judge(about())
    assert isinstance(answer, Undecided)
    assert answer.reason is UndecidedReason.TOO_LONG
    assert "too small" in answer.detail
    server.context = 2600
    assert isinstance(await judge.judge(about()), Verdict)


async def test_a_refused_request_says_nothing_about_the_server(serve: Serve, remote: Remote) -> None:
    """Status 400 for one message takes no endpoint away from the others, and is not tried again."""
    server = await serve("vllm")
    judge = remote(server.url)
    await judge.start()
    before = len(server.asked)
    server.status = 400
    answer = await judge.judge(about())
    assert isinstance(answer, Undecided)
    assert answer.reason is UndecidedReason.UNREADABLE
    assert len(server.asked) == before + 1
    server.status = 200
    assert isinstance(await judge.judge(about()), Verdict)


async def test_another_vocabulary(serve: Serve, remote: Remote, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ids that mean something else there would make nonsense of every prompt."""
    server = await serve("llama")

    async def others(request: object) -> object:
        from aiohttp import web

        return web.json_response({"content": "Bonjour"})

    port = await server.stop()
    monkeypatch.setattr(server, "_detokenize", others)
    await server.start(port)
    assert "without gpt-oss's vocabulary" in await complaint(remote(server.url))


async def test_ids_that_are_not_taken(serve: Serve, remote: Remote) -> None:
    """Where ids are asked for, chat is no way out."""
    server = await serve("vllm")
    server.speaks_ids = False
    assert "does not accept token ids" in await complaint(remote(server.url, mode=Mode.TOKENS))


async def test_a_router_that_passes_on_v1_alone(serve: Serve, remote: Remote) -> None:
    """Without `/detokenize` ids are used all the same."""
    server = await serve("vllm")
    server.detokenizes = False
    judge = remote(server.url)
    await judge.start()
    assert isinstance(await judge.judge(about()), Verdict)


async def test_too_many_wait(serve: Serve, remote: Remote) -> None:
    """What has no room in the queue is told at once."""
    server = await serve("llama")
    judge = remote(server.url, limits=Limits(per_endpoint=1, queue_per_server=2))
    await judge.start()
    server.delay = 0.05
    answers = await asyncio.gather(*(judge.judge(about(f"text {number}")) for number in range(5)))
    reasons = [answer.reason for answer in answers if isinstance(answer, Undecided)]
    assert reasons == [UndecidedReason.QUEUE_FULL, UndecidedReason.QUEUE_FULL]
