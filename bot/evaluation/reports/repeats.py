"""The section of a report on repeatability."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.evaluation.figures.repeats import Repeatability
from bot.evaluation.reports.blocks import Block, Heading, Paragraph, Table
from bot.evaluation.reports.words import rate_with
from bot.evaluation.runs.repeats import Circumstance

_READING = (
    "Each row was judged several times, and every answer is compared with the first one, which was given alone. A row "
    "counts as changed if its verdict differs at least once; “undecided” is a verdict of its own here. Answers alone "
    "that were given after a break, or asked for later, count as after a restart. For comparison: "
    "in public logs of the real model, 94 of 716 prompts that were sent more than once got different labels (13 %, see "
    "the judge card)."
)


def repeats_of(found: Sequence[Repeatability]) -> Iterator[Block]:
    """The section; empty without repeated answers."""
    if found:
        yield Heading(3, "When the same is asked again")
        yield Paragraph(_READING)
        yield repeats_table(found)


def repeats_table(found: Sequence[Repeatability]) -> Table:
    """One line for each circumstance."""
    head = (
        "asked",
        "rows",
        "answers",
        "changed",
        "share",
        "undecided once",
        "other rules",
        "score moved at most",
    )
    return Table(head, [_line(each) for each in found])


def _line(each: Repeatability) -> tuple[str, ...]:
    return (
        circumstance(each),
        f"{each.rows:,}",
        f"{each.asked:,}",
        f"{each.changed:,}",
        rate_with(each.share, each.interval),
        f"{each.undecided:,}",
        f"{each.other_rules:,}",
        f"{each.moved:.3f}",
    )


def circumstance(each: Repeatability) -> str:
    """A circumstance in words."""
    match each.circumstance:
        case Circumstance.ALONE:
            return "alone"
        case Circumstance.BESIDE:
            return f"beside {each.beside:,} {'other' if each.beside == 1 else 'others'}"
        case Circumstance.RESTARTED:
            return "alone, after a restart"
