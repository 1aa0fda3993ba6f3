"""The smallest difference between two runs that a set can show."""

from __future__ import annotations

import math

from scipy.stats import norm

SIGNIFICANCE = 0.05
POWER = 0.8
#: The share of rows on which two runs differ: how often the model's answers to the same prompt differ
#: (docs/judge-card.md).
FLIPS = 0.13

#: Flips that all go one way are significant in McNemar's exact test from this many on: 2 * 0.5 ** 6 < 0.05.
FEWEST_FLIPS = math.ceil(1 - math.log2(SIGNIFICANCE))


def least_difference(rows: int) -> float | None:
    """The smallest share of rows that can be significant at all, if every flip goes one way; None if none can."""
    return FEWEST_FLIPS / rows if rows >= FEWEST_FLIPS else None


def likely_difference(rows: int, *, flips: float = FLIPS) -> float | None:
    """The difference that is detected with 80 % power when this share of rows flips; None if even all flips are too
    few.

    Connor's formula for paired shares (Biometrics 43, 1987), solved for the difference.
    """
    significance, power = float(norm.ppf(1 - SIGNIFICANCE / 2)), float(norm.ppf(POWER))
    # rows * d^2 = (a * sqrt(flips) + b * sqrt(flips - d^2))^2 grows on the left and falls on the right
    low, high = 0.0, flips
    if rows * flips**2 < (significance * math.sqrt(flips) + power * math.sqrt(flips - flips**2)) ** 2:
        return None
    for _ in range(60):
        middle = (low + high) / 2
        needed = (significance * math.sqrt(flips) + power * math.sqrt(flips - middle**2)) ** 2
        low, high = (low, middle) if rows * middle**2 >= needed else (middle, high)
    return high
