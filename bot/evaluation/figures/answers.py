"""The answers of a run about one label, as arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from bot.evaluation.runs.prediction import Prediction
from bot.evaluation.sets.card import Label

Booleans = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """The right answers and the judge's, row by row; all arrays have the same length."""

    label: str
    row: Whole  #: line numbers
    truth: Booleans
    flagged: Booleans  #: False if the judge is undecided
    decided: Booleans
    score: Floats  #: 0 if the judge is undecided
    cluster: Whole  #: from 0, without gaps

    def __len__(self) -> int:
        return len(self.row)

    @property
    def only_decided(self) -> Answers:
        """The rows that have a verdict."""
        return self.taken(self.decided)

    def taken(self, mask: Booleans) -> Answers:
        """The rows selected by the mask."""
        return replace(
            self,
            row=self.row[mask],
            truth=self.truth[mask],
            flagged=self.flagged[mask],
            decided=self.decided[mask],
            score=self.score[mask],
            cluster=np.unique(self.cluster[mask], return_inverse=True)[1].astype(np.int64),
        )


def answers_about(label: Label, predictions: Sequence[Prediction]) -> Answers:
    """The answers about a label, for rows where it is known, in the order of their line numbers.

    If the label means some of the policy's rules, only violations of those count as yes, and a violation of only other
    rules gets score 0, because the judge's single score is about those.
    """
    known = sorted((each for each in predictions if label.name in each.labels), key=lambda each: each.row)
    rules = set(label.rules)
    named = [each.outcome == "violation" and (not rules or bool(rules & set(each.rules))) for each in known]
    scores = [
        0.0 if each.score is None or (each.outcome == "violation" and not hit) else each.score
        for each, hit in zip(known, named, strict=True)
    ]
    codes = {name: code for code, name in enumerate(dict.fromkeys(each.cluster for each in known))}
    return Answers(
        label=label.name,
        row=np.array([each.row for each in known], dtype=np.int64),
        truth=np.array([each.labels[label.name] for each in known], dtype=np.bool_),
        flagged=np.array(named, dtype=np.bool_),
        decided=np.array([each.outcome != "undecided" for each in known], dtype=np.bool_),
        score=np.array(scores, dtype=np.float64),
        cluster=np.array([codes[each.cluster] for each in known], dtype=np.int64),
    )
