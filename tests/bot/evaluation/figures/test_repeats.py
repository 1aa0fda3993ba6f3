"""How often an answer changes, counted against the first one."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from scipy.stats import beta

from bot.evaluation.figures.repeats import repeatability_of
from bot.evaluation.runs.repeats import Circumstance, Repeat

MakeRepeat = Callable[..., Repeat]
ALONE, BESIDE, RESTARTED = Circumstance


def test_each_circumstance_is_counted_against_the_first_answer(repeat_factory: MakeRepeat) -> None:
    """Row 1 never changes, row 2 does beside others, row 3 after a restart, row 4 loses its verdict alone."""
    repeats = [
        repeat_factory(row, circumstance, number, outcome=outcome, beside=beside, start=start)
        for row, flips in ((1, ()), (2, (BESIDE,)), (3, (RESTARTED,)), (4, (ALONE,)))
        for circumstance, number, beside, start in (
            (ALONE, 1, 0, "a"),
            (ALONE, 2, 0, "a"),
            (BESIDE, 1, 31, "a"),
            (BESIDE, 2, 31, "a"),
            (RESTARTED, 2, 0, "b"),
        )
        for outcome in (
            "undecided"
            if circumstance is ALONE and number == 2 and ALONE in flips
            else "violation"
            if circumstance in flips and number == 2
            else "clear",
        )
    ]
    alone, beside, restarted = repeatability_of(repeats)
    assert [(each.circumstance, each.rows, each.asked, each.changed) for each in (alone, beside, restarted)] == [
        (ALONE, 4, 4, 1),
        (BESIDE, 4, 8, 1),
        (RESTARTED, 4, 4, 1),
    ]
    assert (alone.undecided, beside.undecided, beside.beside) == (1, 0, 31)
    assert beside.interval == pytest.approx((beta.ppf(0.025, 1, 4), beta.ppf(0.975, 2, 3)))


def test_other_rules_and_moved_scores_are_told_apart(repeat_factory: MakeRepeat) -> None:
    """The same verdict for another reason is no change of the verdict."""
    first = repeat_factory(1, outcome="violation", rules=("R1",), score=0.9)
    other = repeat_factory(1, ALONE, 2, outcome="violation", rules=("R2",), score=0.7)
    (found,) = repeatability_of([first, other])
    assert (found.changed, found.other_rules, round(found.moved, 6)) == (0, 1, 0.2)


def test_an_answer_alone_after_a_break_counts_as_after_a_restart(repeat_factory: MakeRepeat) -> None:
    """With what was asked after a restart anyway. No answer is left out because it came from another start."""
    repeats = [
        repeat_factory(1),
        repeat_factory(1, ALONE, 2),
        repeat_factory(1, RESTARTED, 2, start="b"),
        repeat_factory(1, ALONE, 3, outcome="violation", start="c"),
    ]
    alone, restarted = repeatability_of(repeats)
    assert [(each.circumstance, each.rows, each.asked, each.changed) for each in (alone, restarted)] == [
        (ALONE, 1, 1, 0),
        (RESTARTED, 1, 2, 1),
    ]


def test_nothing_is_compared_without_a_difference_or_a_first_answer(repeat_factory: MakeRepeat) -> None:
    """A restart that was none says nothing about restarts."""
    assert repeatability_of([repeat_factory(1), repeat_factory(1, RESTARTED, 2, outcome="violation")]) == ()
    assert repeatability_of([repeat_factory(1, BESIDE, 1, beside=3)]) == ()
    assert repeatability_of([]) == ()


def test_a_planted_rate_of_flips_is_covered(repeat_factory: MakeRepeat) -> None:
    """By its interval, in at least 95 % of 1,000 runs."""
    covered = 0
    for seed in range(1_000):
        dice = random.Random(seed)
        repeats = [repeat_factory(row) for row in range(60)] + [
            repeat_factory(row, ALONE, 2, outcome="violation" if dice.random() < 0.13 else "clear") for row in range(60)
        ]
        (found,) = repeatability_of(repeats)
        assert found.interval is not None
        covered += found.interval[0] <= 0.13 <= found.interval[1]
    assert covered >= 950
