"""Runs made up for tests: answers as arrays, predictions, manifests."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import hypothesis
import numpy as np
import pytest

from bot.evaluation.figures.answers import Answers
from bot.evaluation.runs.manifest import Data, JudgeUsed, Manifest, PolicyUsed
from bot.evaluation.runs.prediction import Prediction
from bot.evaluation.runs.repeats import Circumstance, Repeat
from bot.evaluation.sets.card import Label

# How long one example takes says more about the machine than about the code.
hypothesis.settings.register_profile("patient", deadline=None)
hypothesis.settings.load_profile("patient")


@pytest.fixture(scope="session")
def answers_factory() -> Callable[..., Answers]:
    """Builds answers from lists; what is not given is plain."""

    def build(
        truth: Sequence[bool],
        flagged: Sequence[bool],
        *,
        score: Sequence[float] | None = None,
        decided: Sequence[bool] | None = None,
        cluster: Sequence[int] | None = None,
    ) -> Answers:
        n = len(truth)
        return Answers(
            label="flagged",
            row=np.arange(1, n + 1),
            truth=np.array(truth, dtype=np.bool_),
            flagged=np.array(flagged, dtype=np.bool_),
            decided=np.ones(n, np.bool_) if decided is None else np.array(decided, dtype=np.bool_),
            score=np.array(flagged if score is None else score, dtype=np.float64),
            cluster=np.arange(n) if cluster is None else np.array(cluster, dtype=np.int64),
        )

    return build


@pytest.fixture(scope="session")
def manifest_factory() -> Callable[..., Manifest]:
    """Builds the manifest of a run over a small set."""

    def build(**given: Any) -> Manifest:
        usual: dict[str, Any] = {
            "name": "made-up",
            "labels": (Label(name="flagged"),),
            "data": Data(file="rows.jsonl", path="rows.jsonl", sha256="ab" * 32, rows=4),
            "policy": PolicyUsed(
                file="p.md", sha256="cd" * 32, fingerprint="ef" * 32, title="Made up", rules={"R1": "One", "R2": "Two"}
            ),
            "judge": JudgeUsed(name="lite", id="lite:1"),
            "effort": "low",
            "wording": "",
            "build": {"bylaw": "0"},
            "started": "2026-01-31T12:00:00+00:00",
        }
        return Manifest(**{**usual, **given})

    return build


@pytest.fixture(scope="session")
def prediction_factory() -> Callable[..., Prediction]:
    """Builds a prediction: `truth` and `flagged` say what is right and what the judge said."""

    def build(row: int, *, truth: bool, flagged: bool, **given: Any) -> Prediction:
        usual: dict[str, Any] = {
            "row": row,
            "id": f"id-{row}",
            "labels": {"flagged": truth},
            "cluster": str(row),
            "outcome": "violation" if flagged else "clear",
            "rules": ("R1",) if flagged else (),
            "score": 0.9 if flagged else 0.1,
            "rationale": "Because.",
            "method": "lite",
            "seconds": 0.001,
        }
        return Prediction(**{**usual, **given})

    return build


@pytest.fixture(scope="session")
def repeat_factory() -> Callable[..., Repeat]:
    """Builds a repeated answer; without arguments the first one alone, clear."""

    def build(row: int, circumstance: Circumstance = Circumstance.ALONE, number: int = 1, **given: Any) -> Repeat:
        usual: dict[str, Any] = {"row": row, "circumstance": circumstance, "number": number, "start": "a"}
        return Repeat(**{**usual, "outcome": "clear", **given})

    return build
