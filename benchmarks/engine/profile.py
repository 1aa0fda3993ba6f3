"""Where a step of the engine goes: `python -m benchmarks.engine.profile MODEL.gguf [--policies 20] [--json]`.

Messages of one shape under this many policies wait all at once and are run through the batching core in this process:
60 tokens each behind a policy of 600, 64 tokens written, whatever the model says. Time is counted inside llama.cpp
(computing, and copying states), and outside; the part outside is what the engine itself costs. Policies are read
before the clock starts.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from classifier.llama.device.library import NativeLog
from classifier.llama.engine.batching import Batching, Ending, Job, no_reply
from classifier.llama.engine.decoding import Feed, Writing
from classifier.llama.engine.model import LlamaModel, Sequences, Snapshot
from classifier.llama.engine.prefix_cache import PrefixCache
from classifier.llama.engine.reply_form import Reply, Thinking

_ORDINARY = 199_000  # ids below this are ordinary text in the real vocabulary
_COMPUTING = ("llama_decode", "llama_synchronize", "llama_get_logits")
_COPYING = (
    "llama_state_seq_get_size", "llama_state_seq_get_data", "llama_state_seq_set_data", "llama_memory_seq_rm",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """Messages of one shape."""

    policies: int
    messages: int
    policy_tokens: int = 600
    message_tokens: int = 60
    reply_tokens: int = 64
    skew: float = 0.0  #: 0: all policies alike; 1: Zipf

    def prefixes(self) -> list[tuple[int, ...]]:
        """The policies."""
        return [_text(np.random.default_rng(1000 + number), self.policy_tokens) for number in range(self.policies)]

    def jobs(self, seed: int = 0) -> list[Job]:
        """The messages; the same ones for the same seed."""
        rng = np.random.default_rng(seed)
        prefixes = self.prefixes()
        weights = 1.0 / np.arange(1, self.policies + 1) ** self.skew
        return [
            Job(
                prefix=prefixes[number],
                prompt=_text(rng, self.message_tokens),
                writing=write_fixed(self.reply_tokens),
                deadline=math.inf,
            )
            for number in rng.choice(self.policies, size=self.messages, p=weights / weights.sum())
        ]


class Stopwatch:
    """llama.cpp, with the time that is spent in each of its functions."""

    def __init__(self, native: Any) -> None:
        self._native = native
        self.seconds: defaultdict[str, float] = defaultdict(float)

    def __getattr__(self, name: str) -> Any:
        function = getattr(self._native, name)
        return self._timed(name, function) if name in (*_COMPUTING, *_COPYING) else function

    def _timed(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*arguments: Any) -> Any:
            begun = time.perf_counter()
            result = function(*arguments)
            self.seconds[name] += time.perf_counter() - begun
            return result

        return timed


def _text(rng: np.random.Generator, count: int) -> tuple[int, ...]:
    return tuple(int(token) for token in rng.integers(0, _ORDINARY, count))


def write_fixed(count: int) -> Writing:
    """Write `tokens` tokens behind the prompt, the likeliest each time; nothing is forced or ends it early."""
    token, ids = 0, []
    for _ in range(count):
        row = yield Feed((token,))
        token = int(row.argmax())
        ids.append(token)
    return Reply(tuple(ids), 0.0, 1.0, Thinking.NONE)


def drive(batching: Batching[Snapshot], jobs: Sequence[Job]) -> float:
    """Run jobs that all wait from the beginning; the seconds that it took."""
    begun = time.perf_counter()
    for job in jobs:
        batching.add(job)
    finished = 0
    while batching.busy:
        batching.step()
        for done in batching.take_done():
            if done.ending is not Ending.FINISHED:
                raise RuntimeError(f"a job ended as {done.ending.value}: {done.error}")
            finished += 1
    if finished != len(jobs):
        raise RuntimeError(f"{finished} of {len(jobs)} jobs came to an end")
    return time.perf_counter() - begun


def profile(path: Path, work: Workload, *, sequences: int, batch_tokens: int, join_together: int) -> dict[str, Any]:
    """Run the workload and tell where its time went."""
    log = NativeLog()
    model = LlamaModel(path, gpu_layers=None, threads=None, log=log)
    log.close()
    model.native = watch = Stopwatch(model.native)
    many = Sequences(model, sequences=sequences, tokens_per_sequence=2048, batch_tokens=batch_tokens)
    kept: PrefixCache[Snapshot] = PrefixCache(most_bytes=8 << 30, size_of=lambda snapshot: snapshot.size)
    batching = Batching(many, kept, clock=time.perf_counter, join_together=join_together)
    warming = drive(batching, [Job(prefix=ids, writing=no_reply(), deadline=math.inf) for ids in work.prefixes()])
    watch.seconds.clear()
    steps = batching.steps
    seconds = drive(batching, work.jobs())
    steps = batching.steps - steps
    computing = sum(watch.seconds[name] for name in _COMPUTING)
    copying = sum(watch.seconds[name] for name in _COPYING)
    many.close()
    model.close()
    return {
        "runs_on": model.runs_on,
        "sequences": sequences,
        "batch_tokens": batch_tokens,
        "policies": work.policies,
        "messages": work.messages,
        "seconds": round(seconds, 2),
        "warming_seconds": round(warming, 2),
        "messages_per_second": round(work.messages / seconds, 3),
        "milliseconds_a_step": round(1000 * seconds / steps, 2),
        "computing": round(computing / seconds, 4),
        "copying": round(copying / seconds, 4),
        "engine": round(1 - (computing + copying) / seconds, 4),
    }


def main(arguments: list[str] | None = None) -> int:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.engine.profile", description=__doc__.partition(":")[0])
    parser.add_argument("model", type=Path, help="a GGUF file with the real vocabulary")
    parser.add_argument("--policies", type=int, default=20)
    parser.add_argument("--messages", type=int, help="default: seven for every two sequences")
    parser.add_argument("--sequences", type=int, default=32)
    parser.add_argument("--batch-tokens", type=int, default=256)
    parser.add_argument("--join-together", type=int, default=1)
    parser.add_argument("--skew", type=float, default=0.0, help="1: traffic by Zipf's law")
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    options = parser.parse_args(arguments)
    messages = options.messages or options.sequences * 7 // 2
    result = profile(
        options.model,
        Workload(policies=options.policies, messages=messages, skew=options.skew),
        sequences=options.sequences,
        batch_tokens=options.batch_tokens,
        join_together=options.join_together,
    )
    if options.json:
        print(json.dumps(result))
        return 0
    for name, value in result.items():
        print(f"{name:>20}  {f'{value:.1%}' if name in ('computing', 'copying', 'engine') else value}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
