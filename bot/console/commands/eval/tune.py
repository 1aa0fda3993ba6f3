"""`bylaw eval tune`: finds the variant that judges best, without overfitting."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.console.commands.eval.run import INTERRUPTED, Asked, judge_used, manifest_of, rows_in_memory, rows_of
from bot.console.inputs.options import JsonOption, JudgeName, JudgeOption, ModelOption, ProgressOption
from bot.console.screen.errors import BadInput, UserError
from bot.console.screen.progress import progress_bar

if TYPE_CHECKING:
    from bot.console.commands.eval.tasks import Task
    from bot.evaluation.sets.row import LabelledRow
    from bot.evaluation.tuning.halving import Standing
    from bot.evaluation.tuning.split import Side, Split
    from bot.evaluation.tuning.tuning import Question, Tuned
    from bot.evaluation.tuning.variant import VariantFile

DataArgument = Annotated[Path, typer.Argument(metavar="DATA", help="A file of rows (.jsonl or .csv).")]


def tune(
    data: DataArgument,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="The folder for everything about this tuning.")],
    variants: Annotated[
        Path | None,
        typer.Option("--variants", metavar="FILE.toml", help="The variants. Default: those of the checkout."),
    ] = None,
    policy: Annotated[
        Path | None, typer.Option("--policy", metavar="FILE.md", help="The policy. Default: the set card's.")
    ] = None,
    label: Annotated[str, typer.Option("--label", metavar="NAME", help="The label with the right answer.")] = "",
    card: Annotated[
        str, typer.Option("--set", metavar="NAME", help="The set card, if it cannot be told from the file's name.")
    ] = "",
    cards: Annotated[Path | None, typer.Option("--cards", metavar="DIR", help="A folder of set cards.")] = None,
    text_column: Annotated[
        str, typer.Option("--text-column", metavar="NAME", help="The column of a CSV with the text. Default: `text`.")
    ] = "",
    held_out: Annotated[
        float, typer.Option("--held-out", min=0.1, max=0.9, help="The share of rows kept for the final test.")
    ] = 0.5,
    sample: Annotated[int | None, typer.Option("--sample", min=1, help="Use only this many rows.")] = None,
    judge: JudgeOption = None,
    model: ModelOption = None,
    look_again: Annotated[
        bool, typer.Option("--look-again", help="Test on held-out rows that were used before; marks the result.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show how much work it would be.")] = False,
    progress: ProgressOption = None,
    json: JsonOption = False,
) -> None:
    """Find the best variant: wording, effort, with or without examples, one rule or all rules per call.

    Variants drop out on the development rows (successive halving); the winner is tested once on the held-out rows. If
    interrupted, run it again: it resumes.
    """
    from bot.console.commands.eval.tasks import Wish, refused, tasks_of
    from bot.console.inputs.judge import choose_judge
    from bot.console.screen.output import print_json, print_line, print_remark, terminal_text
    from bot.evaluation.problem import CannotEvaluate
    from bot.evaluation.sets.card import Columns
    from bot.evaluation.tuning.split import Split

    columns = Columns(text=text_column) if text_column else None
    wish = Wish(data=[data], policy=policy, labels=(label,) if label else (), card=card, cards=cards, columns=columns)
    chosen = choose_judge(judge, model)
    asked = Asked(
        judge=chosen.name, model=chosen.model, effort=chosen.effort, sample=sample, out=out, progress=progress
    )
    try:
        task, *more = tasks_of(wish)
        if more:
            raise BadInput(f"{data} has several measures ({task.name}, ...): name a policy with --policy.")
        found = _variants(variants)
        split = Split(held_out=held_out)
        question = _question(task, asked, found, split)
        most = _judgements(question)
        print_remark(f"{len(found.variants)} variants, at most {most:,} rows to judge.")
        if asked.judge is JudgeName.LITE:
            print_remark("lite ignores wordings and efforts: only the other differences count.")
        if dry_run:
            if json:
                print_json({"variants": len(found.variants), "judgements": most})
            return
        tuned = asyncio.run(_tune(task, asked, question, look_again=look_again))
    except CannotEvaluate as error:
        raise refused(error) from None
    except OSError as error:
        raise UserError(
            f"{out} cannot be written ({error.strerror}): make room, then run the same command again."
        ) from None
    if json:
        print_json(as_json(tuned))
        return
    for line in shown(tuned, out):
        print_line(terminal_text(line))


def as_json(tuned: Tuned) -> dict[str, object]:
    """The result as JSON. Keys are only ever added."""
    from dataclasses import asdict

    return {
        "winner": tuned.winner.model_dump(mode="json"),
        "rounds": [asdict(each) for each in tuned.rounds],
        "held_out": asdict(tuned.held_out),
        "look": tuned.look.number,
        "looks": tuned.looks,
        "left_out": list(tuned.left_out),
    }


def shown(tuned: Tuned, out: Path) -> Iterator[str]:
    """The result for people."""
    for number, each in enumerate(tuned.rounds, start=1):
        yield f"Round {number}, {each.rows:,} development rows:"
        for place, standing in enumerate(each.standings):
            yield f"  {'+' if place < each.kept else '-'} {_in_a_line(standing)}"
    yield f"Best on development rows: {tuned.winner.name}. On {tuned.held_out.rows:,} held-out rows:"
    yield f"  {_in_a_line(tuned.held_out)}"
    yield from _caveats(tuned)
    folder = out / "variants"
    yield f"bylaw eval report {folder / tuned.winner.name}"
    runner_up = tuned.rounds[-1].standings[1].variant
    yield f"bylaw eval compare {folder / runner_up} {folder / tuned.winner.name}"


def _caveats(tuned: Tuned) -> Iterator[str]:
    if tuned.looks > 1:
        yield (
            f"This was look {tuned.look.number} of {tuned.looks} at the held-out rows. Whoever chose variants may have "
            "known what came of the other looks, so this figure flatters: measure again on fresh rows."
        )
    if tuned.left_out:
        yield (
            f"Judged here before and not among the variants now: {', '.join(tuned.left_out)}. If they were left out "
            "because of their figures, this figure flatters, too."
        )


def _in_a_line(standing: Standing) -> str:
    return (
        f"{standing.variant}: F1 {standing.f1:.3f}, {standing.right:,} of {standing.rows:,} right, "
        f"{standing.tokens:,} tokens, {standing.seconds:,.1f} s"
    )


def _variants(path: Path | None) -> VariantFile:
    from bot.evaluation.tuning.variant import checkout_variants, read_variants

    path = path or checkout_variants()
    if path is None:
        raise BadInput("No variants found: name a file with --variants.")
    return read_variants(path)


def _question(task: Task, asked: Asked, variants: VariantFile, split: Split) -> Question:
    """The question to tune. Reads each row once, only for the split."""
    from bot.evaluation.tuning.split import Side, rows_digest
    from bot.evaluation.tuning.tuning import Question, TuningManifest

    label = task.labels[0]
    rows = rows_in_memory(task, asked)
    sides: dict[Side, list[int]] = {side: [] for side in Side}
    for row in rows:
        if label.name in row.labels:
            sides[split.side_of(row)].append(row.number)
    manifest = manifest_of(task, asked, judge_used(asked), rows=len(rows))
    about = TuningManifest(
        data=manifest.data,
        label=label,
        policy=manifest.policy,
        judge=manifest.judge,
        build=manifest.build,
        split=split,
        development=len(sides[Side.DEVELOPMENT]),
        held_out=len(sides[Side.HELD_OUT]),
        held_out_sha256=rows_digest(sides[Side.HELD_OUT]),
    )
    return Question(policy=task.policy, manifest=manifest, about=about, variants=variants)


def _judgements(question: Question) -> int:
    from bot.evaluation.tuning.halving import judgements_of

    about = question.about
    return judgements_of(variants=len(question.variants.variants), rows=about.development) + about.held_out


async def _tune(task: Task, asked: Asked, question: Question, *, look_again: bool) -> Tuned:
    from bot.console.inputs.judge import open_judge
    from bot.console.inputs.stop_signals import run_until, told_to_stop
    from bot.evaluation.tuning.tuning import Tuning

    def rows(side: Side) -> Iterator[LabelledRow]:
        return (row for row in rows_of(task, asked)[0] if question.about.split.side_of(row) is side)

    stop, answered = told_to_stop(), 0
    found: list[Tuned] = []

    async def all_of_it() -> None:
        async with open_judge(asked.judge, asked.model) as judge:
            with progress_bar(task.name, _judgements(question), lambda: answered, shown=asked.progress) as told:

                def count() -> None:
                    nonlocal answered
                    answered += 1
                    told()

                found.append(await tuning.run(judge, rows, look_again=look_again, told=count))

    with Tuning(asked.out, question) as tuning:
        if await run_until(stop, all_of_it()):
            raise UserError("Stopped. All answers so far are kept: run the same command again to resume.", INTERRUPTED)
    return found[0]
