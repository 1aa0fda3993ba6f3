"""What a request costs the bot's own process: `python -m benchmarks.engine.bot_overhead [--json]`. No model is needed.

The real `LlamaJudge` runs with a child that answers each line at once, so what is left is the bot's part: the queue,
the lines of JSON, the tasks. Counted is the processor time of this process, which is the time in which the event loop
does nothing else. The peer is the same child at the end of the same pipe, asked with lines that are ready beforehand
and whose answers are read and thrown away: what asyncio's pipes cost by themselves.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from classifier import Content, JudgeRequest, Message, PolicyText, Verdict
from classifier.llama import wire
from classifier.llama.client.judge import LlamaJudge
from classifier.llama.client.process import EngineProcess
from classifier.llama.options import EngineOptions
from guild_policies import templates
from guild_policies.compile import compile_policy
from guild_policies.text.parse import parse

PLACES = 16
REQUESTS = 4_000
AT_ONCE = 64
TEXT = "does anybody want to trade a level 30 account? no money, only against another account, write to me " * 3

_CHILD = """
import sys
from classifier.llama.wire import Answer, Ready, report_line
from classifier.verdict import Method, Outcome, Provenance, Verdict

provenance = Provenance(
    method=Method.REASONED, judge="gguf:" + "0" * 64, policy_fingerprint="0" * 64, prompt_fingerprint="0" * 64,
    prompt_tokens=700, reply_tokens=120, seconds_waited=0.1, seconds_computed=1.5,
)
verdict = Verdict(
    outcome=Outcome.VIOLATION, rule_ids=("R1",), score=0.93, rationale="It offers an account for trade. " * 4,
    reasoning="The message asks for a trade of accounts, which rule R1 forbids. " * 8, provenance=provenance,
)
answer = report_line(Answer(id=123456789, judgement=verdict))
sys.stdin.buffer.readline()
sys.stdout.buffer.write(report_line(Ready(judge="none", description="no model", places=%d)))
sys.stdout.buffer.flush()
for line in sys.stdin.buffer:
    number = line[len(b'{"ask":') : line.index(b",")]
    sys.stdout.buffer.write(answer.replace(b"123456789", number))
    sys.stdout.buffer.flush()
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Of one request, in microseconds of this process's processor time, and how many a second went through."""

    name: str
    microseconds: float
    per_second: float


def child_command() -> tuple[str, ...]:
    """A child that answers every line with the same violation."""
    return (sys.executable, "-c", _CHILD % PLACES)


def requests(count: int) -> list[JudgeRequest]:
    """Messages under the starter policies, from ten servers."""
    policies = [compiled(name) for name in templates.BASICS]
    return [
        JudgeRequest(
            policy=policies[number % len(policies)],
            content=Content(target=Message(text=f"{TEXT} {number}")),
            server=number % 10,
        )
        for number in range(count)
    ]


def compiled(template: str) -> PolicyText:
    """A starter policy as a judge reads it."""
    return compile_policy(parse(templates.load(template)).policy)


async def measure_judge(count: int) -> Cost:
    """Everything from `LlamaJudge.judge` to its answer."""
    judge = LlamaJudge(EngineOptions(model=Path("none.gguf"), fence_key=b"none"), child_command=child_command())
    await judge.start()
    try:
        waiting = iter(requests(count))

        async def ask_on() -> None:
            for request in waiting:
                answer = await judge.judge(request)
                assert isinstance(answer, Verdict), answer

        async def ask_all() -> None:
            await asyncio.gather(*(ask_on() for _ in range(AT_ONCE)))

        begun, used = time.perf_counter(), time.process_time()
        await ask_all()
        return _cost("Bylaw's front", count, time.perf_counter() - begun, time.process_time() - used)
    finally:
        await judge.close()


async def measure_pipe(count: int) -> Cost:
    """The same number of lines out and in."""
    process = await EngineProcess.spawn(child_command())
    try:
        process.send(wire.options_line(EngineOptions(model=Path("none.gguf"), fence_key=b"none")))
        await process.receive()
        asks = (
            wire.Ask(id=number, request=request, seconds_waited=0.0) for number, request in enumerate(requests(count))
        )
        lines = [wire.command_line(ask) for ask in asks]
        begun, used = time.perf_counter(), time.process_time()
        for number in range(0, count, PLACES):
            for line in lines[number : number + PLACES]:
                process.send(line)
            for _ in lines[number : number + PLACES]:
                await process.receive()
        return _cost("asyncio's pipe alone", count, time.perf_counter() - begun, time.process_time() - used)
    finally:
        await process.end()


def _cost(name: str, count: int, seconds: float, used: float) -> Cost:
    return Cost(name=name, microseconds=round(used / count * 1e6, 1), per_second=round(count / seconds, 1))


async def run(count: int) -> tuple[Cost, Cost]:
    """Both, after a warm-up."""
    await measure_judge(count // 10)
    return await measure_judge(count), await measure_pipe(count)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="What a request costs the bot's own process.")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--requests", type=int, default=REQUESTS, help="how many are sent")
    given = parser.parse_args()
    costs = asyncio.run(run(given.requests))
    if given.json:
        sys.stdout.write(json.dumps({cost.name: {"us": cost.microseconds, "per_s": cost.per_second} for cost in costs}))
        sys.stdout.write("\n")
        return
    for cost in costs:
        sys.stdout.write(f"{cost.name:<22} {cost.microseconds:8.1f} us a request   {cost.per_second:8.1f} requests/s\n")


if __name__ == "__main__":
    main()
