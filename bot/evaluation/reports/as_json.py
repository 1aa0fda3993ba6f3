"""Figures as JSON. Keys are only ever added; contains no text by members or a judge."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from bot.evaluation.figures.comparison import Compared
from bot.evaluation.figures.rates import Counts
from bot.evaluation.figures.summary import LabelFigures, SetFigures


def set_as_json(found: SetFigures) -> dict[str, Any]:
    """One run over one set: the figures of its main label, then everything else."""
    manifest = found.manifest
    return {
        **label_as_json(found.main),
        "label": found.main.answers.label,
        "labels": {each.answers.label: label_as_json(each) for each in found.labels},
        "rules": {each.rule: _rule(asdict(each)) for each in found.rules},
        "reasons": dict(found.undecided),
        "methods": dict(found.methods),
        "cost": asdict(found.cost),
        "repeats": [{**asdict(each), "share": each.share} for each in found.repeats],
        "judged": len(found.predictions),
        "missing": found.missing,
        "data": {"file": manifest.data.file, "sha256": manifest.data.sha256, "sample": manifest.data.sample},
        "policy": {"file": manifest.policy.file, "fingerprint": manifest.policy.fingerprint},
        "judge": manifest.judge.model_dump(),
        "effort": manifest.effort,
        "wording": manifest.wording,
        "variant": manifest.variant.model_dump() if manifest.variant else None,
        "build": manifest.build,
        "published": [each.model_dump() for each in manifest.card.published] if manifest.card else [],
    }


def label_as_json(found: LabelFigures) -> dict[str, Any]:
    """The figures of a label."""
    return {
        "n": len(found.answers),
        "positives": int(found.answers.truth.sum()),
        **found.values,
        "undecided": found.undecided,
        "intervals": dict(found.intervals),
        **_counts(found.counts),
        "kappa": found.counts.kappa,
        "mcc": found.counts.mcc,
        "undecided_as": {"clear": _rates(found.as_clear), "violation": _rates(found.as_violation)},
        "precision_at": {
            f"{each.share:g}": {"precision": each.precision, "interval": each.interval} for each in found.prevalences
        },
        "least_difference": {
            name: {"possible": possible, "likely": likely}
            for name, (possible, likely) in found.least_difference.items()
        },
    }


def comparison_as_json(found: Compared, corrected: float) -> dict[str, Any]:
    """Two runs over one set. `corrected` is the p after Holm."""
    return {**asdict(found), "p_holm": corrected}


def _rule(fields: dict[str, Any]) -> dict[str, Any]:
    intervals = {"precision": fields.pop("precision"), "recall": fields.pop("recall")}
    del fields["rule"]
    named, positives = fields["named"], fields["positives"]
    return {
        **fields,
        "precision": fields["right"] / named if named else None,
        "recall": fields["right"] / positives if positives else None,
        "intervals": intervals,
    }


def _counts(counts: Counts) -> dict[str, int]:
    return {"tp": counts.tp, "fp": counts.fp, "tn": counts.tn, "fn": counts.fn}


def _rates(counts: Counts) -> dict[str, Any]:
    rates = {"precision": counts.precision, "recall": counts.recall, "f1": counts.f1, "fpr": counts.fpr}
    return {**_counts(counts), **rates}
