"""Precision at a lower prevalence of violations than in the set."""

from __future__ import annotations

from bot.evaluation.figures.rates import CONFIDENCE, Counts, Interval, rate_intervals

SHARES = (0.005, 0.01, 0.03)  #: shares of violations among messages in ordinary servers


def precision_at(share: float, recall: float, fpr: float) -> float | None:
    """Precision where this share of messages are violations; None if nothing would be flagged."""
    hits, alarms = recall * share, fpr * (1 - share)
    return hits / (hits + alarms) if hits + alarms else None


def precision_interval_at(share: float, counts: Counts, *, confidence: float = CONFIDENCE) -> Interval | None:
    """An interval of that precision; None if recall or the false-positive rate is unknown.

    Both rates are in their intervals at once with the requested confidence, so each gets half the error.
    """
    both = rate_intervals(counts, confidence=1 - (1 - confidence) / 2)
    recall, fpr = both["recall"], both["fpr"]
    if recall is None or fpr is None:
        return None
    return (precision_at(share, recall[0], fpr[1]) or 0.0, precision_at(share, recall[1], fpr[0]) or 0.0)
