"""Minutes of random traffic through the real judge: `python -m benchmarks.soak [--minutes 10] [--model FILE]`.

Messages come at random moments under policies that change, in every way and lane; some callers give up before their
answer. In the end every request has come to exactly one end, and the memory of both processes has stayed flat. Prints
one JSON object; exits with 1 when a request was lost or answered twice.

With `--cascade` the bot's own services are before the judge (`screened_traffic`): six policies a server, the first look
at all of them, and thinking as long as the real model's, named with `--replies`.

The engine is kept a little busier than it can be, so that requests also wait. The model has random weights: the
figures are about bookkeeping and memory.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import psutil

from benchmarks.cascade.screened_traffic import ScreenedTraffic, budgets_of
from benchmarks.cascade.simulation import Replies, read_replies
from benchmarks.random_model import write_random_model
from benchmarks.workload import traffic
from benchmarks.workload.jobs import FENCE_KEY
from benchmarks.workload.tally import Tally
from bot.log import configure_logging
from classifier import Content, Judge, JudgeRequest, Lane, Message, PolicyText, Way
from classifier.llama.client.judge import LlamaJudge
from classifier.llama.options import EngineOptions, ReasoningTokens

POLICIES = 12
GIVES_UP = 0.1  #: the share of callers who stop waiting
CHANGE_EVERY_S = 5.0  #: how often a policy is published again
CALLERS = 48  #: who wait at the same time, at most
SAMPLE_EVERY_S = 1.0
REASONING = 24  #: tokens
DEADLINE_S = 120.0


@dataclass(frozen=True, slots=True)
class Sample:
    """Bytes in memory at one moment."""

    at: float  #: seconds from the start
    parent: int
    child: int


def slope(samples: list[Sample], of: Callable[[Sample], int]) -> float:
    """How memory grows, by least squares: bytes a minute."""
    if len(samples) < 2:
        return 0.0
    mean_at = sum(sample.at for sample in samples) / len(samples)
    mean = sum(of(sample) for sample in samples) / len(samples)
    spread = sum((sample.at - mean_at) ** 2 for sample in samples)
    return 60 * sum((sample.at - mean_at) * (of(sample) - mean) for sample in samples) / spread


@dataclass(slots=True)
class Traffic:
    """The callers, and policies that change under them."""

    judge: Judge
    dice: random.Random
    tally: Tally = field(default_factory=Tally)
    policies: list[PolicyText] = field(default_factory=lambda: list(traffic.policies(POLICIES)))
    published: int = POLICIES

    async def caller(self, until: float) -> None:
        """Ask again and again, with pauses, until the time is over."""
        while time.monotonic() < until:
            await asyncio.sleep(self.dice.expovariate(2.0))
            await self.ask()

    async def ask(self) -> None:
        """One request: wait for its answer, or give up at some moment."""
        number = self.dice.randrange(POLICIES)
        policy = self.policies[number]
        request = JudgeRequest(
            policy=policy,
            content=Content(target=Message(text=traffic.message_text(self.dice))),
            server=number,
            way=self.dice.choice(list(Way)),
            lane=self.dice.choice(list(Lane)),
            deadline_s=DEADLINE_S,
        )
        self.tally.asked += 1
        asking = asyncio.create_task(self.judge.judge(request))
        if self.dice.random() < GIVES_UP:
            await asyncio.sleep(self.dice.uniform(0.0, 5.0))
            asking.cancel()
        try:
            self.tally.count(await asking, policy)
        except asyncio.CancelledError:
            self.tally.cancelled += 1

    def figures(self) -> dict[str, Any]:
        """Nothing but the tally."""
        return {}

    async def publish(self) -> None:
        """Change a policy now and then, as admins do, and let the judge get ready for it."""
        while True:
            await asyncio.sleep(CHANGE_EVERY_S)
            self.published += 1
            number = self.dice.randrange(POLICIES)
            self.policies[number] = traffic.policies(1, seed=self.published)[0]
            await self.judge.prepare(self.policies[number])


class Moving(Protocol):
    """Traffic, and what changes under it."""

    @property
    def tally(self) -> Tally:
        """What has become of the requests."""

    async def caller(self, until: float) -> None:
        """Ask again and again until the time is over."""

    async def publish(self) -> None:
        """Change a policy now and then, without an end."""

    def figures(self) -> dict[str, Any]:
        """What else there is to report."""


async def watch(judge: LlamaJudge, samples: list[Sample]) -> None:
    """Note the memory of both processes again and again."""
    begun = time.monotonic()
    parent = psutil.Process(os.getpid())
    while True:
        await asyncio.sleep(SAMPLE_EVERY_S)
        with contextlib.suppress(psutil.NoSuchProcess):
            if child := psutil.Process(judge.engine_pid).memory_info().rss:  # 0 while it is being started again
                samples.append(Sample(time.monotonic() - begun, parent.memory_info().rss, child))


async def run(model: Path, minutes: float, seed: int, *, replies: Replies | None = None) -> dict[str, Any]:
    """The whole soak. `replies`: with the first look, and thinking as long as these."""
    budget = ReasoningTokens.fixed(REASONING) if replies is None else budgets_of(replies)
    judge = LlamaJudge(EngineOptions(model=model, fence_key=FENCE_KEY, reasoning_tokens=budget))
    await judge.start()
    first_child = judge.engine_pid
    samples: list[Sample] = []
    dice = random.Random(seed)
    moving: Moving = Traffic(judge, dice) if replies is None else ScreenedTraffic(judge, dice)
    beside = [asyncio.create_task(watch(judge, samples)), asyncio.create_task(moving.publish())]
    try:
        until = time.monotonic() + 60 * minutes
        await asyncio.gather(*(moving.caller(until) for _ in range(CALLERS)))
        same_child = judge.engine_pid == first_child
    finally:
        for task in beside:
            task.cancel()
        await asyncio.gather(*beside, return_exceptions=True)
        await judge.close()
    return report(moving.tally, samples, minutes=minutes, same_child=same_child) | moving.figures()


def report(tally: Tally, samples: list[Sample], *, minutes: float, same_child: bool) -> dict[str, Any]:
    """Everything as one JSON object. Growth counts from a quarter of the time on, when caches are full."""
    settled = samples[len(samples) // 4 :]
    return {
        "minutes": minutes,
        "requests": tally.asked,
        "answered": tally.verdicts + sum(tally.undecided.values()),
        "verdicts": tally.verdicts,
        "undecided": dict(tally.undecided),
        "cancelled": tally.cancelled,
        "lost": tally.lost,
        "double": tally.twice,
        "engine_restarted": not same_child,
        "memory_mb": {
            name: {
                "at_25_percent": round(of(settled[0]) / 1e6, 1),
                "at_the_end": round(of(settled[-1]) / 1e6, 1),
                "growth_per_minute": round(slope(settled, of) / 1e6, 3),
            }
            for name, of in {"parent": _parent, "child": _child}.items()
        },
    }


def _parent(sample: Sample) -> int:
    return sample.parent


def _child(sample: Sample) -> int:
    return sample.child


def main(arguments: list[str] | None = None) -> int:
    """Command line: 0 when every request came to one end."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__.partition(":")[0])
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--model", type=Path, metavar="FILE", help="a gpt-oss model file; else a tiny random one")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--cascade", action="store_true", help="with the first look at all policies together")
    parser.add_argument("--replies", type=Path, metavar="FILE", help="what the real model answered, for --cascade")
    options = parser.parse_args(arguments)
    configure_logging("error")
    replies = read_replies(options.replies) if options.cascade else None
    with tempfile.TemporaryDirectory(prefix="bylaw-soak-") as folder:
        model = options.model or Path(folder) / "tiny.gguf"
        if options.model is None:
            write_random_model(model, size="tiny")
        result = asyncio.run(run(model, options.minutes, options.seed, replies=replies))
    print(json.dumps(result))
    return 1 if result["lost"] or result["double"] else 0


if __name__ == "__main__":
    sys.exit(main())
