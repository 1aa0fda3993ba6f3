"""What stays is set aside from the garbage collector."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import discord
import pytest
from discord.ext import commands

from bot.console.commands.run import set_aside_servers_when_ready
from bot.long_lived import set_aside_connected, set_aside_loaded


class Thing:
    """Something to hold on to."""


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """Nothing of this outlasts a test."""
    yield
    gc.unfreeze()


@pytest.mark.parametrize("set_aside", [set_aside_loaded, set_aside_connected])
def test_what_is_set_aside_is_not_looked_at_again_but_still_freed(set_aside: object) -> None:
    """The collector counts it as permanent; without a reference it goes all the same."""
    thing = Thing()
    alive = weakref.ref(thing)
    assert gc.get_freeze_count() == 0
    assert callable(set_aside)
    set_aside()
    assert gc.get_freeze_count() > 10_000
    del thing
    assert alive() is None


async def test_servers_are_set_aside_once() -> None:
    """When the bot is connected for the first time; a later session changes nothing."""
    bot = commands.AutoShardedBot("!", intents=discord.Intents.none())
    set_aside_servers_when_ready(bot)
    (when_ready,) = bot.extra_events["on_ready"]
    await when_ready()
    assert gc.get_freeze_count() > 10_000
    assert not bot.extra_events.get("on_ready")
