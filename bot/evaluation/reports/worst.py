"""The worst errors: those with the most confident answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bot.evaluation.figures.answers import Answers, Booleans
from bot.evaluation.figures.summary import SetFigures
from bot.evaluation.runs.prediction import Prediction

SHOWN = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Worst:
    """Errors of a run about its main label, most confident first."""

    alarms: Sequence[Prediction]  #: flagged though clear
    misses: Sequence[Prediction]  #: not flagged though a violation


def worst_errors(found: SetFigures, *, shown: int = SHOWN) -> Worst:
    """The false alarms with the highest scores and the misses with the lowest."""
    answers = found.main.answers
    by_row = {each.row: each for each in found.predictions}
    alarms = answers.decided & answers.flagged & ~answers.truth
    misses = answers.decided & ~answers.flagged & answers.truth
    return Worst(
        alarms=[by_row[row] for row in _first(answers, alarms, -answers.score, shown)],
        misses=[by_row[row] for row in _first(answers, misses, answers.score, shown)],
    )


def _first(answers: Answers, mask: Booleans, by: np.ndarray[tuple[int], np.dtype[np.float64]], shown: int) -> list[int]:
    places = np.flatnonzero(mask)
    return [int(answers.row[place]) for place in places[np.argsort(by[places], kind="stable")][:shown]]
