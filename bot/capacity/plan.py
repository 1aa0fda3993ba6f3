"""Computes utilisation, delay at the busiest hour, and when a second machine is needed, from speeds and traffic.

A machine computes `places` judgements in parallel, each at its share of the full speed, so it is a queue with that
number of servers (M/G/c). The wait is Erlang's, corrected for varying service times and for a message's judgements
arriving together (Allen and Cunneen; see https://en.wikipedia.org/wiki/M/G/k_queue). A machine with few running
judgements is faster for each of them, so at low load reality is better than this estimate.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from bot.capacity.policy_memory import PolicyMemory, joint_tokens, rereading

#: Reasoning tokens of gpt-oss-safeguard-20b, in twenty equal parts of 6,215 public replies at medium effort
#: (raxITlabs/gpt-oss-safeguard-testing, November 2025). Nothing is known about low effort.
THINKING = (44, 56, 64, 72, 81, 91, 102, 117, 131, 149, 172, 198, 230, 272, 323, 399, 498, 629, 838, 1240)
MESSAGE_TOKENS = 60  #: a message of medium length with its fences
LOOK_TOKENS = 8  #: tokens written or read after a message for a score
BUSY = 0.8  #: of a machine's time: above it delays grow fast, so another machine is due
DAY_S = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Speeds:
    """The speeds of one machine, with all judgements running together."""

    read: float  #: tokens of prompt a second
    written: float  #: tokens a second
    places: int  #: parallel judgements


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """The traffic."""

    messages_per_day: float
    policies: int = 1  #: policies per message
    busiest: float = 2.0  #: busiest hour, as a multiple of the average
    skipped: float | None = None  #: with the cascade: the share of messages that its look settles
    memory: PolicyMemory | None = None  #: None: policies always stay cached


@dataclass(frozen=True, slots=True, kw_only=True)
class CapacityPlan:
    """The resulting plan."""

    machines: int  #: machines in the plan
    share: float  #: of the machines' time over a day
    share_at_the_busiest: float  #: at the busiest hour; 1 or more: it falls behind and catches up later
    delay: float | None  #: mean seconds from a message to its last verdict in the busiest hour; None: unbounded
    delay_p95: float | None  #: seconds that one message in twenty takes longer than
    messages_a_day: float  #: messages a day that the machines can judge if evenly spread
    machines_needed: int  #: machines needed so that the busiest hour uses at most `BUSY` of their time


def plan(speeds: Speeds, load: Load, *, machines: int = 1) -> CapacityPlan:
    """Plan with this many machines of this speed."""
    work = seconds_of_work(speeds, load)
    per_second = load.messages_per_day / DAY_S
    share = per_second * work / machines
    at_the_busiest = share * load.busiest
    delay, delay_p95 = _delays(speeds, load, machines=machines, busy=at_the_busiest)
    return CapacityPlan(
        machines=machines,
        share=share,
        share_at_the_busiest=at_the_busiest,
        delay=delay,
        delay_p95=delay_p95,
        messages_a_day=machines * DAY_S / work,
        machines_needed=max(1, math.ceil(per_second * load.busiest * work / BUSY - 1e-9)),
    )


def seconds_of_work(speeds: Speeds, load: Load) -> float:
    """The mean seconds that a fully loaded machine needs for a message."""
    costs = _costs(speeds, load)
    return costs.look + (1.0 - costs.skipped) * load.policies * costs.judgement(statistics.fmean(THINKING))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Costs:
    """Costs in seconds of a fully loaded machine."""

    look: float  #: 0 if there is none
    skipped: float  #: share of messages
    begin: float  #: reading, per judgement
    written: float  #: writing, per token

    def judgement(self, tokens: float) -> float:
        """The cost under one policy, with this many reasoning tokens."""
        return self.begin + self.written * tokens


def _costs(speeds: Speeds, load: Load) -> _Costs:
    begin, written = MESSAGE_TOKENS / speeds.read, 1.0 / speeds.written
    look, skipped, look_fits = begin + LOOK_TOKENS * written, load.skipped, True
    if load.memory is not None:
        again = rereading(load.memory, policies=load.policies, skipped=skipped)
        begin += again.judgements * joint_tokens(1) / speeds.read
        look += again.looks * joint_tokens(load.policies) / speeds.read
        look_fits = again.look_fits
    if skipped is None or not look_fits:
        look, skipped = 0.0, 0.0
    return _Costs(look=look, skipped=skipped, begin=begin, written=written)


def _delays(speeds: Speeds, load: Load, *, machines: int, busy: float) -> tuple[float | None, float | None]:
    """The mean and the 95th percentile of the time until a message's last verdict, including its wait."""
    if busy >= 1.0:
        return None, None
    servers = machines * speeds.places
    costs = _costs(speeds, load)
    services = [speeds.places * costs.judgement(tokens) for tokens in THINKING]
    mean = statistics.fmean(services)
    uneven = (load.policies + statistics.pvariance(services) / mean**2) / 2.0
    waits = _erlang_c(servers, busy * servers)
    pace = servers * (1.0 - busy) / (mean * uneven)  # at which the queue empties
    look, judged = speeds.places * costs.look, 1.0 - costs.skipped
    slowest, tail = _slowest(services, load.policies), max(0.0, math.log(waits / 0.05) / pace) if waits else 0.0
    p95 = look + tail + (_quantile(services, (1.0 - 0.05 / judged) ** (1.0 / load.policies)) if judged > 0.05 else 0.0)
    return look + waits / pace + judged * slowest, p95


def _slowest(services: Sequence[float], count: int) -> float:
    """The mean of the maximum of this many draws."""
    parts = len(services)
    return sum(
        each * (((place + 1) / parts) ** count - (place / parts) ** count) for place, each in enumerate(services)
    )


def _quantile(services: Sequence[float], share: float) -> float:
    return services[min(len(services) - 1, int(share * len(services)))]


def _erlang_c(servers: int, offered: float) -> float:
    """The probability of having to wait (https://en.wikipedia.org/wiki/Erlang_(unit)#Erlang_C_formula)."""
    blocked = 1.0  # Erlang B, server by server: no factorials
    for count in range(1, servers + 1):
        blocked = offered * blocked / (count + offered * blocked)
    return servers * blocked / (servers - offered * (1.0 - blocked))
