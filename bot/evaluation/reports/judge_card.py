"""The measured part of the judge card: what was measured, on which rows, with which file, and what was not."""

from __future__ import annotations

from collections.abc import Sequence

from bot.evaluation.figures.summary import SetFigures
from bot.evaluation.problem import CannotEvaluate
from bot.evaluation.reports.blocks import Block, Paragraph, Table
from bot.evaluation.reports.markdown import markdown
from bot.evaluation.reports.repeats import repeats_table
from bot.evaluation.reports.words import judge_id, rate_with, short
from bot.evaluation.sets.card import SetCard

BEGIN, END = "<!-- measured -->", "<!-- /measured -->"

_NEW_CARD = f"""# Judge card

What was measured about the judge. `bylaw eval report DIR --card FILE` writes the part between the marks.

{BEGIN}
{END}
"""


def with_measured_part(card: str | None, sets: Sequence[SetFigures], known: Sequence[SetCard]) -> str:
    """The judge card with a new measured part; a whole new card if there is none.

    Raises:
        CannotEvaluate: the card has no section for it.
    """
    text = _NEW_CARD if card is None else card
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise CannotEvaluate(f"The judge card has no lines {BEGIN} and {END}: add them where the figures belong.")
    return f"{before}{BEGIN}\n\n{markdown(_blocks(sets, known))}\n{END}{after}"


def _blocks(sets: Sequence[SetFigures], known: Sequence[SetCard]) -> list[Block]:
    judges = sorted({(judge_id(each.manifest.judge.id), each.manifest.judge.model) for each in sets})
    named = ", ".join(f"{name} {model}".strip() for name, model in judges)
    command = "bylaw eval run DATA --judge NAME --out DIR"
    return [
        Paragraph(f"Measured: {named}. Command: {command}, then bylaw eval report DIR --card FILE."),
        Table(
            ("set and label", "rows", "violations", "undecided", "precision", "recall", "F1", "false alarms", "AUPRC"),
            [line for each in sets for line in _lines(each)],
        ),
        Paragraph("On which rows, under which policy:"),
        Table(
            ("set", "rows", "policy", "judge", "effort", "build"),
            [_made(each) for each in sets],
        ),
        *(block for each in sets if each.repeats for block in _repeats(each)),
        Paragraph(_never(sets, known)),
    ]


def _repeats(found: SetFigures) -> tuple[Block, ...]:
    return (Paragraph(f"Asked again, {found.manifest.name}:"), repeats_table(found.repeats))


def _lines(found: SetFigures) -> list[tuple[str, ...]]:
    lines = []
    for each in found.labels:
        figures = {name: rate_with(value, each.intervals[name]) for name, value in each.values.items()}
        name = f"{found.manifest.name} {each.answers.label}"
        counts = (f"{len(each.answers):,}", f"{int(each.answers.truth.sum()):,}", f"{each.undecided:,}")
        lines.append((name, *counts, *figures.values()))
    return lines


def _made(found: SetFigures) -> tuple[str, ...]:
    manifest = found.manifest
    sample = f", {manifest.data.rows:,} of them" if manifest.data.sample else ""
    return (
        manifest.name,
        f"{manifest.data.file} sha256 {short(manifest.data.sha256)}{sample}",
        f"{manifest.policy.file} {short(manifest.policy.fingerprint)}",
        judge_id(manifest.judge.id),
        manifest.effort if manifest.wording else "none",
        ", ".join(f"{name} {version}" for name, version in manifest.build.items()),
    )


def _never(sets: Sequence[SetFigures], known: Sequence[SetCard]) -> str:
    names = {each.manifest.name for each in sets}
    missing = [card.name for card in known if not any(card.name_of(measure) in names for measure in card.measures)]
    unmeasured = f"Sets with a card that were not measured: {', '.join(missing)}." if missing else ""
    models = {each.manifest.judge.name for each in sets} - {"lite"}
    without = "" if models else " No model was measured here: the only judge is lite, which reads no meaning."
    return (unmeasured + without).strip() or "Every set with a card was measured."
