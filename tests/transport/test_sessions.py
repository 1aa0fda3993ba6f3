"""Sessions that break: what Discord brings by itself after that, and what has to be read from history."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.loopback.server import TOKEN
from benchmarks.loopback.world import MODS
from bot.console.commands.run import keep_running
from bot.console.screen.errors import UserError

GENERAL = MODS + 1

#: Codes after which a session goes on (https://docs.discord.com/developers/topics/opcodes-and-status-codes).
GOES_ON = (1000, 4000, 4001, 4002, 4003, 4005, 4007, 4008, 4009)


@pytest.mark.parametrize("code", GOES_ON)
async def test_a_closed_connection_is_resumed(wire: Any, code: int) -> None:
    """Discord brings what was missed by itself: nothing is read from history, and nothing judged twice."""
    await wire.start()
    wire.discord.gateway.break_off(code)
    wire.discord.world.post(GENERAL, "it was the butler")
    await wire.discord.gateway.until("resumed")
    wire.discord.world.post(GENERAL, "who was it")
    await wire.asked("who was it")
    await wire.cards(1)
    assert sorted(wire.judged_texts()) == ["it was the butler", "who was it"]
    assert wire.discord.gateway.heard["identify"] == 1
    assert wire.reads() == []


@pytest.mark.parametrize("how", ["reconnect", "invalid for now"])
async def test_asked_to_come_back_it_resumes(wire: Any, how: str) -> None:
    """Op 7, and op 9 that says the session lives."""
    await wire.start()
    gateway = wire.discord.gateway
    if how == "reconnect":
        gateway.ask_to_reconnect()
    else:
        gateway.invalidate(resumable=True)
    await gateway.until("resumed")
    wire.discord.world.post(GENERAL, "it was the butler")
    await wire.cards(1)
    assert gateway.heard["identify"] == 1


async def test_unanswered_heartbeats_end_the_connection(wire: Any) -> None:
    """A line that is dead without saying so is given up and resumed."""
    gateway = wire.discord.gateway
    bot = wire.make()
    bot._connection.heartbeat_timeout = 0.1
    gateway.heartbeat_ms = 20
    gateway.acknowledges = False
    await wire.go()
    await gateway.until("resumed")
    gateway.acknowledges = True
    wire.discord.world.post(GENERAL, "it was the butler")
    await wire.cards(1)


@pytest.mark.parametrize("how", ["op 9", "resume refused"])
async def test_what_a_lost_session_missed_is_read_from_history(wire: Any, how: str) -> None:
    """Once, from the channels in which something was posted; the moderators hear of it."""
    await wire.start()
    wire.discord.world.post(GENERAL, "who was it")
    await wire.asked("who was it")
    await wire.run("watermarks")
    if how == "op 9":
        wire.discord.gateway.invalidate(resumable=False)
    else:
        wire.discord.gateway.forget()
        wire.discord.gateway.break_off(4009)
    wire.discord.world.post(GENERAL, "it was the butler")
    wire.discord.world.post(GENERAL, "no spoilers")
    await wire.discord.gateway.until("identify", 2)
    await wire.cards(1)
    await wire.asked("no spoilers")
    await wire.told("Bylaw was away and has caught up. It judged 2 messages")
    assert sorted(wire.judged_texts()) == ["it was the butler", "no spoilers", "who was it"]
    assert {each.split("/")[2] for each in wire.reads()} == {str(GENERAL)}


@pytest.mark.parametrize(
    ("code", "says"),
    [
        (4004, "Discord does not accept the token"),
        (4010, "BYLAW_SHARD_COUNT"),
        (4011, "BYLAW_SHARD_COUNT"),
        (4012, "newer version of Bylaw"),
        (4013, "Message Content intent"),
        (4014, "The Message Content intent is not granted"),
    ],
)
async def test_what_no_reconnecting_mends_ends_the_bot_in_one_line(wire: Any, code: int, says: str) -> None:
    """The line says what to do."""
    wire.discord.gateway.refuse_identify = code
    with pytest.raises(UserError, match=says) as refused:
        await keep_running(wire.make(), wire.settings, TOKEN)
    assert "\n" not in str(refused.value)


async def test_a_wrong_token_ends_the_bot_in_one_line(wire: Any) -> None:
    """Before the database is opened."""
    with pytest.raises(UserError, match="Discord does not accept the token"):
        await keep_running(wire.make(), wire.settings, "x.y.z")
    assert wire.discord.rest.requests == ["GET /users/@me"]
