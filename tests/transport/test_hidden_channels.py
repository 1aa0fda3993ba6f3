"""Channels that the bot may not view: Discord hides what they are, and opens them while the bot is there or away."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.loopback import payloads
from benchmarks.loopback.payloads import GUILD
from benchmarks.loopback.world import MODS
from bot.cogs.channels.hidden import HIDDEN_NAME, can_see, hidden_channels

GENERAL, STAFF = MODS + 1, MODS + 2
KINDS = [payloads.TEXT, payloads.VOICE, 4, 5, 13, payloads.FORUM, 16]


@pytest.mark.parametrize("kind", KINDS, ids=["text", "voice", "category", "news", "stage", "forum", "media"])
@pytest.mark.parametrize("sign", ["name and flag", "flag", "name"])
async def test_a_hidden_channel_of_any_kind_ends_no_session(wire: Any, kind: int, sign: str) -> None:
    """Whatever Discord leaves out of it, at the start, created and changed while the bot is there."""
    world = wire.discord.world
    world.channels[77] = payloads.channel(77, "staff", kind)
    world.hidden.add(77)
    found = payloads.hidden(world.channels[77])
    found |= {"name": "staff" if sign == "flag" else HIDDEN_NAME, "flags": 0 if sign == "name" else 1 << 17}
    bot = await wire.start()
    wire.discord.gateway.emit("CHANNEL_UPDATE", found)
    wire.discord.gateway.emit("CHANNEL_CREATE", {**found, "id": "78"})
    world.post(GENERAL, "it was the butler")
    await wire.cards(1)
    channels = [bot.get_guild(GUILD).get_channel(number) for number in (77, 78)]
    assert [each.name for each in channels] == [HIDDEN_NAME] * 2
    assert [can_see(each) for each in channels] == [False] * 2
    assert len(hidden_channels(bot.get_guild(GUILD))) == (0 if kind == 4 else 2)
    assert wire.discord.gateway.heard["identify"] == 1


class TestOpenedWhileTheBotIsThere:
    """By a change of its permissions."""

    async def test_without_a_watermark_it_is_read_from_this_moment_on(self, wire: Any) -> None:
        """What was said behind closed doors is not judged, and what is said now is."""
        world = wire.discord.world
        world.hidden.add(STAFF)
        await wire.start()
        world.post(STAFF, "the butler, among us")
        world.show(STAFF)
        world.post(STAFF, "the butler, for all")
        await wire.cards(1)
        await wire.run("catch-up", "watermarks")
        await wire.stop()
        world.post(STAFF, "the butler, once more")
        await wire.start()
        await wire.cards(2)
        await wire.run("catch-up")
        assert wire.judged_texts() == ["the butler, for all", "the butler, once more"]

    async def test_with_a_watermark_it_is_read_from_there_on(self, wire: Any) -> None:
        """It was hidden for a while only."""
        world = wire.discord.world
        await wire.start()
        world.post(STAFF, "who was it")
        await wire.asked("who was it")
        await wire.run("watermarks")
        world.hide(STAFF)
        world.post(STAFF, "the butler, meanwhile")
        world.show(STAFF)
        world.post(STAFF, "the butler, later")
        await wire.asked("the butler, later")
        await wire.run("catch-up")
        await wire.cards(2)
        assert sorted(wire.judged_texts()) == ["the butler, later", "the butler, meanwhile", "who was it"]

    async def test_its_threads_begin_with_it(self, wire: Any) -> None:
        """Those of a forum as well, of which Discord tells when it opens."""
        world = wire.discord.world
        forum = world.add_forum()
        world.hidden |= {STAFF, forum}
        threads = [world.open_thread(STAFF), world.open_thread(forum)]
        await wire.start()
        for thread in threads:
            world.post(thread, "the butler, among us")
        for channel in (STAFF, forum):
            world.show(channel)
        for number, thread in enumerate(threads):
            world.post(thread, f"the butler, for all {number}")
        await wire.cards(2)
        await wire.run("catch-up")
        assert sorted(wire.judged_texts()) == ["the butler, for all 0", "the butler, for all 1"]

    async def test_a_channel_made_behind_closed_doors(self, wire: Any) -> None:
        """The bot heard of it while it was hidden."""
        world = wire.discord.world
        await wire.start()
        world.channels[STAFF + 50] = payloads.channel(STAFF + 50, "new-staff")
        world.hidden.add(STAFF + 50)
        wire.discord.gateway.emit("CHANNEL_CREATE", payloads.hidden(world.channels[STAFF + 50]))
        world.post(STAFF + 50, "the butler, among us")
        world.show(STAFF + 50)
        world.post(STAFF + 50, "the butler, for all")
        await wire.cards(1)
        await wire.run("catch-up")
        assert wire.judged_texts() == ["the butler, for all"]


class TestOpenedWhileTheBotIsAway:
    """The bot finds it open."""

    async def test_without_a_watermark_it_is_read_from_when_it_was_last_seen_hidden(self, wire: Any) -> None:
        """Not from /setup on: that would be everything that was ever said behind closed doors."""
        world = wire.discord.world
        world.hidden.add(STAFF)
        await wire.start()
        world.post(STAFF, "the butler, among us")
        await wire.stop()
        world.hidden.discard(STAFF)
        world.post(STAFF, "the butler, for all")
        await wire.start()
        await wire.cards(1)
        await wire.run("catch-up")
        assert wire.judged_texts() == ["the butler, for all"]

    async def test_with_a_watermark_it_is_read_from_there_on(self, wire: Any) -> None:
        """Whenever it was hidden since."""
        world = wire.discord.world
        await wire.start()
        world.post(STAFF, "who was it")
        await wire.asked("who was it")
        world.hide(STAFF)
        world.post(STAFF, "the butler, meanwhile")
        await wire.stop()
        await wire.start()
        await wire.stop()
        world.hidden.discard(STAFF)
        world.post(STAFF, "the butler, later")
        await wire.start()
        await wire.cards(2)
        assert sorted(wire.judged_texts()) == ["the butler, later", "the butler, meanwhile", "who was it"]

    async def test_a_hidden_channel_costs_no_request(self, wire: Any) -> None:
        """Discord would refuse it."""
        world = wire.discord.world
        world.hidden.add(STAFF)
        world.post(STAFF, "the butler, among us")
        await wire.start()
        await wire.run("catch-up")
        assert [each for each in wire.reads() if str(STAFF) in each] == []
