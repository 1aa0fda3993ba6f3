"""`bylaw eval run --repeat`: every row judged several times, to see how often a verdict changes."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.console.commands.eval.run import INTERRUPTED, Asked, judge_used, manifest_of, rows_in_memory
from bot.console.screen.errors import UserError
from bot.console.screen.progress import progress_bar
from bot.evaluation.runs.journal import Journal
from bot.evaluation.runs.repeats import RepeatJournal, Stage, judge_again, stages

if TYPE_CHECKING:
    from bot.console.commands.eval.tasks import Task
    from bot.evaluation.sets.row import LabelledRow
    from classifier import Judge


@dataclass(frozen=True, slots=True, kw_only=True)
class _Again:
    """A task, its rows in memory, and the folder for its answers."""

    task: Task
    rows: Sequence[LabelledRow]
    journal: RepeatJournal


async def repeat_tasks(
    tasks: Sequence[Task], asked: Asked, done: dict[str, dict[str, float]], *, repeat: int, beside: int
) -> dict[str, dict[str, float]]:
    """Judge the rows of all tasks again. Returns `done` with the number of these answers. The judge is started once for
    the answers alone and with others running, and once for each repetition.

    Raises:
        CannotEvaluate: a folder has another run or a broken line, or the judge became unavailable.
        UserError: it was told to stop.
    """
    from bot.console.inputs.stop_signals import run_until, told_to_stop

    stop, used = told_to_stop(), judge_used(asked)
    with ExitStack() as open_files:
        all_again = []
        for task in tasks:
            rows = rows_in_memory(task, asked)
            open_files.enter_context(Journal(asked.out / task.name, manifest_of(task, asked, used, rows=len(rows))))
            journal = open_files.enter_context(RepeatJournal(asked.out / task.name))
            all_again.append(_Again(task=task, rows=rows, journal=journal))

        async def all_of_them() -> None:
            for of_one_start in stages(repeat=repeat, beside=beside):
                await _one_start(all_again, of_one_start, asked)

        if await run_until(stop, all_of_them()):
            raise UserError("Stopped. All answers so far are kept: run the same command again to resume.", INTERRUPTED)
        return {each.task.name: {**done[each.task.name], "repeated": len(each.journal.done)} for each in all_again}


async def _one_start(all_again: Sequence[_Again], of_one_start: Sequence[Stage], asked: Asked) -> None:
    from bot.console.inputs.judge import open_judge

    if not any(each.journal.left(stage, each.rows) for each in all_again for stage in of_one_start):
        return
    async with open_judge(asked.judge, asked.model) as judge:
        start = secrets.token_hex(4)
        for each in all_again:
            for stage in of_one_start:
                await _judge(judge, each, stage, start, asked)


async def _judge(judge: Judge, again: _Again, stage: Stage, start: str, asked: Asked) -> None:
    left, before = len(again.journal.left(stage, again.rows)), len(again.journal.done)
    name = f"{again.task.name} {stage.circumstance.value}"
    with progress_bar(name, left, lambda: len(again.journal.done) - before, shown=asked.progress) as told:
        await judge_again(
            judge,
            again.rows,
            again.journal,
            stage=stage,
            start=start,
            policy=again.task.policy,
            effort=asked.effort,
            told=told,
        )
