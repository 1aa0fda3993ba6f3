"""`bylaw policy backtest`: compares a draft with decisions in a file, in the same way as in Discord."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.console.inputs.options import EffortOption, JsonOption, JudgeOption, ModelOption, PolicyOption, ProgressOption
from bot.console.screen.errors import BadInput
from classifier import Content

if TYPE_CHECKING:
    from bot.console.inputs.judge import ChosenJudge
    from classifier import PolicyText
    from guild_policies.backtest import Compared, Comparison

MAX_DECISIONS = 100_000
_SHOWN = 20  #: disagreements shown of each kind

DecisionsOption = Annotated[
    Path,
    typer.Option(
        "--decisions",
        metavar="FILE.jsonl",
        help='Past decisions, one JSON object per line: {"id": ..., "text": ..., "violation": true}.',
    ),
]
ThresholdOption = Annotated[
    float, typer.Option("--threshold", min=0, max=1, help="Violations with a lower score count as clear.")
]


@dataclass(frozen=True, slots=True, kw_only=True)
class DecidedRow:
    """A line of the file."""

    id: str | int
    content: Content
    violation: bool


def backtest(
    policy: PolicyOption,
    decisions: DecisionsOption,
    judge: JudgeOption = None,
    model: ModelOption = None,
    effort: EffortOption = None,
    threshold: ThresholdOption = 0.5,
    progress: ProgressOption = None,
    json: JsonOption = False,
) -> None:
    """Compare a draft with past decisions: where it agrees, and what it would newly or no longer flag."""
    from bot.console.inputs.files import read_policy
    from bot.console.inputs.judge import choose_judge
    from bot.console.screen.output import print_json, print_line

    rows = read_decisions(decisions)
    draft, chosen = read_policy(policy), choose_judge(judge, model, effort)
    found = asyncio.run(_backtest(draft, rows, chosen, threshold, progress=progress))
    if json:
        print_json(as_json(found))
    else:
        for line in shown(found):
            print_line(line)


def read_decisions(path: Path) -> tuple[DecidedRow, ...]:
    """The decisions in a file.

    Raises:
        BadInput: there is no such file, it has no decisions, or a line is malformed.
    """
    rows = tuple(_rows(path))
    if not rows:
        raise BadInput(f"{path} has no decisions: write one JSON object on each line.")
    if len({row.id for row in rows}) != len(rows):
        raise BadInput(f"{path} has the same id twice: give each decision its own.")
    return rows


def _rows(path: Path) -> Iterator[DecidedRow]:
    from bot.console.inputs.files import file_errors
    from bot.console.inputs.json_rows import BadRow, IgnoredKeys, read_decided
    from bot.console.inputs.labelled_rows import lines_in

    ignored = IgnoredKeys()
    with file_errors(path):
        for number, line in lines_in(path):
            if number > MAX_DECISIONS:
                raise BadInput(f"{path} has more than {MAX_DECISIONS:,} lines: split it.")
            try:
                row, violation = read_decided(line)
            except BadRow as bad:
                raise BadInput(f"{path}: line {number} {bad}.") from None
            ignored.remark(number, row)
            yield DecidedRow(id=row.id, content=row.content, violation=violation)


async def _backtest(
    policy: PolicyText,
    rows: tuple[DecidedRow, ...],
    chosen: ChosenJudge,
    threshold: float,
    *,
    progress: bool | None,
) -> Comparison[str | int]:
    from bot.console.inputs.judge import open_judge
    from bot.console.screen.progress import progress_bar
    from classifier import JudgeRequest, Lane
    from classifier.judge_many import judge_many
    from guild_policies.backtest import compared, summarise

    requests = (
        (
            row,
            JudgeRequest(
                policy=policy, content=row.content, effort=chosen.effort, lane=Lane.BACKGROUND, deadline_s=86_400
            ),
        )
        for row in rows
    )
    answers: dict[str | int, Compared[str | int]] = {}
    async with open_judge(chosen.name, chosen.model) as judge:
        with progress_bar("decisions judged", len(rows), lambda: len(answers), shown=progress) as told:
            async for row, judgement in judge_many(judge, requests):
                answers[row.id] = compared(row.id, violation=row.violation, judgement=judgement, threshold=threshold)
                told()
    return summarise(answers[row.id] for row in rows)


def as_json(found: Comparison[str | int]) -> dict[str, object]:
    """The result as JSON: counts, and the ids of all rows that don't agree, worst first."""
    return {
        "n": found.n,
        "agree": found.agree,
        "newly_flagged": [each.id for each in found.newly_flagged],
        "no_longer_flagged": [each.id for each in found.no_longer_flagged],
        "undecided": [each.id for each in found.undecided],
    }


def shown(found: Comparison[str | int]) -> Iterator[str]:
    """The result for people."""
    from bot.console.screen.output import terminal_text
    from guild_policies.backtest import in_words

    yield in_words(found)
    for title, results in (
        ("Would newly flag", found.newly_flagged),
        ("Would no longer flag", found.no_longer_flagged),
        ("Could not be judged", found.undecided),
    ):
        if results:
            yield f"{title} {len(results)}:"
        for each in results[:_SHOWN]:
            score = "" if each.score is None else f"  {each.score:.2f}  {', '.join(each.rule_ids)}"
            yield terminal_text(f"  {str(each.id)[:80]}{score}".rstrip())
        if len(results) > _SHOWN:
            yield f"  and {len(results) - _SHOWN} more"
