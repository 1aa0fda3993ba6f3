"""The first table: every side writes exactly as many tokens about the same prompts, so nobody wins by writing less.

Bylaw's batching core (`benchmarks.engine.bylaw_batching`) gets jobs of a fixed length; rounds of Bylaw, llama-server
and the yardstick alternate, because a machine is never quite the same from one minute to the next.
"""

from __future__ import annotations

import contextlib
import math
import statistics
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain

from benchmarks.engine.bylaw_batching import start_core
from benchmarks.engine.plan import LOAD, REPLY_TOKENS, Machine, Plan
from benchmarks.engine.reference_speed import ReferenceSpeed
from benchmarks.engine.results import Figures, Rates
from benchmarks.peers.llama_server import LlamaServer, ServerSettings
from benchmarks.peers.sequential import start_sequential
from benchmarks.workload.ceiling import work_of
from benchmarks.workload.jobs import Job, jobs, longest
from benchmarks.workload.load import Latency, Side, all_at_once, as_they_come, take_turns
from benchmarks.workload.traffic import MIXES, arrivals, policies, posts
from classifier.llama.engine import answer_grammar as grammar
from classifier.prompt.vocabulary import Vocabulary

Say = Callable[[str], None]
_WARM, _TRIAL, _ALONE, _TIMED, _ROUNDS = 1, 2, 3, 4, 10  # seeds: no message comes twice

ABOUT = {
    "one_policy": "one policy",
    "twenty_policies": "20 policies in turn",
    "zipf_200": "200 policies, the n-th with 1/n of the messages of the first",
    "raid": "20 policies, 80 % of the messages one server's, nearly all alike",
    "probe": "20 policies, nothing written: one token behind the prompt",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SameTokens:
    """One workload of the first table."""

    name: str
    mix: str
    tokens: int
    messages: int
    ending: tuple[int, ...]

    def take(self, count: int, *, seed: int, vocabulary: Vocabulary, tokens: int | None = None) -> list[Job]:
        """This many messages; another seed gives other ones under the same policies."""
        mix = MIXES[self.mix]
        return jobs(
            posts(mix, count, seed=seed),
            policies(mix.policies),
            vocabulary=vocabulary,
            ending=self.ending,
            tokens=self.tokens if tokens is None else tokens,
        )


def probe_opening(vocabulary: Vocabulary) -> tuple[int, ...]:
    """What is between the prompt and the digit of an answer without reasoning."""
    marks = vocabulary.control
    return (marks.channel, *vocabulary.encode("final"), marks.message, *vocabulary.encode(grammar.OPENING))


def workload(name: str, plan: Plan, vocabulary: Vocabulary) -> SameTokens:
    """The workload with that name."""
    if name == "probe":
        opening = probe_opening(vocabulary)
        return SameTokens(name=name, mix="twenty_policies", tokens=1, messages=plan.probes, ending=opening)
    return SameTokens(name=name, mix=name, tokens=REPLY_TOKENS, messages=plan.messages, ending=())


async def measure(
    load: SameTokens, machine: Machine, plan: Plan, reference: ReferenceSpeed, vocabulary: Vocabulary, say: Say
) -> Figures:
    """All sides on one workload."""
    warm = load.take(plan.warm, seed=_WARM, vocabulary=vocabulary, tokens=1)
    rounds = [load.take(load.messages, seed=_ROUNDS + number, vocabulary=vocabulary) for number in range(plan.rounds)]
    timed = load.take(plan.timed, seed=_TIMED, vocabulary=vocabulary)
    servers = [each.with_room_for(longest(chain(warm, timed, *rounds))) for each in plan.server]
    async with (
        _best_server(load, machine, plan, servers, warm, vocabulary, say) as (server, others),
        _core(machine) as ours,
    ):
        await all_at_once(ours, warm)
        ours_rates: list[float] = []
        server_rates: list[float] = []
        reference.choose(work_of(rounds[0], known=warm))

        async def time(side: Side, rates: list[float], work: Sequence[Job]) -> None:
            rates.append(await all_at_once(side, work))

        for number, work in enumerate(rounds):
            turns = (
                partial(time, ours, ours_rates, work),
                partial(time, server, server_rates, work),
                reference.measure,
            )
            await take_turns(turns, number)
        say(f"  Bylaw {ours_rates}, llama-server {server_rates}")
        rate = LOAD * statistics.median(ours_rates)
        bylaw = Rates(
            settings=ours.settings,
            rounds=tuple(ours_rates),
            latency=await _latency(ours, timed, rate),
            memory=ours.memory(),
        )
        peer = Rates(
            settings=server.settings,
            rounds=tuple(server_rates),
            latency=await _latency(server, timed, rate),
            memory=server.memory(),
            others=others,
        )
    works = [work_of(work, known=[*warm, *chain(*rounds[:number])]) for number, work in enumerate(rounds)]
    alone = await _alone(load, machine, plan, vocabulary)
    return Figures(
        about=ABOUT[load.name],
        bylaw=bylaw,
        llama_server=peer,
        sequential=alone,
        ceilings=reference.ceilings(works),
        speed=reference.speed(),
    )


async def _latency(side: Side, work: Sequence[Job], rate: float) -> Latency:
    return await as_they_come(side, work, arrivals(len(work), rate=rate), rate=rate)


@contextlib.asynccontextmanager
async def _core(machine: Machine) -> AsyncIterator[Side]:
    side = await start_core(machine)
    try:
        yield side
    finally:
        await side.close()


@contextlib.asynccontextmanager
async def _best_server(
    load: SameTokens,
    machine: Machine,
    plan: Plan,
    settings: Sequence[ServerSettings],
    warm: Sequence[Job],
    vocabulary: Vocabulary,
    say: Say,
) -> AsyncIterator[tuple[Side, dict[str, float]]]:
    """llama-server with the settings that are fastest on this workload, warmed; and the rates of the others."""
    trial = load.take(max(plan.trial, load.messages // 4), seed=_TRIAL, vocabulary=vocabulary)
    tried: dict[str, float] = {}
    async with contextlib.AsyncExitStack() as best:  # holds the fastest one so far, and closes it however this ends
        server: LlamaServer | None = None
        for each in settings:
            async with contextlib.AsyncExitStack() as candidate:
                started = await LlamaServer.start(
                    machine.peers, machine.model, each, threads=machine.threads, gpu_layers=machine.gpu_layers
                )
                candidate.push_async_callback(started.close)
                await all_at_once(started, warm)
                rate = math.inf
                if len(settings) > 1:
                    rate = await all_at_once(started, trial)
                    say(f"  llama-server {each}: {rate:.2f} messages/s on trial")
                if rate > max(tried.values(), default=0.0):
                    await best.aclose()
                    best.push_async_callback(candidate.pop_all().aclose)
                    server = started
                tried[started.settings] = rate
        assert server is not None
        yield server, {name: rate for name, rate in tried.items() if name != server.settings}


async def _alone(load: SameTokens, machine: Machine, plan: Plan, vocabulary: Vocabulary) -> Rates:
    side = await start_sequential(machine.model, threads=machine.threads, gpu_layers=machine.gpu_layers)
    try:
        await all_at_once(side, load.take(1, seed=_WARM, vocabulary=vocabulary, tokens=1))
        rate = await all_at_once(side, load.take(plan.alone, seed=_ALONE, vocabulary=vocabulary))
        return Rates(settings=side.settings, rounds=(rate,), memory=side.memory())
    finally:
        await side.close()
