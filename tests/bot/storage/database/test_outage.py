"""An outage is told once when it begins and once when it is over, whatever fails meanwhile."""

from __future__ import annotations

import logging

import pytest

from bot.log_context import add_ids, logged_with
from bot.storage.database.outage import QUIET, Outage
from classifier.errors import OutageError, is_outage


@pytest.fixture
def seconds() -> list[float]:
    """What the clock shows."""
    return [100.0]


@pytest.fixture
def outage(seconds: list[float], caplog: pytest.LogCaptureFixture) -> Outage:
    """None lasts."""
    caplog.set_level(logging.INFO, logger="bot.storage.database.outage")
    return Outage(clock=lambda: seconds[0])


def test_many_failures_are_two_lines(outage: Outage, seconds: list[float], caplog: pytest.LogCaptureFixture) -> None:
    """One says why, the other one how long it was."""
    for _ in range(1_000):
        outage.failed("it is away")
    assert outage.lasts
    seconds[0] += 30
    for _ in range(3):
        outage.worked(writing=False)
    assert not outage.lasts
    begun, over = caplog.records
    assert (begun.levelno, begun.__dict__["why"]) == (logging.ERROR, "it is away")
    assert (over.__dict__["seconds"], over.__dict__["failures"]) == (30, 1_000)


def test_what_comes_and_goes_is_one_outage(
    outage: Outage, seconds: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    """Where connections run short, every other attempt may work."""
    for _ in range(50):
        outage.failed("too many connections")
        seconds[0] += QUIET / 2
        outage.worked(writing=True)
    assert (outage.lasts, len(caplog.records)) == (True, 1)


def test_reading_does_not_end_what_only_hurts_writing(outage: Outage, seconds: list[float]) -> None:
    """On a full disk everything can still be read."""
    outage.failed("it is full", writing=True)
    seconds[0] += 60
    outage.worked(writing=False)
    assert outage.lasts
    outage.worked(writing=True)
    assert not outage.lasts


def test_the_lines_are_about_no_message(outage: Outage, caplog: pytest.LogCaptureFixture) -> None:
    """Although it is noticed in the middle of one."""
    caplog.handler.addFilter(add_ids)
    try:
        with logged_with(message_id=4):
            outage.failed("it is away")
    finally:
        caplog.handler.removeFilter(add_ids)
    assert "message_id" not in caplog.records[0].__dict__


def raise_it() -> None:
    """Meet an outage."""
    raise OutageError("it is away")


@pytest.mark.parametrize("hidden", [False, True])
def test_an_outage_is_found_behind_other_errors(hidden: bool) -> None:
    """Unless they say that it is not their cause."""
    with pytest.raises(ValueError, match="nothing to see") as error:  # noqa: PT012 - the one statement that raises
        try:
            raise_it()
        except OutageError as cause:
            raise ValueError("nothing to see") from None if hidden else cause
    assert is_outage(error.value) is not hidden
