"""A judge's answer about a row, as a JSON line. Without the row's text, but a rationale may quote it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from bot.evaluation.sets.row import LabelledRow
from classifier import Judgement, Undecided


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """An answer with the right one."""

    row: int  #: the row's line number
    id: str | int
    labels: Mapping[str, bool]
    cluster: str
    outcome: str  #: ``clear``, ``violation`` or ``undecided``
    rules: tuple[str, ...] = ()
    score: float | None = None
    rationale: str = ""
    method: str = ""
    reason: str | None = None  #: why it is undecided
    prompt_tokens: int = 0
    reply_tokens: int = 0
    seconds: float = 0.0  #: seconds of computing, without waiting


def prediction_of(row: LabelledRow, judgement: Judgement) -> Prediction:
    """The stored form of an answer."""
    if isinstance(judgement, Undecided):
        return Prediction(
            row=row.number,
            id=row.id,
            labels=row.labels,
            cluster=row.cluster,
            outcome="undecided",
            reason=judgement.reason.value,
        )
    made = judgement.provenance
    return Prediction(
        row=row.number,
        id=row.id,
        labels=row.labels,
        cluster=row.cluster,
        outcome=judgement.outcome.value,
        rules=judgement.rule_ids,
        score=round(judgement.score, 9),
        rationale=judgement.rationale,
        method=made.method.value,
        prompt_tokens=made.prompt_tokens,
        reply_tokens=made.reply_tokens,
        seconds=round(made.seconds_computed, 6),
    )


def line_of(prediction: Prediction) -> bytes:
    """The prediction as a line, ASCII only."""
    return json.dumps(asdict(prediction), separators=(",", ":")).encode("ascii") + b"\n"


def read_prediction(line: bytes) -> Prediction:
    """Parse a line as a prediction.

    Raises:
        ValueError: it isn't one.
    """
    fields = json.loads(line)
    if not isinstance(fields, dict) or not _is_whole(fields):
        raise ValueError("it is no prediction")
    try:
        return Prediction(**{**fields, "rules": tuple(fields["rules"])})
    except (TypeError, KeyError):
        raise ValueError("it is no prediction") from None


def _is_whole(fields: dict[str, object]) -> bool:
    outcome, score = fields.get("outcome"), fields.get("score")
    return (
        isinstance(fields.get("row"), int)
        and isinstance(fields.get("labels"), dict)
        and isinstance(fields.get("cluster"), str)
        and outcome in {"clear", "violation", "undecided"}
        and (score is None if outcome == "undecided" else isinstance(score, float | int))
    )
