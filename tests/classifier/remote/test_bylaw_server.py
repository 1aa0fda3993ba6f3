"""A bot that asks `bylaw serve-judge`: whole requests go there, whole judgements come back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx2
import pytest

from bot.serving.front import Capacity
from classifier.content import Content, Message
from classifier.judge import Effort, JudgeRequest, Lane, PolicyFit
from classifier.policy_text import PolicyText, RuleText
from classifier.remote.client.judge import RemoteJudge, weaker_guarantee
from classifier.remote.errors import RemoteStartError
from classifier.remote.options import Mode, RemoteOptions, Times
from classifier.scripted import ScriptedJudge, clear, violation
from classifier.verdict import Judgement, Undecided, UndecidedReason, Verdict
from tests.fakes.served_judge import BOT_KEY, TOOL_KEY, URL, ServedJudge

POLICY = PolicyText(title="Trading", rules=(RuleText(id="R1", title="Selling", breaks_it="offering it"),))


def about(text: str = "hello", **more: Any) -> JudgeRequest:
    return JudgeRequest(policy=POLICY, content=Content(target=Message(text=text)), **more)


async def until(happened: Callable[[], bool]) -> None:
    """Wait for a health check to have seen something."""
    for _ in range(500):
        if happened():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("no health check saw it")


async def test_the_server_is_recognised(remote_of: Callable[..., Any]) -> None:
    """Nobody has to say what kind of server it is; no vocabulary is needed, and the guarantee is the full one."""
    judge = await remote_of(ServedJudge())
    (member,) = judge.endpoints
    served = member.endpoint.served
    assert (served.mode, served.software, served.places) == (Mode.BYLAW, "Bylaw", 4)
    assert weaker_guarantee(served.mode) is None
    assert "m by Bylaw" in judge.name


@pytest.fixture
async def remote_of() -> Any:
    """Starts a bot's judge that asks a served one."""
    made: list[RemoteJudge] = []

    async def start(served: ServedJudge, **more: Any) -> RemoteJudge:
        made.append(served.remote(**more))
        await made[-1].start()
        return made[-1]

    yield start
    for judge in made:
        await judge.close()


async def test_the_request_arrives_whole(remote_of: Callable[..., Any]) -> None:
    """With its lane, server and effort; of its deadline what is left; the verdict comes back with its provenance."""
    behind = ScriptedJudge.of([violation("R1", rationale="Sold.", reasoning="Hm.")])
    judge = await remote_of(ServedJudge(judge=behind))
    request = about(lane=Lane.INTERACTIVE, server=7, effort=Effort.HIGH, deadline_s=20.0)
    verdict = await judge.judge(request)
    (arrived,) = behind.requests
    assert replace(arrived, deadline_s=20.0) == request
    assert 15.0 < arrived.deadline_s <= 20.0
    assert isinstance(verdict, Verdict)
    assert (verdict.rationale, verdict.reasoning, verdict.messages) == ("Sold.", "Hm.", (1,))
    assert verdict.provenance.judge == "scripted:1"


async def test_the_server_says_itself_that_it_is_late(remote_of: Callable[..., Any]) -> None:
    """Its deadline is shorter than the time that we wait, so no request is sent twice because the first one is slow."""
    behind = ScriptedJudge()
    judge = await remote_of(ServedJudge(judge=behind), times=Times(answer=30.0))
    await judge.judge(about(deadline_s=300.0))
    assert behind.requests[0].deadline_s == pytest.approx(27.0)


async def test_thinking_that_was_cut_is_not_begun_again_from_here(remote_of: Callable[..., Any]) -> None:
    """The engine over there has looked twice already."""
    behind = ScriptedJudge.of([Undecided(reason=UndecidedReason.THINKING_CUT, detail="cut twice"), clear()])
    judge = await remote_of(ServedJudge(judge=behind))
    answer = await judge.judge(about())
    assert isinstance(answer, Undecided)
    assert answer.reason is UndecidedReason.THINKING_CUT
    assert len(behind.requests) == 1


class Measuring(ScriptedJudge):
    """A scripted judge with a limit."""

    async def prepare(self, policy: PolicyText, *, effort: Effort = Effort.LOW) -> PolicyFit | None:
        return PolicyFit(tokens=len(policy.rules) * 100, most=50 if effort is Effort.HIGH else 500)


async def test_publishing_asks_there_for_room(remote_of: Callable[..., Any]) -> None:
    """A policy that is too long is refused before it is in force, as with a model of one's own."""
    judge = await remote_of(ServedJudge(judge=Measuring()))
    assert await judge.prepare(POLICY) == PolicyFit(tokens=100, most=500)
    assert not (await judge.prepare(POLICY, effort=Effort.HIGH)).fits
    assert await (await remote_of(ServedJudge())).prepare(POLICY) is None


async def test_replicas_come_and_go(remote_of: Callable[..., Any]) -> None:
    """As many requests are under way as there are places; without a replica the bot waits, and takes up again."""
    served = ServedJudge()
    judge = await remote_of(served)
    served.capacity = Capacity(model="m", judge="scripted:1", places=8)
    await until(lambda: judge.places == 8)
    served.capacity = Capacity(model="", judge="", places=0)
    await until(lambda: judge.places == 0)
    waiting = await judge.judge(about())
    assert isinstance(waiting, Undecided)
    assert waiting.reason is UndecidedReason.JUDGE_UNAVAILABLE
    assert "503" in waiting.detail
    served.capacity = Capacity(model="m", judge="scripted:1", places=4)
    await until(lambda: judge.places == 4)
    assert isinstance(await judge.judge(about()), Verdict)


async def test_another_model_there_is_another_judge(remote_of: Callable[..., Any]) -> None:
    """What tells judges apart changes with the model, so that drift is noticed."""
    served = ServedJudge()
    judge = await remote_of(served)
    before = judge.endpoints[0].endpoint.served
    served.capacity = Capacity(model="m", judge="scripted:2", places=4)
    await until(lambda: judge.endpoints[0].endpoint.served.judge != before.judge)


@pytest.mark.parametrize(
    ("key", "more", "line"),
    [
        ("a-key-that-nobody-knows", {}, "check BYLAW_REMOTE_KEY"),
        (BOT_KEY, {"mode": Mode.TOKENS}, "unset BYLAW_REMOTE_MODE"),
        (BOT_KEY, {"model": "another"}, "not BYLAW_REMOTE_MODEL=another"),
    ],
)
async def test_settings_that_do_not_fit_are_told(key: str, more: dict[str, Any], line: str) -> None:
    """In one line that says which setting to change."""
    judge = ServedJudge().remote(key=key, **more)
    with pytest.raises(RemoteStartError, match=line):
        await judge.start()
    await judge.close()


async def test_a_tools_key_is_told_where_it_is_used(remote_of: Callable[..., Any]) -> None:
    """A bot with the key of a tool gets no verdict, and the line names the setting."""
    judge = await remote_of(ServedJudge(), key=TOOL_KEY)
    answer = await judge.judge(about())
    assert isinstance(answer, Undecided)
    assert "BYLAW_REMOTE_KEY" in answer.detail


def answering(judgement: object, protocol: int = 1) -> httpx2.MockTransport:
    """A server that looks like ours."""

    def answer(request: httpx2.Request) -> httpx2.Response:
        if request.url.path == "/v1/models":
            entry = {"id": "m", "bylaw": {"protocol": protocol, "places": 2}}
            return httpx2.Response(200, json={"data": [entry]})
        return httpx2.Response(200, json={"judgement": judgement})

    return httpx2.MockTransport(answer)


def of_another_policy() -> dict[str, Any]:
    from classifier.remote.json_form import judgement_object

    return judgement_object(clear())


@pytest.mark.parametrize("judgement", [None, "clear", {"outcome": "clear"}, of_another_policy()])
async def test_an_answer_in_another_form_is_no_verdict(judgement: object) -> None:
    """Nor is one about another policy: the bot says what to do, and judges the message again later."""
    options = RemoteOptions(urls=(URL,), fence_key=b"", times=Times(retry=0.01))
    judge = RemoteJudge(options, transport=answering(judgement))
    await judge.start()
    answer = await judge.judge(about())
    await judge.close()
    assert isinstance(answer, Undecided)
    assert "run the same version of Bylaw" in answer.detail


async def test_another_version_there_is_told() -> None:
    """Before anything is judged."""
    judge = RemoteJudge(RemoteOptions(urls=(URL,), fence_key=b""), transport=answering(None, protocol=2))
    with pytest.raises(RemoteStartError, match="another version"):
        await judge.start()
    await judge.close()


async def test_requests_wait_here_in_their_lanes(remote_of: Callable[..., Any]) -> None:
    """No more are sent than the replicas have places; a moderator's question goes before what waits."""
    gate = asyncio.Event()
    behind = ScriptedJudge(lambda _: clear(), gate=gate)
    served = ServedJudge(judge=behind, capacity=Capacity(model="m", judge="scripted:1", places=1))
    judge = await remote_of(served)
    lanes = (Lane.BACKGROUND, Lane.BACKGROUND, Lane.BACKGROUND, Lane.INTERACTIVE)
    asked = [asyncio.create_task(judge.judge(about(lane.value, lane=lane))) for lane in lanes]
    await behind.asked(1)
    gate.set()
    answers: list[Judgement] = await asyncio.gather(*asked)
    assert all(isinstance(answer, Verdict) for answer in answers)
    assert [request.lane for request in behind.requests][:2] == [Lane.BACKGROUND, Lane.INTERACTIVE]
