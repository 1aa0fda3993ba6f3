"""`bylaw classify`: reads JSON lines, and writes a verdict for each, in order and as they arrive."""

from __future__ import annotations

import asyncio
import io
import json
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

from bot.console.inputs.json_rows import BadRow, IgnoredKeys, Row, lines_of, read_row
from bot.console.inputs.options import EffortOption, JudgeOption, ModelOption, PolicyOption, TextOption
from bot.console.screen.answer_rows import answer_of
from bot.console.screen.errors import BadInput
from bot.console.screen.output import print_remark
from classifier import Effort, Judge, JudgeRequest, Lane, PolicyText

if TYPE_CHECKING:
    from bot.console.inputs.judge import ChosenJudge

IN_FLIGHT = 96  #: simultaneous requests: 1.5 times as many as the engine computes on a GPU

ONLY_ID = 1  #: the id of a message that `--text` gives

Ask = Callable[[Row], Awaitable[dict[str, object]]]


def classify(
    policy: PolicyOption,
    text: TextOption = None,
    judge: JudgeOption = None,
    model: ModelOption = None,
    effort: EffortOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Accepted for consistency: answers are always JSON.")] = False,
) -> None:
    """Judge one message, or every line of standard input, and write one JSON object for each.

    With `--text`, that message is judged. Without it, each line of standard input is a JSON object with an "id" and
    a "text", or with "messages" that have an "author" and a "text" each; the last message is judged. Empty lines are
    skipped. Standard error says how many there were, and which keys were ignored. A line that cannot be read ends the
    run with exit code 2; the lines before it are answered.
    """
    from bot.console.inputs.files import read_policy
    from bot.console.inputs.judge import choose_judge
    from bot.console.screen.output import print_json

    del as_json  # there is no other format
    rules, chosen = read_policy(policy), choose_judge(judge, model, effort)
    lines = _standard_input() if text is None else io.BytesIO(json.dumps({"id": ONLY_ID, "text": text}).encode())
    asyncio.run(_classify(rules, chosen, lines, print_json))


async def _classify(policy: PolicyText, chosen: ChosenJudge, lines: BinaryIO, write: Callable[[object], None]) -> None:
    from bot.console.inputs.judge import open_judge

    async with open_judge(chosen.name, chosen.model) as judge:

        async def ask(row: Row) -> dict[str, object]:
            return await _answer(judge, policy, row, chosen.effort)

        await answer_lines(lines_of(lines), ask, write)


async def answer_lines(
    lines: AsyncIterator[bytes], ask: Ask, write: Callable[[object], None], *, in_flight: int = IN_FLIGHT
) -> None:
    """Judge each line and write the answers in the order of the lines, each as soon as possible.

    Reading and writing are separate tasks, so a program that waits for an answer before sending the next line gets it.

    Raises:
        BadInput: a line isn't a row. The lines before it are answered.
    """
    asked: asyncio.Queue[asyncio.Task[dict[str, object]] | None] = asyncio.Queue()
    room = asyncio.Semaphore(in_flight)
    reader = asyncio.create_task(_ask_all(lines, ask, asked, room))
    reader.add_done_callback(lambda _: asked.put_nowait(None))
    answer: asyncio.Task[dict[str, object]] | None = None
    try:
        while answer := await asked.get():
            write(await answer)
            room.release()
        await reader
    finally:
        reader.cancel()
        for task in (answer, *_drained(asked)):
            if task:
                task.cancel()


async def _ask_all(
    lines: AsyncIterator[bytes],
    ask: Ask,
    asked: asyncio.Queue[asyncio.Task[dict[str, object]] | None],
    room: asyncio.Semaphore,
) -> None:
    number = empty = 0
    ignored = IgnoredKeys()
    async for line in lines:
        number += 1
        if not line.strip():
            empty += 1
            continue
        try:
            row = read_row(line)
        except BadRow as bad:
            raise BadInput(f"line {number} {bad}.") from None
        ignored.remark(number, row)
        await room.acquire()
        asked.put_nowait(asyncio.ensure_future(ask(row)))
    if empty:
        print_remark(f"Skipped {empty} empty {'line' if empty == 1 else 'lines'}.")


def _drained(
    queue: asyncio.Queue[asyncio.Task[dict[str, object]] | None],
) -> list[asyncio.Task[dict[str, object]] | None]:
    return [queue.get_nowait() for _ in range(queue.qsize())]


async def _answer(judge: Judge, policy: PolicyText, row: Row, effort: Effort) -> dict[str, object]:
    request = JudgeRequest(policy=policy, content=row.content, effort=effort, lane=Lane.BACKGROUND)
    return answer_of(row.id, await judge.judge(request))


def _standard_input() -> BinaryIO:
    """Open standard input as bytes, with a separate descriptor.

    The interpreter closes `sys.stdin` at exit, which it can't while a thread is waiting for a line in it.

    Raises:
        BadInput: there is none.
    """
    if sys.stdin is None:
        raise BadInput(
            "Standard input is closed: give the message with --text TEXT, or lines of JSON on standard input."
        )
    if sys.stdin.isatty():
        print_remark(
            'reading from the keyboard, one {"id": 1, "text": "..."} a line; Ctrl-D ends it. To judge one message, use '
            "--text TEXT."
        )
    try:
        return os.fdopen(os.dup(sys.stdin.fileno()), "rb")
    except io.UnsupportedOperation:
        return sys.stdin.buffer
