"""How well the bot breathes while the model thinks: `python -m benchmarks.event_loop [--json]`.

The model is kept busy for five seconds or more by a few long messages. Meanwhile two things are measured: how late the
event loop comes back to a task that sleeps for five milliseconds, and how long a slash command takes to be answered.
Both are measured twice in the same run, with the same model file and the same prompts: with Bylaw's engine, which is
a process of its own, and with llama-cpp-python in a thread of the bot's process, which is what a bot would do without.

The model has random weights: the figures are about waiting, not about judgement.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil

from benchmarks.random_model import write_random_model
from benchmarks.workload.loop_lag import percentile_ms, watching
from bot.log import configure_logging
from bot.simulation import story as scene
from bot.simulation.play import Play
from bot.simulation.simulated_server import Simulation, simulate
from classifier import (
    Content,
    Effort,
    Judge,
    Judgement,
    JudgeRequest,
    Message,
    PolicyFit,
    PolicyText,
    Undecided,
    UndecidedReason,
)
from classifier.llama.client.judge import LlamaJudge
from classifier.llama.model_file.vocabulary import open_vocabulary
from classifier.llama.options import EngineOptions, ReasoningTokens
from classifier.prompt.harmony import build_prompt
from guild_policies.compile import compile_policy
from guild_policies.text.parse import parse

PAUSE_BETWEEN_COMMANDS_S = 0.1
CONTEXT_TOKENS = 8192
LONGEST_REASONING = 400  #: tokens
FENCE_KEY = b"a benchmark has no secrets"
#: About as long as Discord lets everybody write.
LONG_MESSAGE = ("is anybody up for a film tonight, or for a game? " * 50)[:1_900]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What was measured during one call. Times in milliseconds, but for the call itself."""

    name: str
    call_seconds: float
    lag_p50: float
    lag_p99: float
    lag_max: float
    command_p50: float
    command_max: float
    commands: int


class ThreadJudge:
    """The peer: llama-cpp-python inside the bot's own process, one thread for the model.

    It writes as many tokens as the engine does and reads no verdict off them.
    """

    def __init__(self, path: Path, *, tokens: int, threads: int) -> None:
        from llama_cpp import Llama

        self._model = Llama(str(path), n_ctx=CONTEXT_TOKENS, n_threads=threads, verbose=False)
        self._vocabulary = open_vocabulary(path)
        self._tokens = tokens
        self._thread = ThreadPoolExecutor(max_workers=1)

    @property
    def name(self) -> str:
        """One line for people."""
        return "llama-cpp-python in a thread of the bot"

    async def judge(self, request: JudgeRequest) -> Judgement:
        """Let the model write, in the thread."""
        prompt = build_prompt(
            request.policy, request.content, effort=request.effort, vocabulary=self._vocabulary, fence_key=FENCE_KEY
        )
        await asyncio.get_running_loop().run_in_executor(self._thread, self._write, list(prompt.ids))
        return Undecided(reason=UndecidedReason.NO_ANSWER)

    async def prepare(self, policy: PolicyText, *, effort: Effort = Effort.LOW) -> PolicyFit | None:
        """Nothing is kept from one prompt to the next but what llama-cpp-python keeps by itself."""
        del policy, effort
        return None

    async def close(self) -> None:
        """Free the model."""
        self._thread.shutdown(wait=True)
        self._model.close()

    def _write(self, ids: list[int]) -> None:
        """As many tokens as the engine writes: the random model must not stop earlier."""
        never = dict.fromkeys(self._vocabulary.control.every, -1000.0)
        self._model.create_completion(ids, max_tokens=self._tokens, temperature=0.0, logit_bias=never)


def engine(path: Path, tokens: int, threads: int) -> LlamaJudge:
    """Bylaw's own judge, thinking for at most this many tokens."""
    return LlamaJudge(
        EngineOptions(
            model=path,
            fence_key=FENCE_KEY,
            context_tokens=CONTEXT_TOKENS,
            gpu_layers=0,
            threads=threads,
            reasoning_tokens=ReasoningTokens.fixed(tokens),
        )
    )


async def measure(judge: Judge, name: str, messages: Sequence[str]) -> Figures:
    """Post messages to the bot and watch the event loop and a command until all are judged."""
    async with simulate(judge, patiently=True) as simulation:
        await Play(simulation, lambda _: None).set_up(all_policies=False)
        async with watching() as lags:
            begun = time.perf_counter()
            for message in messages:
                await simulation.people["ana"].send(simulation.channels["general"], message)
            commands = await _ask_while_busy(simulation)
            await simulation.settle()
            took = time.perf_counter() - begun
    return Figures(
        name=name,
        call_seconds=round(took, 2),
        lag_p50=percentile_ms(lags, 50),
        lag_p99=percentile_ms(lags, 99),
        lag_max=percentile_ms(lags, 100),
        command_p50=percentile_ms(commands, 50),
        command_max=percentile_ms(commands, 100),
        commands=len(commands),
    )


async def _ask_while_busy(simulation: Simulation) -> list[float]:
    """How long a slash command takes, while the judge works."""
    took = []
    owner, channel = simulation.people["mira"], simulation.channels["general"]
    while simulation.patient and not simulation.patient.is_idle:
        before = time.perf_counter()
        answer = await owner.slash(channel, "policy list")
        if answer.response is None:
            raise RuntimeError("the command was not answered")
        took.append(time.perf_counter() - before)
        await asyncio.sleep(PAUSE_BETWEEN_COMMANDS_S)
    return took


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """Messages whose judgements, one after the other, keep the model busy for as long as was asked for."""

    messages: tuple[str, ...]
    tokens: int  #: how many tokens the model writes about each, on average


async def find_work(seconds: float, path: Path, threads: int) -> Work:
    """As many long messages as it takes: a random model stops thinking when it likes, so one may not be enough."""
    judge = engine(path, LONGEST_REASONING, threads)
    await judge.start()
    try:
        messages: list[str] = []
        tokens = 0
        begun = time.perf_counter()
        while time.perf_counter() - begun < seconds:
            messages.append(f"{len(messages)}: {LONG_MESSAGE}")
            judgement = await judge.judge(_request(messages[-1]))
            tokens += 0 if isinstance(judgement, Undecided) else judgement.provenance.reply_tokens
    finally:
        await judge.close()
    return Work(messages=tuple(messages), tokens=max(1, tokens // len(messages)))


def _request(message: str) -> JudgeRequest:
    """The same question that the bot will ask."""
    policy = compile_policy(parse(scene.POLICY).policy)
    return JudgeRequest(policy=policy, content=Content(target=Message(text=message)), deadline_s=600.0)


async def run(seconds: float, size: str, say: Callable[[str], None]) -> dict[str, Any]:
    """Both measurements and their ratio."""
    threads = psutil.cpu_count(logical=False) or 1  # what Bylaw takes where nothing else is set
    with tempfile.TemporaryDirectory(prefix="bylaw-bench-") as folder:
        path = Path(folder) / f"{size}.gguf"
        say(f"Writing a random {size} model and finding out how fast it is here")
        write_random_model(path, size=size)
        work = await find_work(seconds, path, threads)
        say(f"{len(work.messages)} messages, {work.tokens} tokens written about each")
        ours = engine(path, LONGEST_REASONING, threads)
        await ours.start()
        try:
            own_process = await measure(ours, "Bylaw: the engine is a process of its own", work.messages)
        finally:
            await ours.close()
        peer = ThreadJudge(path, tokens=work.tokens, threads=threads)
        try:
            in_process = await measure(peer, peer.name, work.messages)
        finally:
            await peer.close()
    return {
        "machine": {
            "cpu": platform.processor() or platform.machine(),
            "cores": psutil.cpu_count(logical=False),
            "python": platform.python_version(),
            "llama_cpp_python": version("llama-cpp-python"),
        },
        "model": size,
        "messages": len(work.messages),
        "tokens": work.tokens,
        "threads": threads,
        "figures": [asdict(own_process), asdict(in_process)],
        "lag_p99_ratio": round(in_process.lag_p99 / max(own_process.lag_p99, 0.01), 1),
    }


def main(arguments: list[str] | None = None) -> int:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.event_loop", description=__doc__.partition(":")[0])
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    parser.add_argument("--seconds", type=float, default=5.0, help="how long the model is kept busy, at least")
    parser.add_argument("--size", choices=("tiny", "small"), default="small")
    options = parser.parse_args(arguments)
    configure_logging("error")
    result = asyncio.run(run(options.seconds, options.size, lambda text: print(text, file=sys.stderr)))
    if options.json:
        print(json.dumps(result))
        return 0
    for each in result["figures"]:
        print(f"\n{each['name']}, busy for {each['call_seconds']} s")
        print(f"  event loop late by   p50 {each['lag_p50']}, p99 {each['lag_p99']}, max {each['lag_max']} ms")
        print(
            f"  slash command takes  p50 {each['command_p50']}, max {each['command_max']} ms, {each['commands']} times"
        )
    print(f"\nThe p99 lag in the thread is {result['lag_p99_ratio']} times that of the process (target: below 50 ms).")
    return 0


if __name__ == "__main__":
    sys.exit(main())
