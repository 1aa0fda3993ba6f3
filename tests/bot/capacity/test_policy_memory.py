"""What is read again because memory was too small: as in a simulated cache, and never better with less memory."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from cachetools import LRUCache
from hypothesis import given
from hypothesis import strategies as st

from bot.capacity.plan import Load, Speeds, seconds_of_work
from bot.capacity.policy_memory import TOKEN_BYTES, PolicyMemory, joint_tokens, rereading

SPEEDS = Speeds(read=1_000.0, written=300.0, places=32)
SIX = TOKEN_BYTES * joint_tokens(6)


def test_with_room_for_all_nothing_is_read_again() -> None:
    """Whatever comes first is not counted: it is read once in the life of a policy."""
    found = rereading(PolicyMemory(room=1e12, servers=20), policies=6, skipped=0.8)
    assert (found.look_fits, found.looks, found.judgements) == (True, 0.0, 0.0)
    assert found.needed == pytest.approx(20 * (SIX + 6 * TOKEN_BYTES * joint_tokens(1)))


def test_the_formula_is_near_a_simulated_cache() -> None:
    """50 servers, a fifth of the memory that they would need, 60,000 messages of which the look settles four fifths."""
    needed = rereading(PolicyMemory(room=1e12, servers=50), policies=6, skipped=0.8).needed
    memory = PolicyMemory(room=0.2 * needed, servers=50)
    found = rereading(memory, policies=6, skipped=0.8)
    dice, sizes = random.Random(2), {0: SIX, 1: TOKEN_BYTES * joint_tokens(1)}
    kept: LRUCache[tuple[int, int], int] = LRUCache(memory.room, getsizeof=lambda size: size)
    uses, missed = [0, 0], [0, 0]
    servers = dice.choices(range(50), [1 / rank for rank in range(1, 51)], k=60_000)
    for number, server in enumerate(servers):
        wanted = [(server, each) for each in range(7)]  # the look, and each policy
        for key in wanted if dice.random() >= 0.8 else wanted[:1]:
            kind = min(1, key[1])
            if number > 10_000:
                uses[kind] += 1
                missed[kind] += key not in kept
            if kept.get(key) is None:
                kept[key] = int(sizes[kind])
    assert found.looks == pytest.approx(missed[0] / uses[0], abs=0.03)
    assert found.judgements == pytest.approx(missed[1] / uses[1], abs=0.05)


def test_policies_that_do_not_fit_together_are_judged_alone() -> None:
    """There is no look then, and it costs what it costs without."""
    load = Load(messages_per_day=1, policies=6, memory=PolicyMemory(room=SIX - 1))
    assert not rereading(load.memory or PolicyMemory(room=0), policies=6, skipped=0.8).look_fits
    assert seconds_of_work(SPEEDS, replace(load, skipped=0.8)) == seconds_of_work(SPEEDS, load)


def test_what_is_never_used_takes_no_room() -> None:
    """Where the look settles every message, only what it reads has to fit."""
    memory = PolicyMemory(room=2 * TOKEN_BYTES * joint_tokens(1), servers=2)
    found = rereading(memory, policies=1, skipped=1.0)
    assert (found.looks, found.judgements) == (0.0, 0.0)


@given(st.floats(1e5, 1e11), st.integers(1, 300), st.integers(1, 12), st.none() | st.floats(0, 1))
def test_less_memory_is_never_better(room: float, servers: int, policies: int, skipped: float | None) -> None:
    """Shares stay shares, and what is read again costs time."""
    memory = PolicyMemory(room=room, servers=servers)
    found = rereading(memory, policies=policies, skipped=skipped)
    assert 0.0 <= found.looks <= 1.0
    assert 0.0 <= found.judgements <= 1.0
    more = rereading(replace(memory, room=2 * room), policies=policies, skipped=skipped)
    if more.look_fits == found.look_fits:
        assert more.looks <= found.looks + 1e-6
        assert more.judgements <= found.judgements + 1e-6
    load = Load(messages_per_day=1, policies=policies, skipped=None, memory=memory)
    assert seconds_of_work(SPEEDS, load) >= seconds_of_work(SPEEDS, replace(load, memory=None))
