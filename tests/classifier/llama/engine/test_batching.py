"""Many jobs over a made-up model: none is lost, answered twice or kept waiting, and none reads another's tokens."""

from __future__ import annotations

import dataclasses
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier.llama.engine.batching import Batching, Ending, Job, JobResult, no_reply, share_out
from classifier.llama.engine.decoding import Feed, Writing
from classifier.llama.engine.model import OutOfMemory
from classifier.llama.engine.prefix_cache import PrefixCache
from classifier.llama.engine.reply_form import Reply, Thinking
from tests.fakes.toy_decoder import ToyDecoder, wanted


class StepClock:
    """One second passes with each step."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@dataclass(frozen=True)
class Plan:
    """What a job is to do. Its reply is all that it was shown, so it tells what the model saw."""

    prefix: int = 0
    common: int = 0  # tokens that the prefixes begin with
    prompt: int = 5
    reply: int = 3
    forced: int = 1  # tokens that go in before each choice
    afresh_after: int | None = None  # choices, then the reply starts over
    deadline: float = math.inf
    urgent: bool = False

    @property
    def ids(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        prefix = (*range(self.common), *(100 * self.prefix + i for i in range(11))) if self.prefix else ()
        return prefix, tuple(1000 + i for i in range(self.prompt))

    def job(self) -> Job:
        prefix, prompt = self.ids
        return Job(prefix=prefix, prompt=prompt, writing=self.write(), deadline=self.deadline, urgent=self.urgent)

    def write(self) -> Writing:
        seen: list[int] = []
        last, afresh = 0, False
        for number in range(self.reply):
            row = yield Feed((*[7] * (self.forced - 1), last), afresh)
            last = int(row.argmax())
            seen.append(last)
            afresh = number + 1 == self.afresh_after
        return Reply(tuple(seen), 0.5, 1.0, Thinking.NONE)

    def expected(self) -> tuple[int, ...]:
        """What the reply is when the model sees this job's tokens and no others."""
        prefix, prompt = self.ids
        start = [*prefix, *prompt]
        sequence, seen, last = list(start), [], 0
        for number in range(self.reply):
            if number == self.afresh_after:
                sequence = list(start)
            sequence += [*[7] * (self.forced - 1), last]
            last = wanted(sequence)
            seen.append(last)
        return tuple(seen)


def batching(decoder: ToyDecoder | None = None, *, room: int = 1000, **options: Any) -> Batching[tuple[int, ...]]:
    options = {"clock": StepClock(), **options}
    return Batching(decoder or ToyDecoder(), PrefixCache(most_bytes=room, size_of=len), **options)


def run(batch: Batching[tuple[int, ...]], jobs: Sequence[Job], *, steps: int = 10_000) -> list[JobResult]:
    """Add the jobs and step until nothing is left to do."""
    for job in jobs:
        batch.add(job)
    done = []
    for _ in range(steps):
        if not batch.busy:
            return done
        batch.step()
        done += batch.take_done()
    raise AssertionError("it does not come to an end")


plans = st.builds(
    Plan,
    prefix=st.integers(0, 5),
    common=st.sampled_from([0, 4, 70, 150]),
    prompt=st.integers(0, 90),
    reply=st.integers(1, 6),
    forced=st.integers(1, 40),
    afresh_after=st.none() | st.integers(1, 5),
    deadline=st.just(math.inf) | st.integers(0, 60).map(float),
    urgent=st.booleans(),
)


@settings(max_examples=300)
@given(
    arrivals=st.lists(st.tuples(st.integers(0, 40), plans, st.none() | st.integers(0, 60)), max_size=25),
    sequences=st.integers(1, 6),
    batch_tokens=st.integers(1, 64),
    room=st.integers(0, 60) | st.just(1000),
    join_together=st.integers(1, 4),
)
def test_whatever_arrives_everyone_gets_one_answer_and_the_right_one(
    arrivals: list[tuple[int, Plan, int | None]], sequences: int, batch_tokens: int, room: int, join_together: int
) -> None:
    """Random arrivals, cancellations and deadlines, few or many sequences, prefixes kept or dropped.

    A finished job's reply is the one that it gets alone, so it saw its own tokens and no others'.
    """
    clock = StepClock()
    decoder = ToyDecoder(sequences, batch_tokens)
    batch = batching(decoder, room=room, clock=clock, join_together=join_together)
    jobs = {plan_number: plan.job() for plan_number, (_, plan, _) in enumerate(arrivals)}
    ended: Counter[Job] = Counter()
    cancelled: set[Job] = set()
    while clock.now < 61 or batch.busy:
        for number, (comes, _, _) in enumerate(arrivals):
            if comes == clock.now:
                batch.add(jobs[number])
        for number, (_, _, goes) in enumerate(arrivals):
            if goes == clock.now and batch.cancel(jobs[number]):
                cancelled.add(jobs[number])
        batch.step()
        for done in batch.take_done():
            ended[done.job] += 1
            plan = next(arrivals[number][1] for number, job in jobs.items() if job is done.job)
            if done.ending is Ending.LATE:
                assert clock.now >= done.job.deadline
            else:
                assert done.ending is Ending.FINISHED
                assert clock.now < done.job.deadline
                assert done.reply is not None
                assert done.reply.ids == plan.expected()
        clock.now += 1
        assert clock.now < 20_000, "somebody starves"
    assert ended == Counter({job: 1 for job in jobs.values() if job not in cancelled})


@given(st.lists(plans, min_size=1, max_size=12), st.sets(st.integers(1, 60), max_size=5))
def test_a_lack_of_memory_loses_nobody(work: list[Plan], failures: set[int]) -> None:
    """Whenever it happens: what has not ended can be taken out and started over over an empty decoder."""
    decoder = ToyDecoder(3, 16, fails_at=frozenset(failures))
    batch = batching(decoder)
    todo = {plan.job(): plan for plan in (dataclasses.replace(each, deadline=math.inf) for each in work)}
    for job in todo:
        batch.add(job)
    answers = 0
    while batch.busy:
        fails = False
        try:
            batch.step()
        except OutOfMemory:
            fails = True
        for done in batch.take_done():
            assert done.reply is not None
            assert done.reply.ids == todo.pop(done.job).expected()
            answers += 1
        if fails:
            todo = {todo[job].job(): todo[job] for job in batch.evacuate()}
            batch = batching(decoder)
            for held in decoder.held:
                held.clear()
            for job in todo:
                batch.add(job)
    assert (answers, todo) == (len(work), {})


def test_a_prefix_is_read_once_and_shared() -> None:
    """Ten jobs under one policy that come together: its tokens go through the model one time."""
    decoder = ToyDecoder(4, 1000)
    done = run(batching(decoder), [Plan(prefix=1, prompt=3, reply=1).job() for _ in range(10)])
    assert len(done) == 10
    assert sum(decoder.read) == 11 + 10 * 3


def test_what_prefixes_have_in_common_is_read_twice_at_most() -> None:
    """The second prefix shows what it is; from the third on it is there. A few tokens are not worth it."""
    decoder = ToyDecoder(4, 1000)
    batch = batching(decoder)
    took = []
    for number in (1, 2, 3, 4):
        (done,) = run(batch, [Plan(prefix=number, common=80, prompt=5, reply=2).job()])
        assert done.reply is not None
        assert done.reply.ids == Plan(prefix=number, common=80, prompt=5, reply=2).expected()
        took.append(sum(decoder.read) - sum(took))
    assert took == [80 + 11 + 5, 80 + 11 + 5, 11 + 5, 11 + 5]
    run(batch, [Plan(prefix=number, common=20, prompt=5, reply=1).job() for number in (5, 6)])
    assert sum(decoder.read) - sum(took) == 2 * (20 + 11 + 5)


def test_a_prefix_that_is_not_kept_is_read_again() -> None:
    """Where there is no room for it, everything still works."""
    decoder = ToyDecoder(2, 1000)
    done = run(batching(decoder, room=5), [Plan(prefix=1, prompt=3, reply=1).job() for _ in range(3)])
    assert [each.ending for each in done] == [Ending.FINISHED] * 3
    assert sum(decoder.read) == 3 * (11 + 3)


def test_a_prefix_alone_can_be_wanted() -> None:
    """A policy that was just published: its job ends when it is read, and the next one finds it."""
    decoder = ToyDecoder()
    batch = batching(decoder)
    prefix, _ = Plan(prefix=2).ids
    (done,) = run(batch, [Job(prefix=prefix, writing=no_reply(), deadline=math.inf)])
    assert (done.ending, done.reply) == (Ending.FINISHED, None)
    before = sum(decoder.read)
    (again,) = run(batch, [Job(prefix=prefix, writing=no_reply(), deadline=math.inf)])
    assert again.ending is Ending.FINISHED
    run(batch, [Plan(prefix=2, prompt=4, reply=1).job()])
    assert sum(decoder.read) == before + 4


def test_a_long_message_does_not_hold_up_the_others() -> None:
    """While 5,000 tokens are read, those that write get a token with every step, and new ones join and end."""
    decoder = ToyDecoder(3, 32)
    batch = batching(decoder)
    writing, long = Plan(reply=100).job(), Plan(prompt=5000).job()
    batch.add(writing)
    batch.step()
    batch.add(long)
    batch.step()
    batch.add(Plan(prompt=10, reply=2).job())
    before = len(decoder.chosen)
    ended = []
    for _ in range(10):
        batch.step()
        ended += batch.take_done()
    assert all(0 in chosen for chosen in decoder.chosen[before:])
    assert [done.reply is not None for done in ended] == [True]
    assert max(decoder.read) <= 32


def test_an_urgent_job_goes_first() -> None:
    """Before those that came earlier and are not urgent, behind those that are."""
    batch = batching(ToyDecoder(1, 100))
    names = {Plan(prompt=number, urgent=number in (3, 4)).job(): number for number in range(1, 6)}
    done = run(batch, list(names))
    assert [names[each.job] for each in done] == [3, 4, 1, 2, 5]


def test_a_late_job_leaves_before_it_costs_anything_more() -> None:
    """Waiting or at work; its place is free for the next one."""
    clock = StepClock()
    batch = batching(ToyDecoder(1, 100), clock=clock)
    first, second, third = Plan(reply=50, deadline=3).job(), Plan(deadline=2).job(), Plan(reply=1).job()
    for job in (first, second, third):
        batch.add(job)
    endings = []
    for _ in range(6):
        batch.step()
        endings += [(done.job, done.ending, clock.now) for done in batch.take_done()]
        clock.now += 1
    assert endings == [(second, Ending.LATE, 2), (first, Ending.LATE, 3), (third, Ending.FINISHED, 3)]
    assert (first.reply_tokens > 1, second.reply_tokens) == (True, 0)  # what it did cost is known, answer or not


def test_a_cancelled_job_is_gone_at_once() -> None:
    """Waiting, at work, in the middle of its prefix; a second time there is nothing to cancel."""
    decoder = ToyDecoder(1, 4)
    batch = batching(decoder)
    at_work, waiting = Plan(prefix=1).job(), Plan(prefix=1, reply=1)
    batch.add(at_work)
    batch.step()
    assert decoder.held[0]
    job = waiting.job()
    batch.add(job)
    assert (batch.cancel(at_work), batch.cancel(at_work)) == (True, False)
    assert not decoder.held[0]
    (done,) = run(batch, [])
    assert done.reply is not None
    assert done.reply.ids == waiting.expected()
    assert not batch.cancel(job)


def test_a_fault_ends_its_own_job_alone() -> None:
    """Whether it comes before the first token or later."""

    def faulty(after: int) -> Writing:
        for _ in range(after):
            yield Feed((1,))
        raise ZeroDivisionError

    good = Plan(reply=5)
    jobs = [Job(prefix=(), prompt=(1,), writing=faulty(after), deadline=math.inf) for after in (0, 2)]
    done = run(batching(), [*jobs, good.job()])
    assert [type(each.error) for each in done] == [ZeroDivisionError, ZeroDivisionError, type(None)]
    assert done[-1].reply == Reply(good.expected(), 0.5, 1.0, Thinking.NONE)


def test_jobs_join_together_when_the_model_is_busy() -> None:
    """With all sequences at work they wait for a second free one, but not forever."""
    decoder = ToyDecoder(2, 1000)
    batch = batching(decoder, join_together=2)
    for reply in (1, 30, 1):
        batch.add(Plan(reply=reply).job())
    for _ in range(7):
        batch.step()
    assert decoder.read == [10]
    for _ in range(3):
        batch.step()
    assert decoder.read == [10, 5]


@given(st.dictionaries(st.integers(0, 9), st.integers(1, 100), min_size=1), st.integers(1, 120))
def test_shares_are_fair_and_use_all_there_is(wanted_tokens: dict[int, int], tokens: int) -> None:
    """The first in line gets half or all it wants, nobody more than that, and nothing is left over."""
    shares = share_out(wanted_tokens, tokens)
    first = next(iter(wanted_tokens))
    assert sum(shares.values()) == min(tokens, sum(wanted_tokens.values()))
    assert all(0 < share <= wanted_tokens[number] for number, share in shares.items())
    assert shares[first] >= min(wanted_tokens[first], tokens // 2)


@pytest.mark.parametrize("long", [1000])
def test_short_texts_are_read_before_long_ones(long: int) -> None:
    """Behind the half of the first in line."""
    assert share_out({1: long, 2: long, 3: 10, 4: 20}, 100) == {1: 50, 3: 10, 4: 20, 2: 20}


def test_how_prefixes_were_come_by_is_counted() -> None:
    """Read once, put into each other sequence from memory, and held where the sequence had it already."""
    batch = batching(ToyDecoder(2, 64))
    run(batch, [Plan(prefix=1).job()])
    run(batch, [Plan(prefix=1).job() for _ in range(2)])
    run(batch, [Plan(prefix=2).job(), Plan().job()])
    use = batch.prefix_use
    assert (use.read, use.held, use.restored) == (2, 1, 1)


def test_tokens_that_are_not_computed_again_are_counted() -> None:
    """Of a prefix that is kept all, of one that begins like a kept one the beginning, and of a prompt's own part none.
    Another batching, as after a lack of memory, counts on."""
    batch = batching(ToyDecoder(2, 64))
    jobs = [Plan(prefix=1).job() for _ in range(3)]
    for job in jobs:
        run(batch, [job])
    prefix, prompt = len(jobs[0].prefix), len(jobs[0].prompt)
    assert (batch.prefix_use.tokens, batch.prefix_use.reused_tokens) == (3 * (prefix + prompt), 2 * prefix)
