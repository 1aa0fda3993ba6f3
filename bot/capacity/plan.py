"""From speeds and traffic to the share of a machine, the delay at the busy hour, and when a second machine is needed.

A machine computes `places` judgements side by side, each at its share of the full speed, so it is a queue with as many
servers (M/G/c). The wait is Erlang's, corrected for service times that differ and for the judgements of a message,
which all come at once (Allen and Cunneen; see https://en.wikipedia.org/wiki/M/G/k_queue). A machine with few judgements
at work is faster for each of them, so at low load the truth is better than what this says.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from bot.capacity.policy_memory import PolicyMemory, joint_tokens, rereading

#: Tokens that gpt-oss-safeguard-20b thought for, in twenty equal parts of 6,215 public replies at medium effort
#: (raxITlabs/gpt-oss-safeguard-testing, November 2025). Nothing is known about low effort.
THINKING = (44, 56, 64, 72, 81, 91, 102, 117, 131, 149, 172, 198, 230, 272, 323, 399, 498, 629, 838, 1240)
MESSAGE_TOKENS = 60  #: a message of middling length with the marks around it
LOOK_TOKENS = 8  #: written or read behind a message for a score
BUSY = 0.8  #: of a machine's time: above it delays grow fast, so another machine is due
DAY_S = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Speeds:
    """What one machine does, all judgements at work together."""

    read: float  #: tokens of prompt a second
    written: float  #: tokens a second
    places: int  #: judgements side by side


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What comes in."""

    messages_per_day: float
    policies: int = 1  #: that cover a message
    busiest: float = 2.0  #: how many times the average comes in the busiest hour
    skipped: float | None = None  #: with the cascade: the share of messages that its look settles
    memory: PolicyMemory | None = None  #: None: what was read of policies is always there when it is needed again


@dataclass(frozen=True, slots=True, kw_only=True)
class CapacityPlan:
    """What that means."""

    machines: int  #: that are planned with
    share: float  #: of the machines' time over a day
    share_at_the_busiest: float  #: 1 or more: it falls behind and catches up later
    delay: float | None  #: seconds from a message to its last verdict, on average in the busiest hour; None: no end
    delay_p95: float | None  #: seconds that one message in twenty takes longer than
    messages_a_day: float  #: that the machines can take if they come evenly
    machines_needed: int  #: so that the busiest hour takes at most `BUSY` of their time


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
    """What a machine needs for a message, on average, when it is fully at work."""
    costs = _costs(speeds, load)
    return costs.look + (1.0 - costs.skipped) * load.policies * costs.judgement(statistics.fmean(THINKING))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Costs:
    """Seconds of a machine that is fully at work."""

    look: float  #: 0 if there is none
    skipped: float  #: share of messages
    begin: float  #: of a judgement: what it reads
    written: float  #: for each token

    def judgement(self, tokens: float) -> float:
        """Under one policy, with so much thinking."""
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
    """The mean and the 95th percentile of what a message takes to its last verdict, its wait included."""
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
    """The mean of the largest of this many draws."""
    parts = len(services)
    return sum(
        each * (((place + 1) / parts) ** count - (place / parts) ** count) for place, each in enumerate(services)
    )


def _quantile(services: Sequence[float], share: float) -> float:
    return services[min(len(services) - 1, int(share * len(services)))]


def _erlang_c(servers: int, offered: float) -> float:
    """How likely it is to wait at all (https://en.wikipedia.org/wiki/Erlang_(unit)#Erlang_C_formula)."""
    blocked = 1.0  # Erlang B, server by server: no factorials
    for count in range(1, servers + 1):
        blocked = offered * blocked / (count + offered * blocked)
    return servers * blocked / (servers - offered * (1.0 - blocked))
