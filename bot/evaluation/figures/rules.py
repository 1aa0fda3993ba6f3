"""How often each rule was named, and how often correctly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.evaluation.figures.rates import Interval, exact_interval
from bot.evaluation.runs.prediction import Prediction
from bot.evaluation.sets.card import Label


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleFigures:
    """A rule compared with its label, or with the set's main label."""

    rule: str
    label: str
    named: int  #: rows on which it was named and whose label is known
    right: int  #: of those, how many have the label
    positives: int  #: rows with the label and a verdict
    precision: Interval | None
    recall: Interval | None


def rule_figures(rules: Sequence[str], labels: Sequence[Label], predictions: Sequence[Prediction]) -> list[RuleFigures]:
    """Figures of each rule, in the policy's order."""
    return [_figures(rule, _label_of(rule, labels), predictions) for rule in rules]


def _label_of(rule: str, labels: Sequence[Label]) -> Label:
    own = [label for label in labels if rule in label.rules]
    return min(own, key=lambda label: len(label.rules)) if own else labels[0]


def _figures(rule: str, label: Label, predictions: Sequence[Prediction]) -> RuleFigures:
    known = [each for each in predictions if label.name in each.labels and each.outcome != "undecided"]
    named = [each for each in known if rule in each.rules]
    right = sum(each.labels[label.name] for each in named)
    positives = sum(each.labels[label.name] for each in known)
    return RuleFigures(
        rule=rule,
        label=label.name,
        named=len(named),
        right=right,
        positives=positives,
        precision=exact_interval(right, len(named)),
        recall=exact_interval(right, positives),
    )
