"""`bylaw serve-judge` on a real Ray: where a policy's requests go, a replica that dies, and what is written down."""

from __future__ import annotations

import asyncio
import itertools
import os
import pickle
import re
import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx2
import psutil
import pytest

from bot.console.inputs.options import ServedJudge
from bot.serving.application import build, replica_options
from bot.serving.options import ReplicaOptions
from bot.serving.replica import FLAG
from bot.settings import Settings
from classifier.content import Content, Message
from classifier.judge import JudgeRequest, Way
from classifier.llama.client.judge import LlamaJudge
from classifier.policy_text import PolicyText, RuleText
from classifier.remote.client.judge import RemoteJudge
from classifier.remote.options import RemoteOptions
from classifier.verdict import Judgement, Outcome, Verdict
from tests.fakes.ray_service import RayService, ray_service
from tests.fakes.served_judge import BOT_KEY, TOOL_KEY, bearer

pytest.importorskip("ray.serve", reason="Ray is not installed: pip install 'bylaw[ray]'")

KEYS = {"BYLAW_SERVE_KEY": BOT_KEY, "BYLAW_SERVE_TOOL_KEYS": TOOL_KEY}
SECRET = "zanzibar"
TEXTS = ("selling my account, cheap", "good morning", "the killer is the butler", "x" * 500)


def policy(number: int) -> PolicyText:
    rule = RuleText(id="R1", title=f"Rule {number}", breaks_it="offering accounts for money")
    return PolicyText(title="Trading", rules=(rule,))


def about(number: int, text: str = "hello", **more: Any) -> JudgeRequest:
    return JudgeRequest(policy=policy(number), content=Content(target=Message(text=text)), deadline_s=60.0, **more)


def process_of(judgement: Judgement) -> int:
    """Which replica's process a scripted verdict comes from."""
    assert isinstance(judgement, Verdict), judgement
    (number,) = re.findall(r"process (\d+)", judgement.rationale)
    return int(number)


@pytest.fixture(scope="module")
def service() -> Iterator[RayService]:
    """Two replicas of a judge that takes 30 ms for a message, four at a time."""
    with ray_service("--replicas", "2", "--scripted-ms", "30", BYLAW_SEQUENCES="4", **KEYS) as started:
        yield started


@pytest.fixture
async def bot(service: RayService) -> AsyncIterator[RemoteJudge]:
    """The judge of a bot that asks the service."""
    judge = RemoteJudge(RemoteOptions(urls=(service.url,), fence_key=b"", key=BOT_KEY))
    await judge.start()
    yield judge
    await judge.close()


async def test_the_bot_is_told_how_much_it_may_ask(bot: RemoteJudge) -> None:
    """As many requests at once as all replicas have places."""
    assert bot.places == 8


async def test_a_policy_stays_with_its_replica(bot: RemoteJudge) -> None:
    """Where its prefix is; the policies are spread over both replicas."""
    homes = []
    for number in range(6):
        first = process_of(await bot.judge(about(number)))
        await asyncio.sleep(0.3)  # Ray tells its router every 0.1 s which policies are where
        later = [process_of(await bot.judge(about(number, f"text {count}"))) for count in range(5)]
        homes.append({first, *later})
    assert [len(home) for home in homes] == [1] * 6
    assert len(set().union(*homes)) == 2


async def test_a_killed_replica_costs_no_verdict(bot: RemoteJudge) -> None:
    """What it had not answered is judged by the other one, each message once, and another replica is started."""
    texts = [f"{FLAG if number % 3 == 0 else 'fine'} {number}" for number in range(40)]
    victim = process_of(await bot.judge(about(100)))
    asked = [asyncio.create_task(bot.judge(about(100 + number % 4, text))) for number, text in enumerate(texts)]
    await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
    os.kill(victim, signal.SIGKILL)
    answers = await asyncio.gather(*asked)
    assert [each.outcome for each in answers if isinstance(each, Verdict)] == [
        Outcome.VIOLATION if FLAG in text else Outcome.CLEAR for text in texts
    ]
    assert not bot.endpoints[0].trouble
    async with asyncio.timeout(120):
        found = set[int]()
        for number in itertools.count(200):  # each is a policy that is new to all replicas
            found.add(process_of(await bot.judge(about(number))))
            if len(found - {victim}) == 2:
                break


async def test_tools_are_answered_and_hostile_callers_refused(service: RayService) -> None:
    """Over the service's own HTTP: rows, a wrong key, a body that is too large, and bodies that are no request."""
    rows = {"policy": "# T\n\n## Rules\n### R1 A\nBreaks it: b.\n", "rows": [{"id": 1, "text": f"{FLAG} {SECRET}"}]}
    async with httpx2.AsyncClient(base_url=service.url, timeout=60) as client:
        answer = await client.post("/v1/judge", json=rows, headers=bearer(TOOL_KEY))
        assert [(each["id"], each["outcome"]) for each in answer.json()["answers"]] == [(1, "violation")]
        large = await client.post("/v1/judge", content=SECRET.encode() * 200_000, headers=bearer(TOOL_KEY))
        assert (large.status_code, list(large.json())) == (413, ["error"])
        wrong = await client.post(f"/v1/judge?{SECRET}", json=rows, headers=bearer(f"{SECRET}-{SECRET}"))
        assert wrong.status_code == 401
        broken = f'{{"request": "{SECRET}"'.encode()
        for content in (broken, broken + b"}", b"\x80\x04\x95" + SECRET.encode(), b"[" * 100_000):
            odd = await client.post("/v1/judge", content=content, headers=bearer(BOT_KEY))
            assert odd.status_code == 400
            assert "\n" not in odd.json()["error"]
        assert (await client.get(f"/{SECRET}", headers=bearer(BOT_KEY))).status_code == 404


async def test_nothing_that_was_said_is_written_down(service: RayService, bot: RemoteJudge) -> None:
    """No file of Ray's holds a message, what a refused caller sent, or a key."""
    await bot.judge(about(1, f"{FLAG} {SECRET}"))
    files = [path for path in service.logs.rglob("*") if path.is_file()]
    assert any("replica" in path.name for path in files)
    for word in (SECRET, BOT_KEY, TOOL_KEY):
        assert [path.name for path in files if word.encode() in path.read_bytes()] == []


def listening(service: RayService) -> list[tuple[str, int]]:
    """Each address that a process of the service listens at."""
    own = psutil.Process(service.process.pid)
    return [
        (connection.laddr.ip.removeprefix("::ffff:"), connection.laddr.port)
        for process in (own, *own.children(recursive=True))
        for connection in process.net_connections("tcp")
        if connection.status == psutil.CONN_LISTEN
    ]


class Order:
    """What a stranger would have a replica do: a pickle that makes a folder where it is read."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return (os.mkdir, (str(self.path),))


async def test_rays_own_ports_take_no_orders_from_strangers(service: RayService, tmp_path: Path) -> None:
    """They are open for this machine only; the one of each replica, which Ray opens to all, asks for Ray's token."""
    import grpc
    from ray.serve.generated import serve_pb2, serve_pb2_grpc

    opened = listening(service)
    elsewhere = [port for address, port in opened if address != "127.0.0.1"]
    assert len(opened) > len(elsewhere) == 2  # the judges
    order = serve_pb2.ASGIRequest(pickled_request_metadata=pickle.dumps(Order(tmp_path / "done")))
    for port in elsewhere:
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel, pytest.raises(grpc.RpcError) as refusal:
            serve_pb2_grpc.ASGIServiceStub(channel).HandleRequest(order, timeout=10)
        assert refusal.value.code() is grpc.StatusCode.UNAUTHENTICATED
    assert not (tmp_path / "done").exists()


async def test_verdicts_are_those_of_the_model_in_process(tiny_model: Path) -> None:
    """The same file, policy and message: the same verdict, prompt and judge, on the other side of Ray."""
    settings = Settings(serve_key=BOT_KEY, model_path=tiny_model, gpu_layers=0, threads=1, context_tokens=2048)
    here = LlamaJudge(replica_options(settings, ServedJudge.LLAMA).engine or pytest.fail("no engine"))
    await here.start()
    environment = {"BYLAW_GPU_LAYERS": "0", "BYLAW_THREADS": "1", "BYLAW_CONTEXT_TOKENS": "2048"}
    with ray_service("--model", str(tiny_model), **KEYS, **environment) as service:
        there = RemoteJudge(RemoteOptions(urls=(service.url,), fence_key=b"", key=BOT_KEY))
        await there.start()
        try:
            for text, way in itertools.product(TEXTS, (Way.PROBE, Way.REASON)):
                expected = essence(await here.judge(about(1, text, way=way)))
                assert essence(await there.judge(about(1, text, way=way))) == expected
            assert await there.prepare(policy(1)) == await here.prepare(policy(1))
        finally:
            await there.close()
            await here.close()


def essence(judgement: Judgement) -> tuple[Any, ...]:
    """All but times."""
    if not isinstance(judgement, Verdict):
        return (judgement.reason, judgement.detail)
    found = judgement.provenance
    said = (judgement.outcome, judgement.rule_ids, round(judgement.score, 4), judgement.rationale, judgement.reasoning)
    return (*said, found.method, found.judge, found.prompt_fingerprint, found.policy_fingerprint)


def test_the_file_for_a_cluster_is_one(monkeypatch: pytest.MonkeyPatch, tiny_model: Path) -> None:
    """Ray reads it, and the application that it names can be built from it and has the deployments that it names."""
    import yaml
    from ray.serve.schema import ServeDeploySchema

    file = Path(__file__).resolve().parents[3] / "deploy/serve-judge.yaml"
    schema = ServeDeploySchema.model_validate(yaml.safe_load(file.read_text(encoding="utf-8")))
    (application,) = schema.applications
    assert application.import_path == f"{build.__module__}:{build.__name__}"
    monkeypatch.setenv("BYLAW_SERVE_KEY", BOT_KEY)
    monkeypatch.setenv("BYLAW_MODEL_PATH", str(tiny_model))
    ingress = build(application.args)
    assert ingress._bound_deployment.name == "front"
    (judges, _) = ingress._bound_deployment.init_args
    assert judges._bound_deployment.name == "judges"
    (options,) = judges._bound_deployment.init_args
    assert isinstance(options, ReplicaOptions)
    assert options.engine is not None
    assert {each.name for each in application.deployments} == {"front", "judges"}
