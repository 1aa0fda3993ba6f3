"""The batching core alone, in this process: what it makes of messages that wait all at once."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from classifier.llama.batching import Batching, Ending, Job
from classifier.llama.decoding import Feed, Reply, Writing
from classifier.llama.model import LlamaModel, Sequences, Snapshot
from classifier.llama.native import NativeLog
from classifier.llama.prefixes import PrefixCache

_ORDINARY = 199_000  # ids below this are ordinary text in the real vocabulary


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """Messages under policies, all of one shape."""

    policies: int = 1
    messages: int = 64
    policy_tokens: int = 600
    message_tokens: int = 60
    reply_tokens: int = 64
    skew: float = 0.0  #: 0: all policies alike; 1: Zipf

    def jobs(self, seed: int = 0) -> list[Job]:
        """The same ones for the same seed; the policies only depend on their number."""
        rng = np.random.default_rng(seed)
        prefixes = [text(np.random.default_rng(1000 + i), self.policy_tokens) for i in range(self.policies)]
        weights = 1.0 / np.arange(1, self.policies + 1) ** self.skew
        which = rng.choice(self.policies, size=self.messages, p=weights / weights.sum())
        return [
            Job(
                prefix=prefixes[number],
                prompt=text(rng, self.message_tokens - 1),
                writing=write_fixed(self.reply_tokens),
                deadline=math.inf,
            )
            for number in which
        ]


def text(rng: np.random.Generator, count: int) -> tuple[int, ...]:
    """So many random tokens."""
    return tuple(int(token) for token in rng.integers(0, _ORDINARY, count))


def write_fixed(count: int) -> Writing:
    """Write so many tokens, whatever the model says."""
    ids = [0]
    for _ in range(count):
        row = yield Feed((ids[-1],))
        ids.append(int(row.argmax()))
    return Reply(tuple(ids), 0.0)


def open_model(
    path: Path, *, sequences: int, tokens_per_sequence: int, batch_tokens: int
) -> tuple[LlamaModel, Sequences]:
    """The model on this machine's CPU or GPU."""
    log = NativeLog()
    model = LlamaModel(path, gpu_layers=None, threads=None, log=log)
    log.close()
    return model, Sequences(
        model, sequences=sequences, tokens_per_sequence=tokens_per_sequence, batch_tokens=batch_tokens
    )


def new_batching(sequences: Sequences, *, join_together: int = 1) -> Batching[Snapshot]:
    """A batching with room for every prefix."""
    prefixes: PrefixCache[Snapshot] = PrefixCache(most_bytes=4 << 30, size_of=lambda snapshot: snapshot.size)
    return Batching(sequences, prefixes, clock=time.perf_counter, join_together=join_together)


def drive(batching: Batching[Snapshot], jobs: Sequence[Job]) -> float:
    """Run all jobs; the seconds it took."""
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
