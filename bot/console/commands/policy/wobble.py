"""`bylaw policy wobble`: do verdicts depend on a policy's layout?"""

from __future__ import annotations

import asyncio
import hashlib
import heapq
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.console.inputs.options import (
    LARGEST_ID,
    EffortOption,
    JsonOption,
    JudgeOption,
    ModelOption,
    PolicyArgument,
    PolicyOrArgumentOption,
    ProgressOption,
)
from bot.console.screen.errors import BadInput, UserError
from bot.console.screen.progress import progress_bar

if TYPE_CHECKING:
    from bot.console.inputs.judge import ChosenJudge
    from classifier import Content, Judge, Judgement, JudgeRequest
    from guild_policies.wobble import Rewording, Rewordings, Wobble

INTERRUPTED = 130
_DEADLINE_S = 86_400.0  # nobody waits for an answer
_SHOWN_IDS = 10

RowsOption = Annotated[
    Path | None,
    typer.Option(
        "--rows",
        metavar="FILE",
        help="Texts to judge: the labelled rows of `bylaw eval run`, or the decisions of `bylaw policy backtest`.",
    ),
]
ServerOption = Annotated[
    int | None,
    typer.Option(
        "--guild",
        metavar="ID",
        min=1,
        max=LARGEST_ID,
        help="Instead of --rows: judge the pins and decided cases of this server.",
    ),
]
NameOption = Annotated[
    str, typer.Option("--name", metavar="POLICY", help="With --guild: the name of the policy in the server.")
]


class _Gone(Exception):
    """The judge cannot be asked any more."""


@dataclass(slots=True)
class Answers:
    """What was answered so far. Layouts are judged one after the other, so each one's own words are computed once."""

    before: dict[str | int, Judgement] = field(default_factory=dict)
    after: list[dict[str | int, Judgement]] = field(default_factory=list)
    gone: str = ""  #: why the judge gives no more answers
    told: Callable[[], None] = lambda: None  #: called after each answer
    count: int = 0

    def one_more(self) -> None:
        """Count an answer and show it."""
        self.count += 1
        self.told()


def wobble(
    file: PolicyArgument = None,
    policy: PolicyOrArgumentOption = None,
    rows: RowsOption = None,
    guild: ServerOption = None,
    name: NameOption = "",
    judge: JudgeOption = None,
    model: ModelOption = None,
    effort: EffortOption = None,
    texts: Annotated[int, typer.Option("--texts", min=1, max=1000, help="Judge at most this many texts.")] = 50,
    layouts: Annotated[int, typer.Option("--layouts", min=1, max=200, help="Try at most this many layouts.")] = 30,
    threshold: Annotated[
        float, typer.Option("--threshold", min=0, max=1, help="Violations with a lower score count as clear.")
    ] = 0.5,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show how much work it would be.")] = False,
    progress: ProgressOption = None,
    json: JsonOption = False,
) -> None:
    """Judge texts under layouts of a policy that mean the same, and report which verdicts change.

    A layout has the rules, keys or examples in another order, or leaves one example out. Ctrl-C stops and shows the
    results so far.
    """
    from bot.console.inputs.files import named_policy, read_policy
    from bot.console.inputs.judge import choose_judge
    from bot.console.screen.output import print_json, print_line, print_remark, terminal_text
    from guild_policies.lint.fits_the_length_limit import estimated_tokens
    from guild_policies.wobble import as_json, cost_of, rewordings, wobble_of

    rules = read_policy(named_policy(policy, file))
    contents = _texts(rows, guild, name, most=texts)
    chosen = choose_judge(judge, model, effort)
    tried = rewordings(rules, most=layouts)
    cost = cost_of(tried, list(contents.values()), tokens_in=estimated_tokens)
    takes = f"{len(contents):,} texts under {len(tried.tried) - 1:,} layouts: {cost.judgements:,} judgements" + (
        f", about {cost.tokens:,} tokens to read" if chosen.model else ""
    )
    print_remark(f"{takes}.")
    if dry_run:
        if json:
            print_json({"texts": len(contents), "judgements": cost.judgements, "tokens": cost.tokens})
        return
    answers = Answers()
    with progress_bar("texts judged", cost.judgements, lambda: answers.count, shown=progress) as answers.told:
        stopped = asyncio.run(_judge_all(tried, contents, chosen, answers))
    answers.after += [{}] * (len(tried.tried) - len(answers.after))
    found = wobble_of(tried, answers.before, answers.after, threshold=threshold)
    if json:
        print_json({**as_json(found), "stopped": stopped or bool(answers.gone)})
    else:
        for line in shown(found):
            print_line(terminal_text(line))
    if answers.gone:
        raise UserError(f"The judge stopped answering ({answers.gone}). The results so far are shown above.")
    if stopped:
        raise UserError("Stopped. The results so far are shown above.", INTERRUPTED)


def _texts(rows: Path | None, guild: int | None, name: str, *, most: int) -> Mapping[str | int, Content]:
    from bot.console.commands.eval.kept_texts import kept_texts

    if (rows is None) == (guild is None) or bool(guild) != bool(name):
        raise BadInput("Name the texts to judge: either --rows FILE, or --guild ID with --name POLICY.")
    if rows is not None:
        return read_texts(rows, most=most)
    return asyncio.run(kept_texts(guild or 0, name, most=most))


def read_texts(path: Path, *, most: int) -> Mapping[str | int, Content]:
    """The contents of a file of rows by id: all, or a sample that is the same every time.

    Raises:
        BadInput: there is no such file, it holds no row, or a line is none.
    """
    from bot.console.inputs.labelled_rows import Reading, is_csv, labelled_rows, survey

    reading = Reading(labels=() if is_csv(path) else None)
    survey(path, reading)
    rows = labelled_rows(path, reading)
    chosen = heapq.nsmallest(most, rows, key=lambda row: hashlib.sha256(str(row.number).encode()).digest())
    return {row.id: row.content for row in sorted(chosen, key=lambda row: row.number)}


def shown(found: Wobble) -> Iterator[str]:
    """The outcome for people, with the ids of what flipped."""
    yield from found.in_words()
    for each in found.notable:
        ids = ", ".join(str(key)[:80] for key in each.flipped[:_SHOWN_IDS])
        more = len(each.flipped) - _SHOWN_IDS
        yield f"  {each.in_words.split(':')[0]}: {ids}" + (f" and {more} more" if more > 0 else "")


async def _judge_all(
    tried: Rewordings, contents: Mapping[str | int, Content], chosen: ChosenJudge, answers: Answers
) -> bool:
    """Fill `answers`, one layout after the other, until the judge is gone; True where somebody stopped it."""
    from bot.console.inputs.judge import open_judge
    from bot.console.inputs.stop_signals import run_until, told_to_stop

    stop = told_to_stop()
    async with open_judge(chosen.name, chosen.model) as judge:

        async def all_of_them() -> None:
            try:
                answers.before = await _judge(judge, tried.tried[0], contents, chosen, answers.one_more)
                for layout in tried.tried:
                    answers.after.append(await _judge(judge, layout, contents, chosen, answers.one_more))
            except _Gone as gone:
                answers.gone = str(gone)

        return await run_until(stop, all_of_them())


async def _judge(
    judge: Judge,
    layout: Rewording,
    contents: Mapping[str | int, Content],
    chosen: ChosenJudge,
    told: Callable[[], None],
) -> dict[str | int, Judgement]:
    from classifier import Undecided, UndecidedReason
    from classifier.judge_many import judge_many

    answers: dict[str | int, Judgement] = {}
    async for key, judgement in judge_many(judge, _questions(layout, contents, chosen)):
        if isinstance(judgement, Undecided) and judgement.reason is UndecidedReason.JUDGE_UNAVAILABLE:
            raise _Gone(judgement.detail or judgement.reason.value)
        answers[key] = judgement
        told()
    return {key: answers[key] for key in contents}


def _questions(
    layout: Rewording, contents: Mapping[str | int, Content], chosen: ChosenJudge
) -> Iterator[tuple[str | int, JudgeRequest]]:
    from classifier import JudgeRequest, Lane

    request = JudgeRequest(
        policy=layout.policy,
        content=next(iter(contents.values())),
        effort=chosen.effort,
        lane=Lane.BACKGROUND,
        deadline_s=_DEADLINE_S,
        variant=layout.variant,
    )
    for key, content in contents.items():
        yield key, replace(request, content=content)
