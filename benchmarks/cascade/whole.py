"""Six policies with the cascade beside llama-server, which reasons about each of the six: all sides in one run.

Which messages the look settles cannot come from a model with random weights, so as many are settled as in the
simulation, and as many of the single probes behind it as `benchmarks.engine` assumes. All sides think for as many
tokens, the real model's mean. llama-server gets Bylaw's own prompts and writes the whole answers.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import statistics
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks.cascade.speed import NoVerdict, engine
from benchmarks.peers.llama_server import LlamaServer, ServerSettings
from benchmarks.workload.jobs import Job, jobs, longest
from benchmarks.workload.load import Answering, all_at_once, take_turns
from benchmarks.workload.traffic import MIXES, Post, policies, posts
from classifier import Content, Judge, JudgeRequest, Message, PolicyText, Verdict, Way, joint_policy
from classifier.llama.device.devices import default_threads
from classifier.llama.model_file.vocabulary import open_vocabulary

POLICIES = 6
SETTLED_SHARE = 0.8  #: of single probes, as in `benchmarks.engine`
_SETTINGS = ServerSettings(flash=False, slots=32)  # the fastest of those that `benchmarks.engine` tries, on 2 cores
_DEADLINE_S = 7_200.0
_SEED = 11


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """Seconds for a message, with all waiting from the start; medians of the rounds."""

    rounds: int
    messages: int  #: of each round; of llama-server's a quarter
    thinking_tokens: int
    skipped: float  #: share of messages that the look settles
    probes_settled: float  #: share of single probes that need no reasoning
    one_policy: float  #: reasoned about
    six: float  #: the look; what it does not settle is reasoned about under each policy
    six_probed: float  #: the same with a probe before each reasoning
    llama_server_six: float
    load: tuple[float, float]  #: of the machine, at the start and at the end: processes that want to run

    def figures(self) -> dict[str, Any]:
        """With the ratios that there are targets for."""
        return {
            **asdict(self),
            "cost_six_policies_over_one": round(self.six / self.one_policy, 2),
            "cost_six_policies_over_one_probed": round(self.six_probed / self.one_policy, 2),
            "times_llama_server": round(self.llama_server_six / self.six, 1),
            "times_llama_server_probed": round(self.llama_server_six / self.six_probed, 1),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumed:
    """What a model with random weights cannot say, and how much is measured."""

    thinking_tokens: int
    skipped: float
    messages: int
    rounds: int
    probes_settled: float = SETTLED_SHARE


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bylaw:
    """Bylaw's judge as a side: one policy, or six behind a look."""

    judge: Judge
    policies: Sequence[PolicyText]
    look: PolicyText | None = None
    skipped: Collection[Post] = ()  #: that the look settles
    probes_settled: float | None = None  #: None without probes

    async def answer(self, job: Post) -> None:
        """Judge the message.

        Raises:
            NoVerdict: it was not judged.
        """
        if self.look is not None:
            await self._ask(replace(_request(self.look, job.text), way=Way.SCREEN))
            if job in self.skipped:
                return
        await asyncio.gather(*(self._ask(self._judged(policy, job.text)) for policy in self.policies))

    def _judged(self, policy: PolicyText, text: str) -> JudgeRequest:
        request = _request(policy, text)
        if self.probes_settled is None:
            return request
        settled = random.Random(f"{policy.fingerprint}/{text}").random() < self.probes_settled
        return replace(request, way=Way.PROBE_THEN_REASON, think_from=2.0 if settled else 0.0)

    async def _ask(self, request: JudgeRequest) -> None:
        answer = await self.judge.judge(request)
        if not isinstance(answer, Verdict):
            raise NoVerdict(f"no verdict: {answer.reason.value} {answer.detail}")


async def measure_whole(model: Path, peers: Path, assumed: Assumed) -> Whole:
    """Start both engines and let them take turns."""
    texts = policies(POLICIES)
    work = list(posts(MIXES["one_policy"], assumed.messages, seed=_SEED))
    skipped = set(random.Random(_SEED).sample(work, round(assumed.skipped * len(work))))
    before = os.getloadavg()[0]
    async with engine(model, thinking_tokens=assumed.thinking_tokens) as judge:
        look = joint_policy(texts)
        await judge.prepare(look)
        one = _Bylaw(judge=judge, policies=texts[:1])
        six = _Bylaw(judge=judge, policies=texts, look=look, skipped=skipped)
        sides: dict[str, Answering[Post]] = {
            "one_policy": one,
            "six": six,
            "six_probed": replace(six, probes_settled=assumed.probes_settled),
        }
        written = await _reply_tokens(judge, texts, work[0].text)
        async with _server(model, peers, texts, work, written) as server:
            sides["llama_server_six"] = server
            took = await _rounds(sides, work, assumed.rounds)
    return Whole(
        rounds=assumed.rounds,
        messages=assumed.messages,
        thinking_tokens=assumed.thinking_tokens,
        skipped=round(len(skipped) / len(work), 3),
        probes_settled=assumed.probes_settled,
        load=(round(before, 1), round(os.getloadavg()[0], 1)),
        **{name: round(statistics.median(seconds), 3) for name, seconds in took.items()},
    )


async def _rounds(sides: dict[str, Answering[Post]], work: Sequence[Post], rounds: int) -> dict[str, list[float]]:
    took: dict[str, list[float]] = {name: [] for name in sides}

    async def turn(name: str) -> None:
        mine = work[: max(1, len(work) // 4)] if name == "llama_server_six" else work
        took[name].append(1.0 / await all_at_once(sides[name], mine, patience_s=_DEADLINE_S))

    turns = [lambda name=name: turn(name) for name in sides]
    for number in range(rounds):
        await take_turns(turns, number)
    return took


async def _reply_tokens(judge: Judge, texts: Sequence[PolicyText], text: str) -> int:
    """How long an answer is when it is written out, after the first judgement under each policy."""
    answers = await asyncio.gather(*(judge.judge(_request(policy, text)) for policy in texts))
    lengths = [answer.provenance.reply_tokens for answer in answers if isinstance(answer, Verdict)]
    if len(lengths) < len(answers):
        raise NoVerdict("the first message has no verdict")
    return round(statistics.median(lengths))


@dataclass(frozen=True, slots=True, kw_only=True)
class _ServerSide:
    """llama-server, which writes an answer about each message under each policy."""

    server: LlamaServer
    prompts: Mapping[Post, Sequence[Job]]

    async def answer(self, job: Post) -> None:
        """Write them."""
        await asyncio.gather(*(self.server.answer(each) for each in self.prompts[job]))


@contextlib.asynccontextmanager
async def _server(
    model: Path, peers: Path, texts: Sequence[PolicyText], work: Sequence[Post], written: int
) -> AsyncIterator[_ServerSide]:
    vocabulary = open_vocabulary(model)
    prompts = {
        post: jobs(
            [replace(post, policy=each) for each in range(len(texts))], texts, tokens=written, vocabulary=vocabulary
        )
        for post in work
    }
    room = max(longest(each) for each in prompts.values())
    settings = _SETTINGS.with_room_for(room)
    server = await LlamaServer.start(peers, model, settings, threads=default_threads(), gpu_layers=0)
    try:
        await asyncio.gather(*(server.answer(replace(each, tokens=1)) for each in prompts[work[0]]))  # reads policies
        yield _ServerSide(server=server, prompts=prompts)
    finally:
        await server.close()


def _request(policy: PolicyText, text: str) -> JudgeRequest:
    return JudgeRequest(policy=policy, content=Content(target=Message(text=text)), deadline_s=_DEADLINE_S)
