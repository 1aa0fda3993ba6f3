"""A session drops without a restart, or the bot restarts, and automatic deletion is on: what was exempt when it was
posted or edited is left alone, whatever is exempt now."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from benchmarks.loopback.payloads import GUILD, OWNER
from benchmarks.loopback.world import MODS
from bot.moderation.messages.intake import Skip
from bot.moderation.messages.watermarks import id_at
from bot.moderation.policies.consequences import ConsequenceMode
from bot.wiring.stores import utc_now
from classifier import JudgeRequest, Verdict
from classifier.scripted import clear, violation
from guild_policies.scope import Scope

GENERAL = MODS + 1


def flags_butlers(request: JudgeRequest) -> Verdict:
    """Whoever mentions the butler breaks R1."""
    return violation("R1", score=0.99) if "butler" in request.content.target.words else clear()


async def scope(wire: Any, chosen: Scope) -> None:
    """An administrator chooses a scope, by a click that has an id of Discord's as all have."""
    wire.bot._discord_time.heard_id(id_at(utc_now()))
    stored = await wire.bot.services.policies.find(GUILD, "Butlers")
    settings = replace(stored.settings, scope=chosen)
    await wire.bot.services.life.change_settings(GUILD, "Butlers", settings, seen=stored.settings, actor_id=OWNER)


async def begun(wire: Any, script: Any = flags_butlers) -> None:
    """The bot runs, rule R1 deletes by itself, and the channel is exempt."""
    await wire.start(script)
    for mode in (ConsequenceMode.REHEARSE, ConsequenceMode.ON):
        await wire.bot.services.consequences.set(GUILD, "Butlers", "R1", mode=mode, from_score=0.5, actor_id=OWNER)
    await scope(wire, Scope(not_in=frozenset({GENERAL})))


@pytest.mark.parametrize("ends", ["session", "process"])
async def test_what_was_exempt_when_it_was_edited_is_left_alone(wire: Any, ends: str) -> None:
    """The channel is exempt no longer. No line, no card, nothing deleted."""
    await begun(wire)
    message = wire.discord.world.post(GENERAL, "who was it")
    wire.discord.world.edit(GENERAL, message, "it was the butler")
    await wire.skipped(Skip.OUT_OF_SCOPE, 2)
    await scope(wire, Scope())
    if ends == "session":
        wire.discord.gateway.invalidate(resumable=False)
        await wire.discord.gateway.until("identify", 2)
        await wire.joined()
    else:
        await wire.stop()
        await wire.start(flags_butlers)
    await wire.run("catch-up", "catch-up")
    assert wire.judged_texts() == []
    assert wire.discord.world.cards().total() == 0
    assert wire.discord.world.said_to_moderators() == []
    assert not [each for each in wire.discord.rest.requests if each.startswith("DELETE /channels/")]


async def test_what_was_exempt_when_it_was_missed_is_left_alone(wire: Any) -> None:
    """Posted in an exempt channel while nobody listened; the channel is exempt no longer when it is read."""
    await begun(wire)
    wire.discord.world.post(GENERAL, "who was it")
    await wire.run("watermarks")
    wire.bot._open_tasks.closing = True  # from here on it takes nothing in
    wire.discord.world.post(GENERAL, "it was the butler")
    await asyncio.sleep(0.01)
    await scope(wire, Scope())
    wire.discord.world.post(GENERAL, "the butler again")
    await wire.stop()
    await wire.start(flags_butlers)
    await wire.asked("the butler again")
    assert wire.judged_texts() == ["the butler again"]


async def test_an_edit_that_was_not_heard_of_keeps_the_message(wire: Any) -> None:
    """It was made while the first text was being judged and nobody listened. The member's new text stays."""
    released = asyncio.Event()

    async def slowly(request: JudgeRequest) -> Verdict:
        await released.wait()
        return flags_butlers(request)

    await begun(wire, slowly)
    await scope(wire, Scope())
    message = wire.discord.world.post(GENERAL, "it was the butler")
    await wire.asked("it was the butler")
    wire.bot._open_tasks.closing = True  # from here on it takes nothing in
    wire.discord.world.edit(GENERAL, message, "no details from me")
    await asyncio.sleep(0.05)
    released.set()
    await wire.cards(1)
    await wire.card_says("The message was edited after this text was posted.")
    assert f"GET /channels/{GENERAL}/messages/{message}" in wire.discord.rest.requests
    assert not [each for each in wire.discord.rest.requests if each.startswith("DELETE /channels/")]
