"""A message on its way over the wire: from the gateway to a card, and what comes of edits and deletions."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from benchmarks.loopback.world import MODS

GENERAL = MODS + 1


@pytest.mark.parametrize("compressed", [True, False], ids=["zlib", "plain text"])
async def test_a_message_becomes_a_card(wire: Any, compressed: bool) -> None:
    """Whether the gateway packs its events or sends them as text."""
    wire.discord.gateway.compresses = compressed
    await wire.start()
    wire.discord.world.post(GENERAL, "it was the butler")
    wire.discord.world.post(GENERAL, "who was it")
    await wire.cards(1)
    await wire.asked("who was it")
    assert wire.discord.gateway.heard["compress zlib-stream"] == 1


async def test_an_edit_is_judged_again(wire: Any) -> None:
    """The card is about the text as it is now."""
    await wire.start()
    message_id = wire.discord.world.post(GENERAL, "who was it")
    await wire.asked("who was it")
    wire.discord.world.edit(GENERAL, message_id, "the butler")
    await wire.cards(1)


async def test_shards_are_asked_for(wire: Any) -> None:
    """Where the operator names no number of shards, Discord does, and says where the gateway is."""
    await wire.start(settings=wire.settings.model_copy(update={"shard_count": None}))
    assert "GET /gateway/bot" in wire.discord.rest.requests
    wire.discord.world.post(GENERAL, "it was the butler")
    await wire.cards(1)


async def test_closing_that_hangs_is_cut_short(wire: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever holds it up: the process has to be gone in time, and closing again does the rest."""
    bot = await wire.start()
    released = asyncio.Event()
    close = wire.judges[0].close

    async def hang() -> None:
        await released.wait()
        await close()

    monkeypatch.setattr(wire.judges[0], "close", hang)
    monkeypatch.setattr("bot.app.LONGEST_CLOSE", 0.05)
    await bot.close()
    assert not bot.is_closed()
    released.set()
    monkeypatch.setattr("bot.app.LONGEST_CLOSE", 10)
    await bot.close()
    assert bot.is_closed()
