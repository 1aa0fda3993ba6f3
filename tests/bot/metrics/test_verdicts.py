"""Judgements are counted by outcome and method, with what they took."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from prometheus_client import CollectorRegistry

from bot.metrics.verdicts import VerdictMetrics
from classifier import Judgement, Method, Undecided, UndecidedReason
from classifier.scripted import clear, violation

Read = Callable[..., float | None]
NOBODY: Any = None  #: the message and the policy, which are not counted by


def took(judgement: Any, **changes: Any) -> Judgement:
    """The same verdict with another provenance."""
    return replace(judgement, provenance=replace(judgement.provenance, **changes))  # type: ignore[no-any-return]


def test_every_series_is_there_before_its_first_event(registry: CollectorRegistry, read: Read) -> None:
    """So that ``rate()`` sees the first event, too."""
    VerdictMetrics(registry)
    assert read("bylaw_verdicts_total", outcome="violation", method="cut") == 0
    assert read("bylaw_undecided_total", reason="queue_full") == 0
    assert read("bylaw_tokens_total", kind="reply") == 0


def test_verdicts_are_counted_by_outcome_and_method(registry: CollectorRegistry, read: Read) -> None:
    """With their tokens, and the time that they waited and took."""
    metrics = VerdictMetrics(registry)
    reasoned = {"method": Method.REASONED, "prompt_tokens": 900, "reply_tokens": 40}
    metrics.judged(NOBODY, NOBODY, took(violation("R1"), **reasoned, seconds_waited=3.0, seconds_computed=0.3))
    metrics.judged(NOBODY, NOBODY, took(clear(), **reasoned, seconds_waited=0.05, seconds_computed=0.3))
    assert read("bylaw_verdicts_total", outcome="violation", method="reasoned") == 1
    assert read("bylaw_verdicts_total", outcome="clear", method="reasoned") == 1
    assert (read("bylaw_tokens_total", kind="prompt"), read("bylaw_tokens_total", kind="reply")) == (1800, 80)
    assert read("bylaw_verdict_wait_seconds_bucket", le="0.1") == 1
    assert read("bylaw_verdict_wait_seconds_bucket", le="5.0") == 2
    assert read("bylaw_verdict_compute_seconds_sum") == 0.6


def test_what_is_undecided_is_no_verdict(registry: CollectorRegistry, read: Read) -> None:
    """It is counted by its reason alone; what the judge says about it is in no label."""
    metrics = VerdictMetrics(registry)
    metrics.judged(NOBODY, NOBODY, Undecided(reason=UndecidedReason.DEADLINE, detail="late by 3 s"))
    assert read("bylaw_undecided_total", reason="deadline") == 1
    assert read("bylaw_verdict_wait_seconds_count") == 0


def test_a_message_that_had_its_turn_is_counted_once(registry: CollectorRegistry, read: Read) -> None:
    """`passed` tells again of what `judged` has counted."""
    metrics = VerdictMetrics(registry)
    metrics.judged(NOBODY, NOBODY, clear())
    metrics.passed(NOBODY, {1: clear()})
    assert read("bylaw_verdict_wait_seconds_count") == 1
