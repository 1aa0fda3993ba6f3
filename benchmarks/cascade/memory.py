"""What the look's policies take of the memory: servers that each have six of their own, under Zipf traffic.

The engine's own core runs in this process: its batching, its cache of policies that were read, the real model. How each
look came by its policies is counted: *held* by the sequence already, *restored* from ordinary memory, or *read* again,
which costs as much as fifty messages.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.workload.jobs import FENCE_KEY
from benchmarks.workload.traffic import policies, posts, zipf_mix
from classifier import Content, JudgeRequest, Message, PolicyText, Undecided, Way, joint_policy
from classifier.llama.engine.__main__ import LlamaRuntime, load
from classifier.llama.engine.batching import Batching, Ending, Job
from classifier.llama.engine.jobs import Judging
from classifier.llama.engine.model import Snapshot
from classifier.llama.engine.prefix_cache import PrefixCache, room_for_prefixes
from classifier.llama.options import EngineOptions

SERVERS = (1, 20, 200)
POLICIES = 6
_DEADLINE_S = 3600.0


class NoLook(Exception):
    """A look came to no end, so the figures would mean nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryUse:
    """How the looks of this many servers came by their policies."""

    servers: int
    looks: int
    held: float  #: share of the looks
    restored: float
    read: float
    read_least: float  #: the share that no memory can save: each server's first look
    kept: int  #: policies, or what several have in common, that are in memory at the end
    kept_mb: float
    room_mb: float
    seconds_per_look: float


def measure_memory(
    model: Path, *, looks: int, servers: Sequence[int] = SERVERS, room_mb: float | None = None
) -> Iterator[MemoryUse]:
    """One line for each number of servers, each with an empty memory at first.

    Args:
        room_mb: what may be kept; None for what the engine would take here.
    """
    runtime, judging, _ = load(EngineOptions(model=model, fence_key=FENCE_KEY))
    try:
        for count in servers:
            room = room_for_prefixes() if room_mb is None else int(room_mb * 1e6)
            yield _measure(runtime, judging, count, looks=looks, room=room)
    finally:
        runtime.close()


def _measure(runtime: LlamaRuntime, judging: Judging, servers: int, *, looks: int, room: int) -> MemoryUse:
    prefixes: PrefixCache[Snapshot] = PrefixCache(most_bytes=room, size_of=lambda snapshot: snapshot.size)
    for sequence in range(runtime.decoder.sequences):
        runtime.decoder.cut(sequence, 0)
    batching = Batching(runtime.decoder, prefixes, clock=time.monotonic, join_together=runtime.join_together)
    requests = list(looks_of(servers, looks))
    begun = time.monotonic()
    for request in requests:
        batching.add(_job(judging, request))
    while batching.busy:
        batching.step()
        if any(done.ending is not Ending.FINISHED for done in batching.take_done()):
            raise NoLook("a look came to no end")
    took, use = time.monotonic() - begun, batching.prefix_use
    return MemoryUse(
        servers=servers,
        looks=looks,
        held=round(use.held / looks, 3),
        restored=round(use.restored / looks, 3),
        read=round(use.read / looks, 3),
        read_least=round(len({request.policy.fingerprint for request in requests}) / looks, 3),
        kept=len(prefixes),
        kept_mb=round(prefixes.bytes / 1e6, 1),
        room_mb=round(room / 1e6, 1),
        seconds_per_look=round(took / looks, 4),
    )


def looks_of(servers: int, count: int) -> Iterator[JudgeRequest]:
    """Looks at messages of servers of which the n-th writes 1/n of what the first one does."""
    texts = policies(POLICIES * servers)
    joint = [joint_policy(texts[POLICIES * number : POLICIES * (number + 1)]) for number in range(servers)]
    for post in posts(zipf_mix(servers), count, seed=3):
        yield _request(joint[post.policy], post.text)


def _request(policy: PolicyText, text: str) -> JudgeRequest:
    content = Content(target=Message(text=text))
    return JudgeRequest(policy=policy, content=content, way=Way.SCREEN, deadline_s=_DEADLINE_S)


def _job(judging: Judging, request: JudgeRequest) -> Job:
    task = judging.lay_out(request)
    if isinstance(task, Undecided):
        raise NoLook(f"a look is not possible: {task.reason.value} {task.detail}")
    job = judging.job(task)
    job.deadline = math.inf
    return job
