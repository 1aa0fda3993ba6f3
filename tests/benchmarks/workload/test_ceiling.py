"""The ceiling: what must be computed for a workload, and how soon the machine can."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from benchmarks.engine.answers import least_work
from benchmarks.engine.reference_speed import ReferenceSpeed
from benchmarks.engine.results import share_of_bandwidth
from benchmarks.peers.batched_bench import read_speeds
from benchmarks.workload.ceiling import Speed, Work, work_of
from benchmarks.workload.jobs import Job
from benchmarks.workload.traffic import Post

SPEED = Speed(settings="-kvu", sequences=16, prompt=1000.0, decode=250.0)


def job(policy: int, *, tokens: int = 64, message: Sequence[int] = (1, 2, 3)) -> Job:
    prefix = (9, 9, 9, *([policy + 100] * 7))
    return Job(ids=(*prefix, *message), prefix_length=len(prefix), tokens=tokens, post=Post(policy, f"{message}"))


def test_a_message_costs_its_own_tokens_and_what_is_written() -> None:
    """Of 64 tokens that are written 63 are decoded: the first comes with the prompt."""
    assert work_of([job(0)], known=[job(0)]) == Work(messages=1, prompt_tokens=3, decoded_tokens=63)


def test_a_probe_decodes_nothing() -> None:
    """One token behind the prompt comes with the prompt."""
    assert work_of([job(0, tokens=1)], known=[job(0)]).decoded_tokens == 0


def test_a_new_policy_is_computed_once() -> None:
    """What earlier prompts share with a new policy is not computed again, nor the policy for its second message."""
    assert work_of([job(1), job(1)], known=[job(0)]).prompt_tokens == 7 + 2 * 3
    assert work_of([job(0)], known=[]).prompt_tokens == 10 + 3


def test_the_ceiling_is_messages_by_seconds() -> None:
    """A thousand prompt tokens and 250 decoded ones take two seconds at these speeds."""
    work = Work(messages=4, prompt_tokens=1000, decoded_tokens=250)
    assert work.seconds(SPEED) == pytest.approx(2.0)
    assert work.ceiling(SPEED) == pytest.approx(2.0)


def test_the_setting_that_does_the_work_soonest_is_the_yardstick() -> None:
    """A setting that reads fast is chosen for probes, one that decodes fast for writing."""
    reads, writes = replace(SPEED, prompt=2000.0, settings="r"), replace(SPEED, decode=500.0, settings="w")
    reference = ReferenceSpeed(bench=None, tried=(reads, writes), chosen=reads)  # type: ignore[arg-type]
    reference.choose(Work(messages=1, prompt_tokens=60, decoded_tokens=64))
    assert reference.chosen is writes
    reference.choose(Work(messages=1, prompt_tokens=60, decoded_tokens=0))
    assert reference.chosen is reads


def test_the_speed_of_a_workload_is_the_median_of_its_rounds() -> None:
    """One slow minute of the machine does not lower the ceiling."""
    rounds = [replace(SPEED, prompt=prompt, decode=prompt / 4) for prompt in (1000.0, 10.0, 1100.0)]
    speed = ReferenceSpeed(bench=None, tried=(SPEED,), chosen=SPEED, latest=rounds).speed()  # type: ignore[arg-type]
    assert (speed.prompt, speed.decode) == (1000.0, 250.0)


def test_figures_are_read_from_the_programs_lines() -> None:
    """Lines that are no JSON are passed over."""
    output = 'llama_batched_bench\n{"pl": 16, "speed_pp": 976.5, "speed_tg": 279.25, "pp": 600}\n\n'
    assert read_speeds(output, settings="-kvu") == [Speed(settings="-kvu", sequences=16, prompt=976.5, decode=279.25)]


def test_forced_text_counts_as_prompt_and_settled_messages_decode_nothing() -> None:
    """A probe is its prompt and the answer's opening; a reasoned answer decodes what is not forced."""
    settled, reasoned = job(0, tokens=75), job(0, tokens=78, message=(4, 5))
    work = least_work([settled, reasoned], settled=lambda each: each is settled, known=[job(0)], forced=12)
    assert work == Work(messages=2, prompt_tokens=3 + 2 + 2 * 12, decoded_tokens=78 - 12)


def test_the_share_of_bandwidth_is_the_weights_read_at_each_step() -> None:
    """250 tokens a second at 16 sequences are 15.6 steps, each of which reads all weights."""
    assert share_of_bandwidth(SPEED, weights=12_000_000_000, gb_per_s=1000.0) == pytest.approx(0.188, abs=0.001)
    assert share_of_bandwidth(SPEED, weights=12_000_000_000, gb_per_s=0.0) is None
