"""From scores to probabilities, by counts: Venn-Abers predictors over isotonic regression (arXiv 1511.00213).

All that is assumed is that a higher score is no less likely to be a violation. The new score is put among the decided
ones twice, once as a violation and once as none; the two answers enclose the truth, and are far apart where few were
decided. Tests hold the regression against scikit-learn's, which the bot itself does not need.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from operator import itemgetter

Labelled = tuple[float, bool]  #: a score, and whether it was a violation


def probability(score: float, decided: Sequence[Labelled]) -> float:
    """How likely a case with this score is a violation, going by the decided ones. Half where there are none."""
    if_not, if_so = (fitted([*decided, (score, label)])[score] for label in (False, True))
    return if_so / (1 - if_not + if_so)


def fitted(labelled: Sequence[Labelled]) -> dict[float, float]:
    """For each score the share of violations that fits best while the shares rise with the scores (least squares)."""
    blocks: list[tuple[list[float], int, int]] = []  # scores, violations, all
    for score, same in groupby(sorted(labelled), key=itemgetter(0)):
        labels = [label for _, label in same]
        block = ([score], sum(labels), len(labels))
        while blocks and blocks[-1][1] * block[2] >= block[1] * blocks[-1][2]:  # its share is no smaller: one block
            before = blocks.pop()
            block = (before[0] + block[0], before[1] + block[1], before[2] + block[2])
        blocks.append(block)
    return {score: violations / count for scores, violations, count in blocks for score in scores}
