"""Judges the rows that have no answer yet, as many at a time as the judge takes, and writes each answer down."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from contextlib import aclosing

from bot.evaluation.problem import CannotEvaluate
from bot.evaluation.runs.journal import Journal
from bot.evaluation.runs.prediction import prediction_of
from bot.evaluation.sets.row import LabelledRow
from classifier import Effort, Judge, JudgeRequest, Lane, PolicyText, Undecided, UndecidedReason
from classifier.judge_many import IN_FLIGHT, judge_many

_DEADLINE_S = 86_400.0  # nobody waits for an answer

#: The judge did not look at the row, so this is no answer about it.
NOT_ASKED = {UndecidedReason.JUDGE_UNAVAILABLE, UndecidedReason.QUEUE_FULL}


async def judge_rows(
    judge: Judge,
    rows: Iterable[LabelledRow],
    journal: Journal,
    *,
    policy: PolicyText,
    effort: Effort,
    told: Callable[[], None] = lambda: None,
) -> None:
    """Judge all rows that the journal has no answer for. `told` is called after each answer is written.

    Stopping it loses no answer that was written; call it again with the same journal to go on.

    Raises:
        CannotEvaluate: the judge went away. What it answered before is written.
        OSError: the disk does not take an answer.
    """
    gone: list[UndecidedReason] = []
    questions = _questions(rows, journal.done, policy, effort)
    # Once the judge is gone nothing more is asked; what it still answers to earlier questions is written down.
    asked = itertools.takewhile(lambda _: not gone, questions)
    async with aclosing(judge_many(judge, asked, limit=IN_FLIGHT)) as answers:
        async for row, judgement in answers:
            if isinstance(judgement, Undecided) and judgement.reason in NOT_ASKED:
                gone.append(judgement.reason)
            else:
                journal.add(prediction_of(row, judgement))
                told()
    if gone:
        raise CannotEvaluate(
            f"The judge went away ({gone[0].value}) after {len(journal.done):,} answers, which are kept: "
            "run the same command again to go on."
        )


def _questions(
    rows: Iterable[LabelledRow], done: set[int], policy: PolicyText, effort: Effort
) -> Iterator[tuple[LabelledRow, JudgeRequest]]:
    for row in rows:
        if row.number not in done:
            yield row, request_about(row, policy, effort)


def request_about(row: LabelledRow, policy: PolicyText, effort: Effort) -> JudgeRequest:
    """The question about a row. Nobody waits for its answer."""
    return JudgeRequest(policy=policy, content=row.content, effort=effort, lane=Lane.BACKGROUND, deadline_s=_DEADLINE_S)
