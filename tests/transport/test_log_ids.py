"""Every line of the log about a message or a case carries its ids, whichever way the message came in."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from io import StringIO
from typing import Any

import pytest

from benchmarks.loopback import faults
from benchmarks.loopback.payloads import GUILD
from benchmarks.loopback.world import MODS
from bot.log import JsonFormatter, Redactor
from bot.log_context import add_ids
from bot.storage.database.errors import StorageError

GENERAL = MODS + 1
POST_CARD = f"POST /channels/{MODS}/messages"

Lines = Callable[[str], list[dict[str, Any]]]


@pytest.fixture
def lines() -> Iterator[Lines]:
    """The lines of our own parts so far that begin like this, as fields."""
    stream = StringIO()
    handler = logging.StreamHandler(stream)
    handler.addFilter(add_ids)
    handler.setFormatter(JsonFormatter(Redactor()))
    ours = logging.getLogger("bot")
    before = ours.level
    ours.addHandler(handler)
    ours.setLevel(logging.INFO)

    def read(beginning: str) -> list[dict[str, Any]]:
        found = [json.loads(line) for line in stream.getvalue().splitlines()]
        return [line for line in found if line["message"].startswith(beginning)]

    yield read
    ours.removeHandler(handler)
    ours.setLevel(before)


async def fail(*_: object, **__: object) -> None:
    """What a broken part does."""
    raise StorageError("The disk is full.")


async def test_a_case_is_logged_with_its_message(wire: Any, lines: Lines) -> None:
    """Server, channel, message and case."""
    await wire.start()
    message_id = wire.discord.world.post(GENERAL, "it was the butler")
    await wire.cards(1)
    (line,) = lines("case opened")
    found = {name: line[name] for name in ("guild", "channel", "message_id", "case", "method")}
    assert found == {"guild": GUILD, "channel": GENERAL, "message_id": message_id, "case": 1, "method": "scripted"}


async def test_a_message_that_fails_is_named(wire: Any, lines: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error comes out of everything that dealt with the message, and its line still knows which one it was. The
    same when it is read from history."""
    bot = await wire.start()
    monkeypatch.setattr(bot.services.intake.pipeline._judge, "judge", fail)
    message_id = wire.discord.world.post(GENERAL, "it was the butler")
    await wire.until(lambda: lines("a message failed"), what="the failure")
    assert lines("a message failed")[0]["message_id"] == message_id
    await wire.run("catch-up")
    await wire.until(lambda: lines("a missed message was put off"), what="the failure from history")
    (line, *_) = lines("a missed message was put off")
    assert (line["message_id"], line["guild"], line["channel"]) == (message_id, GUILD, GENERAL)
    assert line["why"] == "StorageError: The disk is full."


async def test_a_refused_card_is_named(wire: Any, lines: Lines) -> None:
    """At once, and when it is tried again from the schedule, where no message is at hand."""
    await wire.start()
    wire.discord.rest.faults.next(POST_CARD, *[faults.trouble(403)] * 4)
    message_id = wire.discord.world.post(GENERAL, "it was the butler")
    await wire.until(lambda: lines("card not posted"), what="a refusal")
    (line,) = lines("card not posted")
    assert (line["guild"], line["case"], line["message_id"]) == (GUILD, 1, message_id)
    await wire.run("cards")
    again = lines("card not posted")[1:]
    assert [(each["guild"], each["case"], "message_id" in each) for each in again] == [(GUILD, 1, False)] * len(again)
    assert again
