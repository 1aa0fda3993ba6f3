"""Requests that go wrong: each card is posted in the end, and once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from benchmarks.loopback import faults
from benchmarks.loopback.faults import Fault
from benchmarks.loopback.payloads import APPLICATION
from benchmarks.loopback.world import MODS

GENERAL = MODS + 1
POST_CARD = f"POST /channels/{MODS}/messages"
SEND_COMMANDS = "PUT .*/commands"
HISTORY = f"GET /channels/{GENERAL}/messages"


def posts(wire: Any) -> int:
    """How many requests for a card there were."""
    return int(wire.discord.rest.requests.count(POST_CARD))


@pytest.mark.parametrize("everywhere", [False, True], ids=["a route", "everything"])
async def test_a_rate_limit_is_waited_for(wire: Any, everywhere: bool) -> None:
    """As long as Discord says."""
    await wire.start()
    wire.discord.rest.faults.next(POST_CARD, faults.rate_limited(0.01, everywhere=everywhere))
    wire.discord.world.post(GENERAL, "it was the butler")
    await wire.cards(1)
    assert posts(wire) == 2


UNHEARD = [
    faults.trouble(500), faults.trouble(502), faults.trouble(503), faults.trouble(504), faults.cut_off(),
    faults.nonsense(), faults.late(0.05),
]  # fmt: skip


@pytest.mark.parametrize("afterwards", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("fault", UNHEARD, ids=lambda fault: fault.name)
async def test_a_card_comes_once_whatever_goes_wrong(wire: Any, fault: Fault, afterwards: bool) -> None:
    """Whether Discord had taken it or not when the answer went wrong."""
    wrong = replace(fault, afterwards=afterwards)
    await wire.start()
    wire.discord.rest.faults.next(POST_CARD, *[wrong] * 7)
    wire.discord.world.post(GENERAL, "it was the butler")
    await wire.asked("it was the butler")
    await wire.saw_requests(POST_CARD)
    wire.discord.rest.faults.clear()
    await wire.posted_all()
    await wire.cards(1)


async def test_a_card_taken_unheard_is_not_posted_twice_when_its_case_changes(wire: Any) -> None:
    """Discord took it, the answer was lost, the author deleted the message: the one card says so."""
    await wire.start()
    wire.discord.rest.faults.next(POST_CARD, faults.trouble(503, afterwards=True))
    message_id = wire.discord.world.post(GENERAL, "it was the butler")
    await wire.saw_requests(POST_CARD)
    await wire.cards(1)
    wire.discord.world.delete(GENERAL, message_id)
    await wire.posted_all()
    await wire.cards(1)
    await wire.card_says("the message was deleted")


async def test_a_ban_by_the_front_stops_every_request(wire: Any, caplog: pytest.LogCaptureFixture) -> None:
    """Nothing is sent until it is over, which is said once; then the cards come."""
    await wire.start()
    wire.discord.rest.faults.next(POST_CARD, faults.banned())
    wire.discord.world.post(GENERAL, "it was the butler")
    await wire.case_waits()
    for number in range(3):
        wire.discord.world.post(GENERAL, f"it was the butler {number}")
    await wire.asked("it was the butler 2")
    await wire.run("cards")
    assert posts(wire) == 1
    assert caplog.text.count("Discord refuses everything from this machine") == 1
    wire.clock.now += 3_600
    await wire.posted_all()
    await wire.cards(4)


@pytest.mark.parametrize(("says", "seconds"), [("", 60), ("soon", 60), ("5", 5), ("999999", 3_600)])
async def test_a_ban_lasts_as_long_as_the_front_says(wire: Any, says: str, seconds: int) -> None:
    """An hour at most, and a minute where it says nothing of use."""
    await wire.start()
    ban = replace(faults.banned(), headers=(("Retry-After", says),))
    wire.discord.rest.faults.next(POST_CARD, ban)
    wire.discord.world.post(GENERAL, "it was the butler")
    await wire.case_waits()
    wire.clock.now += seconds - 1
    await wire.run("cards")
    assert posts(wire) == 1
    wire.clock.now += 1
    await wire.posted_all()
    await wire.cards(1)


@pytest.mark.parametrize("fault", UNHEARD, ids=lambda fault: fault.name)
async def test_history_that_cannot_be_read_is_read_later(wire: Any, fault: Fault) -> None:
    """Nothing that was missed is forgotten."""
    wire.discord.world.post(GENERAL, "it was the butler")
    wire.discord.rest.faults.next(HISTORY, *[fault] * 7)
    await wire.start()
    await wire.saw_requests(HISTORY)
    wire.discord.rest.faults.clear()
    await wire.bot.schedule.run_now("catch-up")
    await wire.run("catch-up")
    await wire.cards(1)


class TestCommands:
    """They are sent while the bot is at work already."""

    @pytest.mark.parametrize(
        "fault",
        [*UNHEARD, faults.rate_limited(0.01), faults.rate_limited(0.01, everywhere=True), faults.banned()],
        ids=lambda fault: fault.name,
    )
    async def test_whatever_goes_wrong_the_bot_judges_and_sends_them_later(self, wire: Any, fault: Fault) -> None:
        """The bot neither ends nor waits."""
        wire.discord.rest.faults.next(SEND_COMMANDS, *[fault] * 12)
        await wire.start()
        await wire.saw_requests(f"PUT /applications/{APPLICATION}/commands")
        wire.clock.now += 3_600  # a ban is over
        wire.discord.world.post(GENERAL, "it was the butler")
        await wire.cards(1)
        wire.discord.rest.faults.clear()
        await wire.run("commands")
        assert wire.bot._commands._over

    async def test_a_slow_answer_keeps_nobody_waiting(self, wire: Any) -> None:
        """Cards come before the commands are there."""
        wire.discord.rest.faults.next(SEND_COMMANDS, faults.late(60))
        await wire.start()
        wire.discord.world.post(GENERAL, "it was the butler")
        await wire.cards(1)
        assert not wire.bot._commands._over

    async def test_commands_that_discord_will_never_take_are_sent_once(self, wire: Any) -> None:
        """Waiting changes nothing about them; the log says so."""
        wire.discord.rest.faults.next(SEND_COMMANDS, *[faults.trouble(400)] * 3)
        await wire.start()
        await wire.saw_requests(f"PUT /applications/{APPLICATION}/commands")
        for _ in range(2):
            await wire.run("commands")
        assert wire.discord.rest.requests.count(f"PUT /applications/{APPLICATION}/commands") == 1
