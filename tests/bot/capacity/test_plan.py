"""Planning: known queues come out right, and more of anything never makes it better than it is."""

from __future__ import annotations

import random
import statistics
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.capacity import plan as planning
from bot.capacity.plan import BUSY, DAY_S, THINKING, Load, Speeds, plan, seconds_of_work

SPEEDS = Speeds(read=1_000.0, written=300.0, places=32)


def test_the_work_of_a_message_is_what_is_read_and_written() -> None:
    """For each policy; the cascade adds a look and takes away what it settles."""
    one = 60 / 1_000 + statistics.fmean(THINKING) / 300
    assert seconds_of_work(SPEEDS, Load(messages_per_day=1)) == pytest.approx(one)
    six = Load(messages_per_day=1, policies=6)
    assert seconds_of_work(SPEEDS, six) == pytest.approx(6 * one)
    look = 60 / 1_000 + 8 / 300
    assert seconds_of_work(SPEEDS, replace(six, skipped=0.9)) == pytest.approx(look + 0.6 * one)
    assert seconds_of_work(SPEEDS, replace(six, skipped=1.0)) == pytest.approx(look)


def test_shares_and_machines() -> None:
    """Twice the average at the busiest hour; another machine where a fifth would not stay free."""
    work = seconds_of_work(SPEEDS, Load(messages_per_day=1))
    half = 0.5 * DAY_S / work
    found = plan(SPEEDS, Load(messages_per_day=half, busiest=2.0))
    assert (found.share, found.share_at_the_busiest) == (pytest.approx(0.5), pytest.approx(1.0))
    assert (found.delay, found.delay_p95, found.machines_needed) == (None, None, 2)
    assert found.messages_a_day == pytest.approx(DAY_S / work)
    fitting = plan(SPEEDS, Load(messages_per_day=BUSY * DAY_S / work / 2.0, busiest=2.0))
    assert fitting.machines_needed == 1
    assert fitting.delay is not None


@pytest.mark.parametrize(("servers", "offered", "waits"), [(1, 0.5, 0.5), (2, 1.0, 1 / 3), (10, 8.0, 0.4092)])
def test_erlangs_formula(servers: int, offered: float, waits: float) -> None:
    """Known values: with one server the chance is the load itself."""
    assert planning._erlang_c(servers, offered) == pytest.approx(waits, abs=1e-4)


def test_the_delay_is_near_that_of_a_simulated_queue() -> None:
    """A queue with 4 places at three quarters of its load, message by message."""
    speeds = Speeds(read=10_000.0, written=300.0, places=4)
    per_second = 0.75 / seconds_of_work(speeds, Load(messages_per_day=1))
    found = plan(speeds, Load(messages_per_day=per_second * DAY_S, busiest=1.0))
    dice, now, free, delays = random.Random(3), 0.0, [0.0] * 4, list[float]()
    for _ in range(60_000):
        now += dice.expovariate(per_second)
        place = min(range(4), key=free.__getitem__)
        free[place] = max(now, free[place]) + 4 * (60 / 10_000 + dice.choice(THINKING) / 300)
        delays.append(free[place] - now)
    assert found.delay == pytest.approx(statistics.fmean(delays), rel=0.15)
    assert found.delay_p95 is not None
    assert found.delay_p95 >= statistics.quantiles(delays, n=20)[-1] * 0.95


@given(st.floats(1, 1e7), st.integers(1, 20), st.floats(0, 1), st.integers(1, 64))
def test_more_work_is_never_less(messages: float, policies: int, skipped: float, machines: int) -> None:
    """Of messages, of policies; and the cascade costs at most its look."""
    load = Load(messages_per_day=messages, policies=policies)
    found = plan(SPEEDS, load, machines=machines)
    assert plan(SPEEDS, replace(load, messages_per_day=2 * messages), machines=machines).share > found.share
    assert plan(SPEEDS, replace(load, policies=policies + 1), machines=machines).share > found.share
    cascade = seconds_of_work(SPEEDS, replace(load, skipped=skipped))
    assert cascade <= seconds_of_work(SPEEDS, load) + 60 / 1_000 + 8 / 300 + 1e-9
    assert found.machines_needed >= 1
    if found.delay is not None:
        assert 0 < found.delay < float("inf")


def test_a_message_waits_for_its_last_verdict() -> None:
    """More policies take longer even on an idle machine; what the cascade settles is quicker."""
    idle = Load(messages_per_day=10)
    one, six = plan(SPEEDS, idle), plan(SPEEDS, replace(idle, policies=6))
    settled = plan(SPEEDS, replace(idle, policies=6, skipped=0.9))
    assert one.delay is not None
    assert six.delay is not None
    assert settled.delay is not None
    assert one.delay < six.delay
    assert settled.delay < six.delay / 2
    lengths = random.Random(1)
    drawn = [max(lengths.choice(THINKING) for _ in range(6)) for _ in range(40_000)]
    assert six.delay == pytest.approx(32 * (60 / 1_000 + statistics.fmean(drawn) / 300), rel=0.02)
