"""Events that come during an outage are taken in afterwards, in their order."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

import pytest

from bot.cogs.messages.held_events import HeldEvents
from classifier.errors import OutageError


class Database:
    """Something that may be away."""

    def __init__(self) -> None:
        self.away = True
        self.kept: list[int] = []

    def keep(self, number: int) -> Callable[[], Awaitable[None]]:
        """What an event does."""

        async def take_in() -> None:
            if self.away:
                raise OutageError("it is away")
            self.kept.append(number)

        return take_in


async def test_events_keep_their_order(caplog: pytest.LogCaptureFixture) -> None:
    """Also those that come while others are still held."""
    database, held = Database(), HeldEvents()
    for number in (1, 2):
        await held.take_in("an event", database.keep(number))
    assert await held.take_in_held() == 0
    database.away = False
    await held.take_in("an event", database.keep(3))
    assert database.kept == []
    assert (await held.take_in_held(), len(held), database.kept) == (3, 0, [1, 2, 3])
    await held.take_in("an event", database.keep(4))
    assert database.kept == [1, 2, 3, 4]
    assert caplog.records == []


async def test_an_error_of_another_kind_is_logged_and_forgotten(caplog: pytest.LogCaptureFixture) -> None:
    """It would be the same error again."""

    async def fail() -> None:
        raise ValueError("secret words")

    held = HeldEvents()
    await held.take_in("a deletion", fail)
    assert len(held) == 0
    assert "a deletion failed" in caplog.text
    assert "secret" not in caplog.text


async def test_there_is_a_limit_which_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    """Memory is worth more than the newest of ten thousands of events."""
    database, held = Database(), HeldEvents(most=2)
    for number in range(5):
        await held.take_in("an event", database.keep(number))
    assert [record.levelno for record in caplog.records] == [logging.ERROR]
    database.away = False
    assert await held.take_in_held() == 2
    assert database.kept == [0, 1]
