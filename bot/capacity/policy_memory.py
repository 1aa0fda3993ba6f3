"""Estimates how often cached policies are still in memory when needed again, with many servers.

The engine caches policies in ordinary memory, up to a limit, and evicts the least recently used. The hit rate follows
from how often each is used (Che's approximation of an LRU cache, see https://arxiv.org/abs/1202.3974): everything used
within a certain time is cached, and that time is such that it just fills the memory. The n-th server has 1/n of the
messages of the first (Zipf's law).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

#: Tokens of Bylaw's own part of the prompt, which precedes every policy.
SHARED_TOKENS = 290
POLICY_TOKENS = 450  #: tokens of a policy of medium length, without that part
TOKEN_BYTES = 49_152  #: gpt-oss-safeguard-20b's: 24 layers of 8 heads of 64 keys and values, 2 bytes each
_STEPS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyMemory:
    """Servers with their own policies, and the memory to cache them."""

    room: float  #: bytes: a fifth of what is free once the model is loaded
    servers: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Rereading:
    """What has to be read again because it was evicted."""

    needed: float  #: bytes that all policies of all servers would take
    look_fits: bool  #: whether the policies of one server together fit at all; otherwise no look is made
    looks: float  #: share of looks
    judgements: float  #: share of judgements under one policy


def joint_tokens(policies: int) -> int:
    """The tokens cached for a look at this many policies together."""
    return SHARED_TOKENS + POLICY_TOKENS * policies


def rereading(memory: PolicyMemory, *, policies: int, skipped: float | None) -> Rereading:
    """Estimate how much is read again.

    Args:
        skipped: the share of messages that a look settles; None without looks.
    """
    alone, joint = TOKEN_BYTES * joint_tokens(1), TOKEN_BYTES * joint_tokens(policies)
    fits = joint <= memory.room
    looks = skipped is not None and fits
    judged = 1.0 - (skipped or 0.0) if looks else 1.0
    uses = [_Use(rate=judged / rank, size=policies * alone) for rank in range(1, memory.servers + 1)]
    if looks:
        uses += [_Use(rate=1.0 / rank, size=joint) for rank in range(1, memory.servers + 1)]
    lasts = _lasts(uses, memory.room)
    return Rereading(
        needed=sum(each.size for each in uses),
        look_fits=fits,
        looks=_missed(uses[memory.servers :], lasts),
        judgements=_missed(uses[: memory.servers], lasts) if alone <= memory.room else 1.0,
    )


@dataclass(frozen=True, slots=True)
class _Use:
    """A cache entry: its rate of use, in any unit of time, and its bytes."""

    rate: float
    size: float


def _lasts(uses: list[_Use], room: float) -> float:
    """How long an entry stays after its last use; infinite if everything fits."""
    if sum(each.size for each in uses if each.rate) <= room:
        return math.inf
    low, high = 0.0, 1.0
    while _filled(uses, high) < room:
        high *= 2.0
    for _ in range(_STEPS):
        middle = (low + high) / 2.0
        low, high = (middle, high) if _filled(uses, middle) < room else (low, middle)
    return low


def _filled(uses: list[_Use], lasts: float) -> float:
    return sum(each.size * -math.expm1(-each.rate * lasts) for each in uses)


def _missed(uses: list[_Use], lasts: float) -> float:
    """The share of uses that miss the cache; 0 without uses."""
    total = sum(each.rate for each in uses)
    return sum(each.rate * math.exp(-each.rate * lasts) for each in uses) / total if total else 0.0
