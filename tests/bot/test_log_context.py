"""Lines of the log carry the ids of what is dealt with, and of nothing else."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Iterator
from contextvars import Context
from io import StringIO

import pytest

from bot.log import JsonFormatter, LineFormatter, Redactor
from bot.log_context import add_ids, log_with, logged_with

_log = logging.getLogger("bot.x")


class Lines:
    """What was logged."""

    def __init__(self) -> None:
        self.stream = StringIO()
        self.handler = logging.StreamHandler(self.stream)
        self.handler.addFilter(add_ids)
        self.handler.setFormatter(JsonFormatter(Redactor()))

    def read(self) -> list[dict[str, object]]:
        """Each line's fields, without time, level and logger."""
        lines = [json.loads(line) for line in self.stream.getvalue().splitlines()]
        return [{key: line[key] for key in line if key not in {"time", "level", "logger"}} for line in lines]


@pytest.fixture
def lines() -> Iterator[Lines]:
    """Logging to a string."""
    made = Lines()
    _log.addHandler(made.handler)
    yield made
    _log.removeHandler(made.handler)


def test_a_block_gives_its_ids_to_its_lines(lines: Lines) -> None:
    """Inner blocks add theirs, and none of them is left behind, even by an error."""

    def work() -> None:
        with logged_with(guild=1, message_id=9):
            with logged_with(case=7):
                _log.warning("inside")
            _log.warning("between")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        work()
    _log.warning("after")
    assert lines.read() == [
        {"message": "inside", "guild": 1, "message_id": 9, "case": 7},
        {"message": "between", "guild": 1, "message_id": 9},
        {"message": "after"},
    ]


def test_what_a_line_says_itself_counts(lines: Lines) -> None:
    """The call knows better than what is around it."""
    with logged_with(case=7):
        _log.warning("another", extra={"case": 8})
    assert lines.read() == [{"message": "another", "case": 8}]


async def test_tasks_take_the_ids_over(lines: Lines) -> None:
    """Each has its own from then on: two that run side by side do not mix them up."""

    async def work(number: int) -> None:
        log_with(case=number)
        await asyncio.sleep(0)
        _log.warning("work")

    with logged_with(guild=1):
        await asyncio.gather(work(7), work(8))
    assert lines.read() == [{"message": "work", "guild": 1, "case": number} for number in (7, 8)]


async def test_a_task_that_serves_others_has_none(lines: Lines) -> None:
    """It is about nothing that happened to start it."""

    async def work() -> None:
        _log.warning("work")

    with logged_with(case=7):
        await asyncio.create_task(work(), context=Context())
    assert lines.read() == [{"message": "work"}]


def test_a_line_of_text_carries_them_too(lines: Lines) -> None:
    """As pairs behind the message."""
    lines.handler.setFormatter(LineFormatter(Redactor()))
    with logged_with(guild=5, message_id=9):
        _log.warning("case opened", extra={"method": "reasoned"})
    assert lines.stream.getvalue().endswith(" WARNING bot.x case opened method=reasoned guild=5 message_id=9\n")
