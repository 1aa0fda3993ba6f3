"""The cost of a run: tokens and seconds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bot.evaluation.runs.prediction import Prediction


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Tokens and seconds of all rows with a verdict. Seconds are the judge's own, without waiting."""

    prompt_tokens: int
    reply_tokens: int
    seconds: float
    seconds_each: tuple[float, float]  #: median and 95th percentile
    reply_tokens_each: tuple[float, float]


def cost_of(predictions: Sequence[Prediction]) -> Cost:
    """Add up."""
    decided = [each for each in predictions if each.outcome != "undecided"]
    seconds = [each.seconds for each in decided]
    replies = [each.reply_tokens for each in decided]
    return Cost(
        prompt_tokens=sum(each.prompt_tokens for each in decided),
        reply_tokens=sum(replies),
        seconds=sum(seconds),
        seconds_each=_middle_and_tail(seconds),
        reply_tokens_each=_middle_and_tail(replies),
    )


def _middle_and_tail(values: Sequence[float]) -> tuple[float, float]:
    if not values:
        return (0.0, 0.0)
    middle, tail = np.quantile(values, [0.5, 0.95])
    return (float(middle), float(tail))
