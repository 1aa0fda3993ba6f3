"""Formats the answer to a row, as `bylaw classify` writes it and other tools read it."""

from __future__ import annotations

from classifier import Judgement, Undecided


def answer_of(row_id: str | int, judgement: Judgement) -> dict[str, object]:
    """The answer to a row as a JSON object, always with the same keys."""
    from bot.moderation.judging.decide import why_undecided

    if isinstance(judgement, Undecided):
        return {
            "id": row_id,
            "outcome": "undecided",
            "rules": [],
            "score": None,
            "rationale": why_undecided(judgement.reason),
            "method": "",
            "reason": judgement.reason.value,
            "digit_mass": None,
        }
    return {
        "id": row_id,
        "outcome": judgement.outcome.value,
        "rules": list(judgement.rule_ids),
        "score": round(judgement.score, 6),
        "rationale": judgement.rationale,
        "method": judgement.provenance.method.value,
        "reason": None,
        "digit_mass": _rounded(judgement.provenance.digit_mass),
    }


def _rounded(mass: float | None) -> float | None:
    return None if mass is None else round(mass, 6)
