"""From scores to probabilities, by counts: Venn-Abers predictors over isotonic regression (arXiv 1511.00213).

The only assumption is that a higher score is no less likely to be a violation. The new score is added to the decided
ones twice, once as a violation and once not; the two answers enclose the truth, and are far apart if few were decided.
Tests compare the regression with scikit-learn's, which the bot itself doesn't need.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from operator import itemgetter

Labelled = tuple[float, bool]  #: a score, and whether it was a violation


def probability(score: float, decided: Sequence[Labelled]) -> float:
    """The probability that a case with this score is a violation, based on the decided ones. 0.5 if there are none."""
    if_not, if_so = (fitted([*decided, (score, label)])[score] for label in (False, True))
    return if_so / (1 - if_not + if_so)


def fitted(labelled: Sequence[Labelled]) -> dict[float, float]:
    """Isotonic regression: for each score, the best-fitting share of violations that never falls as scores rise (least
    squares)."""
    blocks: list[tuple[list[float], int, int]] = []  # scores, violations, all
    for score, same in groupby(sorted(labelled), key=itemgetter(0)):
        labels = [label for _, label in same]
        block = ([score], sum(labels), len(labels))
        while blocks and blocks[-1][1] * block[2] >= block[1] * blocks[-1][2]:  # its share is no smaller: one block
            before = blocks.pop()
            block = (before[0] + block[0], before[1] + block[1], before[2] + block[2])
        blocks.append(block)
    return {score: violations / count for scores, violations, count in blocks for score in scores}
