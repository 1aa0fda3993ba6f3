"""How sides are driven, what goes to a worker, and what makes clean traffic."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Awaitable, Callable

import numpy as np
import pytest

from benchmarks.engine.answers import JudgedPost, PoolTooSmall, clean_traffic
from benchmarks.engine.bylaw_batching import job_of, write_exactly
from benchmarks.peers.worker import Order, orders
from benchmarks.workload.load import all_at_once, as_they_come, percentile, take_turns
from benchmarks.workload.traffic import Post
from classifier import Method, Outcome, Provenance, Verdict


class Counting:
    """A side that answers at once, and notes how many were under way together."""

    def __init__(self) -> None:
        self.answered: list[int] = []
        self.most = self.now = 0

    async def answer(self, job: int) -> None:
        self.now += 1
        self.most = max(self.most, self.now)
        await asyncio.sleep(0)
        self.now -= 1
        if job < 0:
            raise ValueError("a job that cannot be done")
        self.answered.append(job)


async def test_everything_waits_at_the_start() -> None:
    """All jobs are under way together, and each is done once."""
    side = Counting()
    assert await all_at_once(side, range(20)) > 0
    assert (sorted(side.answered), side.most) == (list(range(20)), 20)


async def test_a_job_that_fails_ends_the_measurement() -> None:
    """A rate that leaves failures out would be a lie."""
    with pytest.raises(ValueError, match="cannot be done"):
        await all_at_once(Counting(), [1, -1, 2])


async def test_another_side_goes_first_in_every_round() -> None:
    """Each has one turn a round, the yardstick as often as the others."""
    order: list[str] = []

    def turn(name: str) -> Callable[[], Awaitable[None]]:
        async def note() -> None:
            order.append(name)

        return note

    for number in range(4):
        await take_turns([turn("a"), turn("b"), turn("c")], number)
    assert "".join(order) == "abc" + "bca" + "cab" + "abc"


async def test_messages_come_at_their_times() -> None:
    """The side gets them in the order of their times, and latencies are those of the answers."""
    side = Counting()
    latency = await as_they_come(side, [1, 2, 3], [0.002, 0.0, 0.001], rate=5.0)
    assert side.answered == [2, 3, 1]
    assert latency.rate == 5.0
    assert 0 <= latency.p50 <= latency.p95 < 1


def test_percentiles_lie_among_the_values() -> None:
    """The median of three is the middle one; one value is every percentile."""
    assert percentile([3.0, 1.0, 2.0], 50) == 2.0
    assert percentile([7.0], 95) == 7.0


def test_an_order_reads_back_as_it_was_sent() -> None:
    """Lines hold everything that a worker needs."""
    line = json.dumps({"number": 3, "ids": [1, 2, 3], "prefix_length": 2, "tokens": 64}).encode() + b"\n"
    assert list(orders(io.BytesIO(line * 2))) == [Order(3, (1, 2, 3), 2, 64)] * 2


def test_the_core_writes_exactly_as_many_tokens_as_it_is_told() -> None:
    """It takes the likeliest token each time, and the last one is not read again."""
    job = job_of(Order(1, (5, 6, 7), 2, 3))
    assert (job.prefix, job.prompt) == ((5, 6), (7,))
    writing = write_exactly(3)
    fed = [next(writing).ids]
    fed += [writing.send(np.eye(8, dtype=np.float32)[token]).ids for token in (4, 2)]
    with pytest.raises(StopIteration) as finished:
        writing.send(np.eye(8, dtype=np.float32)[1])
    assert fed == [(), (4,), (2,)]
    assert finished.value.value.ids == (4, 2, 1)


def judged(number: int, *, settled: bool, clear: bool) -> JudgedPost:
    verdict = Verdict(
        outcome=Outcome.CLEAR if clear else Outcome.VIOLATION,
        rule_ids=() if clear else ("R1",),
        score=0.1 if clear else 0.9,
        rationale="",
        provenance=Provenance(method=Method.REASONED, judge="test", policy_fingerprint="p"),
    )
    return JudgedPost(Post(number, "text"), settled, verdict)


POOL = [judged(i, settled=i % 4 < 2, clear=i % 2 == 0) for i in range(400)]


def test_clean_traffic_is_97_percent_clear_and_the_probe_settles_80() -> None:
    """The shares hold to the message, and no message comes twice."""
    chosen = clean_traffic(POOL, 100)
    assert sum(each.clear for each in chosen) == 97
    assert sum(each.settled for each in chosen) == 80
    assert all(each.clear for each in chosen if each.settled)
    assert len({each.post for each in chosen}) == 100


def test_a_pool_that_is_too_small_is_named() -> None:
    """A model that answers everything alike gives no clean traffic."""
    with pytest.raises(PoolTooSmall, match="the pool has 0 messages of a kind"):
        clean_traffic([each for each in POOL if each.settled], 100)
