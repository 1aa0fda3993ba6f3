"""The check of the promise by sampling."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.moderation.cascade.audit import (
    LEAST_CHANCE,
    MOST_CHANCE,
    PERIOD,
    Period,
    chance_of_audit,
    count_audited,
    count_found,
    is_broken,
    recall_shown,
)

RECALL = 0.95


def watched(recall: float, violations: int, seed: int) -> tuple[bool, tuple[Period, ...]]:
    """This many violations of which this share is found, one after the other, with a look after each; was there ever an
    alarm, and what was counted."""
    chance = random.Random(seed)
    periods: tuple[Period, ...] = ()
    alarm = False
    for _ in range(violations):
        if chance.random() < recall:
            periods = count_found(periods)
        elif chance.random() < (audit := chance_of_audit(chance.random(), 1.0)):
            periods = count_audited(periods, chance=audit, missed=True)
            alarm = alarm or is_broken(periods, RECALL)
    return alarm, periods


def test_a_kept_promise_seldom_alarms() -> None:
    """With a recall of exactly what was promised, fewer than one of twenty runs ever alarms, although each is looked at
    2,000 times."""
    alarms = sum(watched(RECALL, 2_000, seed)[0] for seed in range(200))
    assert alarms <= 10


@pytest.mark.parametrize(("recall", "least"), [(0.80, 0.95), (0.88, 0.75)])
def test_a_broken_promise_alarms(recall: float, least: float) -> None:
    """The more is missed, the surer."""
    alarms = sum(watched(recall, 2_000, seed)[0] for seed in range(60))
    assert alarms >= least * 60


def test_good_times_do_not_hide_bad_ones() -> None:
    """After 3,000 violations found, recall falls: noticed nearly as soon as without them."""
    periods: tuple[Period, ...] = ()
    for _ in range(3_000):
        periods = count_found(periods)
    for _ in range(6):
        for _ in range(10):
            periods = count_found(periods)
        periods = count_audited(periods, chance=0.3, missed=True)
    assert is_broken(periods, 0.99)
    assert not is_broken((Period(found=3_060, misses=(0.3,) * 6),), 0.99)


@pytest.mark.parametrize("recall", [0.80, 0.95, 0.99])
def test_the_interval_holds_the_true_recall(recall: float) -> None:
    """In at least 95 % of runs, at a moment that nobody chose in advance."""
    inside = 0
    for seed in range(100):
        shown = recall_shown(watched(recall, random.Random(seed).randrange(200, 1_500), seed)[1])
        inside += shown.at_least <= recall <= shown.at_most
    assert inside >= 95


def test_nothing_seen_shows_nothing() -> None:
    """Every recall is possible."""
    shown = recall_shown(())
    assert (shown.estimate, shown.at_least, shown.at_most, shown.audited) == (None, 0.0, 1.0, 0)


@given(st.floats(0.0, 1.0), st.floats(0.0, 1.0))
def test_the_nearer_to_the_threshold_the_likelier(score: float, threshold: float) -> None:
    """Never below the least chance nor above the most."""
    low, high = sorted((score, threshold))
    assert LEAST_CHANCE <= chance_of_audit(low, high) <= MOST_CHANCE
    assert chance_of_audit(low / 2, high) <= chance_of_audit(low, high)


def test_the_estimate_counts_each_miss_for_those_that_were_not_sampled() -> None:
    """A miss that was met with a chance of one in ten stands for ten."""
    periods: tuple[Period, ...] = ()
    for _ in range(90):
        periods = count_found(periods)
    periods = count_audited(count_audited(periods, chance=0.1, missed=True), chance=0.1, missed=False)
    shown = recall_shown(periods)
    assert shown.estimate == pytest.approx(0.9)
    assert (shown.audited, shown.missed) == (2, 1)


def test_periods_are_as_long_as_they_may_be() -> None:
    """Each ends with the same number of violations found, so what is kept grows slowly."""
    periods: tuple[Period, ...] = ()
    for _ in range(3 * PERIOD + 1):
        periods = count_found(periods)
    assert [each.found for each in periods] == [PERIOD, PERIOD, PERIOD, 1]
