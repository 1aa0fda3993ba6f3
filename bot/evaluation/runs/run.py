"""Judges the rows without an answer, as many at a time as the judge allows, and stores each answer."""

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

_DEADLINE_S = 86_400.0  # no time limit: nobody waits for an answer

#: Reasons for which the judge didn't read the row, so they aren't answers.
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
    """Judge all rows without an answer in the journal. `told` is called after each answer is written.

    Stopping it loses no written answer; call it again with the same journal to resume.

    Raises:
        CannotEvaluate: the judge became unavailable. Earlier answers are written.
        OSError: writing an answer failed.
    """
    gone: list[UndecidedReason] = []
    questions = _questions(rows, journal.done, policy, effort)
    # Once the judge is unavailable, nothing more is asked; late answers to earlier questions are written.
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
    """The request for a row, in the background lane."""
    return JudgeRequest(policy=policy, content=row.content, effort=effort, lane=Lane.BACKGROUND, deadline_s=_DEADLINE_S)
