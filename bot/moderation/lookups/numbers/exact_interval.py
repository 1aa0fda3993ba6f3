"""The exact interval for a share (Clopper and Pearson, 1934), without SciPy, which the bot itself does not need.

`bot.evaluation.figures` takes it from statsmodels, which comes with the extra `eval`. A test compares the two.
"""

from __future__ import annotations

import math

CONFIDENCE = 0.95
_STEPS = 40  # halvings: the bounds are exact to twelve places
_MOST_TERMS = 2_000
_TINY = 1e-300


def exact_interval(part: int, whole: int, *, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """The interval of the true share when `part` of `whole` were counted; (0, 1) if nothing was counted.

    Raises:
        ValueError: `part` is negative or more than `whole`.
    """
    if not 0 <= part <= whole:
        raise ValueError("a part is between 0 and the whole")
    tail = (1 - confidence) / 2
    low = 0.0 if part == 0 else _share_with(tail, part, whole - part + 1)
    high = 1.0 if part == whole else _share_with(1 - tail, part + 1, whole - part)
    return low, high


def _share_with(probability: float, a: int, b: int) -> float:
    """The quantile of the Beta distribution, by bisection, because its distribution function is monotonic."""
    low, high = 0.0, 1.0
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if _beta(middle, a, b) < probability:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _beta(x: float, a: float, b: float) -> float:
    """The regularised incomplete beta function, for 0 < x < 1."""
    if x > (a + 1) / (a + b + 2):  # if the fraction below converges slowly, the mirrored one is fast
        return 1 - _beta(1 - x, b, a)
    front = math.exp(
        math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x) - math.log(a)
    )
    return front * _fraction(x, a, b)


def _fraction(x: float, a: float, b: float) -> float:
    """The continued fraction of the incomplete beta function by Lentz's method (NIST DLMF 8.17.22)."""
    numerator, denominator = 1.0, 1 / ((1 - (a + b) * x / (a + 1)) or _TINY)
    total = denominator
    for m in range(1, _MOST_TERMS):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for term in (even, odd):
            denominator = 1 / ((1 + term * denominator) or _TINY)
            numerator = (1 + term / numerator) or _TINY
            total *= numerator * denominator
        if abs(numerator * denominator - 1) < 1e-15:
            break
    return total
