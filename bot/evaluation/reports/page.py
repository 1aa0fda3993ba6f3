"""The report of some runs, from top to bottom."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from bot.evaluation.figures.summary import LabelFigures, SetFigures
from bot.evaluation.reports.blocks import Block, Heading, Paragraph, Picture, Quote, Table
from bot.evaluation.reports.repeats import repeats_of
from bot.evaluation.reports.words import NONE, judge_id, points, rate, rate_with, short
from bot.evaluation.reports.worst import Worst, worst_errors
from bot.evaluation.runs.manifest import Manifest
from bot.evaluation.runs.prediction import Prediction
from bot.evaluation.sets.card import Published

READING = (
    "Figures in brackets are 95 % intervals: for precision, recall and false-positive rate exact (Clopper-Pearson, "
    "as if rows were independent), for F1 and AUPRC by resampling clusters of rows. Undecided rows are left out unless "
    "a table says otherwise. A public set may have been part of the model's training, so good figures are upper bounds."
)

#: For each set, texts of rows by line number; empty unless requested.
Texts = Mapping[str, Mapping[int, str]]


def page(sets: Sequence[SetFigures], texts: Texts) -> Iterator[Block]:
    """The whole report."""
    yield Heading(1, "How well the judge judges")
    yield Paragraph(READING)
    yield _overview(sets)
    for found in sets:
        yield from _set(found, texts.get(found.manifest.name, {}))


def picture_names(name: str) -> tuple[str, str]:
    """The file names of a set's plots."""
    return f"{name}-precision-recall", f"{name}-calibration"


def _overview(sets: Sequence[SetFigures]) -> Table:
    head = ("set", "label", "rows", "violations", "precision", "recall", "F1", "false-positive rate", "AUPRC")
    return Table(head, [(found.manifest.name, *_line(found.main)) for found in sets])


def _line(found: LabelFigures) -> tuple[str, ...]:
    positives = int(found.answers.truth.sum())
    figures = (rate_with(value, found.intervals[name]) for name, value in found.values.items())
    precision, recall, f1, fpr, auprc = figures
    return (found.answers.label, f"{len(found.answers):,}", f"{positives:,}", precision, recall, f1, fpr, auprc)


def _set(found: SetFigures, texts: Mapping[int, str]) -> Iterator[Block]:
    manifest = found.manifest
    yield Heading(2, manifest.name)
    yield from _about(found)
    yield Heading(3, "Labels")
    yield _labels(found)
    yield Heading(3, "Undecided")
    yield from _undecided(found)
    yield Heading(3, "Precision where violations are rare")
    yield _prevalence(found.main)
    yield Heading(3, "Rules")
    yield _rules(found)
    yield Heading(3, "Cost")
    yield Paragraph(_cost(found))
    yield from repeats_of(found.repeats)
    yield Heading(3, "What this set can show")
    yield Paragraph(_can_show(found.main))
    if manifest.card and manifest.card.published:
        yield Heading(3, "What others published")
        yield _published(manifest.card.published, found.main)
    if found.main.counts.tp + found.main.counts.fn:
        curve, calibration = picture_names(manifest.name)
        yield Heading(3, "Plots")
        yield Picture(curve, f"Precision against recall on {manifest.name}")
        yield Picture(calibration, f"Share of violations by score on {manifest.name}")
    yield from _worst(worst_errors(found), texts)


def _about(found: SetFigures) -> Iterator[Block]:
    manifest = found.manifest
    card, data, policy, judge = manifest.card, manifest.data, manifest.policy, manifest.judge
    if card:
        yield Paragraph(f"{card.title}. {card.notes}".strip())
    rows = [
        ("rows", f"{data.file}, sha256 {short(data.sha256)}"),
        ("judged", f"{len(found.predictions):,} of {data.rows:,}"),
        ("without a known label, not judged", f"{data.unlabelled:,}"),
        ("policy", f"{policy.title} ({policy.file}), fingerprint {short(policy.fingerprint)}"),
        ("judge", f"{judge_id(judge.id)} {judge.model}".strip()),
        ("effort", manifest.effort if manifest.wording else f"{manifest.effort}, which this judge does not heed"),
        *_asked_as(manifest),
        ("verdicts", ", ".join(f"{name} {count:,}" for name, count in sorted(found.methods.items())) or NONE),
        ("build", ", ".join(f"{name} {version}" for name, version in manifest.build.items())),
    ]
    if card:
        rows += [("source", f"{card.source} {card.revision}".strip()), ("licence", card.licence)]
        if card.sha256:
            same = card.sha256 == data.sha256
            rows.append(("rows of the card", "the same" if same else "others: this file is not the one of the card"))
    yield Table(("", ""), rows)
    if found.missing:
        yield Paragraph(f"The run is not finished: {found.missing:,} rows have no answer yet.")


def _asked_as(manifest: Manifest) -> Iterator[tuple[str, str]]:
    if variant := manifest.variant:
        yield "asked as", f"{variant.name} ({variant.rules_a_call} of the rules a call), on {variant.side} rows"


def _labels(found: SetFigures) -> Table:
    head = ("label", "rows", "violations", "precision", "recall", "F1", "false-positive rate", "AUPRC")
    return Table(head, [_line(each) for each in found.labels])


def _undecided(found: SetFigures) -> Iterator[Block]:
    main = found.main
    reasons = ", ".join(f"{reason} {count:,}" for reason, count in sorted(found.undecided.items()))
    yield Paragraph(f"{main.undecided:,} rows have no verdict{f' ({reasons})' if reasons else ''}.")
    if main.undecided:
        counted = {"left out": main.counts, "as clear": main.as_clear, "as violation": main.as_violation}
        yield Table(
            ("counted", "precision", "recall", "F1", "false-positive rate"),
            [
                (how, rate(counts.precision), rate(counts.recall), rate(counts.f1), rate(counts.fpr))
                for how, counts in counted.items()
            ],
        )


def _prevalence(main: LabelFigures) -> Table:
    return Table(
        ("violations among messages", "precision"),
        [(f"{100 * each.share:g} %", rate_with(each.precision, each.interval)) for each in main.prevalences],
    )


def _rules(found: SetFigures) -> Table:
    titles = found.manifest.policy.rules
    return Table(
        ("rule", "held against", "named", "rightly", "precision", "recall"),
        [
            (
                f"{each.rule} {titles[each.rule]}",
                each.label,
                f"{each.named:,}",
                f"{each.right:,}",
                rate_with(each.right / each.named if each.named else None, each.precision),
                rate_with(each.right / each.positives if each.positives else None, each.recall),
            )
            for each in found.rules
        ],
    )


def _cost(found: SetFigures) -> str:
    cost = found.cost
    middle, tail = cost.seconds_each
    tokens = ""
    if cost.prompt_tokens:
        half, long = cost.reply_tokens_each
        tokens = (
            f" {cost.prompt_tokens:,} tokens were read and {cost.reply_tokens:,} written; "
            f"a reply has {half:,.0f} (median) or {long:,.0f} (95th percentile)."
        )
    return (
        f"{cost.seconds:,.1f} seconds of computing in all, {1000 * middle:.2f} ms a row (median) "
        f"or {1000 * tail:.2f} ms (95th percentile).{tokens}"
    )


def _can_show(main: LabelFigures) -> str:
    """The smallest detectable difference to another run over these rows, for recall and the false-positive rate."""
    named = (("recall", "recall"), ("fpr", "the false-positive rate"))
    return " ".join(_difference(words, *main.least_difference[name]) for name, words in named)


def _difference(name: str, least: float | None, likely: float | None) -> str:
    if least is None:
        return f"There are too few rows to show a difference in {name} between two runs, however large it is."
    never = f"A difference in {name} below {points(least)} can never be significant (McNemar's exact test, 5 %)"
    if likely is None:
        return f"{never}, and there are too few rows to say which difference would probably be found."
    return f"{never}; if 13 % of rows flip, four of five differences of {points(likely)} are found."


def _published(published: Sequence[Published], main: LabelFigures) -> Table:
    return Table(
        ("model", "figure", "published", "here", "same rows", "same labels", "source"),
        [
            (
                each.model,
                each.metric,
                f"{each.value:.3f}",
                rate(main.values.get(each.metric.lower())),
                each.same_rows,
                each.same_labels,
                f"{each.source} {each.note}".strip(),
            )
            for each in published
        ],
    )


def _worst(worst: Worst, texts: Mapping[int, str]) -> Iterator[Block]:
    kinds = (
        ("Flagged though clear, the surest first", worst.alarms),
        ("Missed, the surest first", worst.misses),
    )
    for title, errors in kinds:
        if errors:
            yield Heading(3, title)
            head = ("id", "rules", "score", "rationale", *(("text",) if texts else ()))
            yield Table(head, [_error(each, texts) for each in errors])


def _error(each: Prediction, texts: Mapping[int, str]) -> tuple[str, ...]:
    said = (
        Quote(each.id),
        ", ".join(each.rules) or NONE,
        rate(each.score),
        Quote(each.rationale),
    )
    return (*said, Quote(texts.get(each.row, ""))) if texts else said
