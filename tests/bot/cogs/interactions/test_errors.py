"""Errors end in one line for the person, and are logged without what people wrote."""

from __future__ import annotations

import logging

import discord
import pytest

from bot.cogs.interactions.errors import AWAY, answering, surviving, tell
from classifier.errors import OutageError
from guild_policies.store.port import StoreUnavailable
from tests.bot.cogs.interactions.interaction import Interaction


def http_error(status: int, code: int) -> discord.HTTPException:
    """What discord.py raises."""

    class Response:
        reason = "no"

        def __init__(self) -> None:
            self.status = status

    return discord.HTTPException(Response(), {"code": code, "message": "secret words"})


def fail() -> None:
    """Fail for a reason that failed for a reason."""
    try:
        _ = {}["secret words"]
    except KeyError as error:
        raise ValueError("more secret words") from error


async def test_an_error_is_told_with_a_number_and_logged_without_texts(caplog: pytest.LogCaptureFixture) -> None:
    """The whole chain of errors is there by kind and place; none of their words is."""
    interaction = Interaction()
    async with answering("a click", interaction):
        fail()
    number = interaction.sent[0]["content"].split("`")[1]
    for part in (number, "a click failed", "ValueError", "KeyError", "test_errors.py"):
        assert part in caplog.text
    assert "secret" not in caplog.text


@pytest.mark.parametrize("code", [10062, 10015, 50027])
async def test_an_answer_that_came_too_late_is_only_noted(caplog: pytest.LogCaptureFixture, code: int) -> None:
    """Nobody is there to be told."""
    caplog.set_level(logging.INFO, logger="bot")  # whatever another test left it at
    interaction = Interaction()
    await tell("a click", interaction, http_error(404, code))
    assert (interaction.sent, "too late" in caplog.text) == ([], True)


async def test_an_error_that_cannot_be_told_is_noted(caplog: pytest.LogCaptureFixture) -> None:
    """Discord refuses the apology as well."""
    caplog.set_level(logging.INFO, logger="bot")
    await tell("a click", Interaction(http_error(500, 0)), ValueError("secret words"))
    assert "could not be told" in caplog.text
    assert "secret" not in caplog.text


async def test_a_listener_survives_an_error(caplog: pytest.LogCaptureFixture) -> None:
    """It is logged, and cancelling is no error."""
    async with surviving("a message"):
        raise ValueError("secret words")
    assert [record.levelno for record in caplog.records] == [logging.ERROR]


async def test_an_outage_is_told_to_people_and_logged_elsewhere(caplog: pytest.LogCaptureFixture) -> None:
    """One line to whoever waited, with nothing to look up; none in the log, which would be one for every message."""
    interaction = Interaction()
    async with answering("a click", interaction):
        raise StoreUnavailable("The database is not responding.") from OutageError("the database is away")
    async with surviving("a message"):
        raise OutageError("the database is away")
    assert [sent["content"] for sent in interaction.sent] == [AWAY]
    assert [record for record in caplog.records if record.levelno > logging.DEBUG] == []
