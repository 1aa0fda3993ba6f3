"""A bot that was away: what it reads when it is back, and what it does not."""

from __future__ import annotations

from typing import Any

from benchmarks.loopback.world import MODS

GENERAL, QUIET = MODS + 1, MODS + 2


async def test_what_was_posted_meanwhile_is_read(wire: Any) -> None:
    """By another process on the same database; quiet channels cost no request, and nothing is judged twice."""
    await wire.start()
    wire.discord.world.channels[QUIET]["last_message_id"] = "1000"
    wire.discord.world.post(GENERAL, "who was it")
    await wire.judged("who was it")
    await wire.stop()
    wire.discord.world.post(GENERAL, "it was the butler")
    await wire.start()
    await wire.cards(1)
    assert wire.judged_texts() == ["who was it", "it was the butler"]
    assert {each.split("/")[2] for each in wire.reads()} == {str(GENERAL)}


async def test_a_start_with_nothing_new_reads_nothing(wire: Any) -> None:
    """Where the last message is not of these minutes, which could have been changed meanwhile."""
    wire.discord.world.channels[GENERAL]["last_message_id"] = "1000"
    await wire.start()
    await wire.run("catch-up")
    assert wire.reads() == []


async def test_threads_opened_meanwhile_are_read(wire: Any) -> None:
    """One that goes on, with its title, and one that was put into the archive before the bot came back."""
    await wire.start()
    old = wire.discord.world.open_thread(GENERAL)
    wire.discord.world.post(old, "who was it")
    await wire.judged("who was it")
    await wire.stop()
    new = wire.discord.world.open_thread(GENERAL, "a butler's thread")
    wire.discord.world.post(new, "the butler, in a new thread")
    wire.discord.world.post(old, "the butler, in an old thread")
    wire.discord.world.archive(old)
    await wire.start()
    await wire.cards(3)
    assert sorted(wire.judged_texts()) == [
        "a butler's thread",
        "a thread",
        "the butler, in a new thread",
        "the butler, in an old thread",
        "who was it",
    ]


async def test_a_forum_post_archived_meanwhile_is_read(wire: Any) -> None:
    """Discord names it nowhere but in the forum's archive."""
    forum = wire.discord.world.add_forum()
    await wire.start()
    await wire.run("watermarks")
    await wire.stop()
    post = wire.discord.world.open_thread(forum)
    wire.discord.world.post(post, "it was the butler")
    wire.discord.world.archive(post)
    await wire.start()
    await wire.cards(1)


async def test_an_old_thread_out_of_the_archive_is_read(wire: Any) -> None:
    """What was written in it while the bot was away comes to light with the next message in it."""
    await wire.start()
    thread = wire.discord.world.open_thread(GENERAL)
    wire.discord.world.post(thread, "who was it")
    await wire.judged("who was it")
    await wire.stop()
    wire.discord.world.post(thread, "it was the butler")
    wire.discord.world.archive(thread)
    wire.discord.world.archive(thread, archived=False)
    await wire.start()
    await wire.cards(1)


async def test_an_edit_made_meanwhile_is_judged(wire: Any) -> None:
    """Of a message posted shortly before the bot went, in a channel where nothing else was posted since."""
    await wire.start()
    message_id = wire.discord.world.post(GENERAL, "who was it")
    await wire.judged("who was it")
    await wire.stop()
    wire.discord.world.edit(GENERAL, message_id, "it was the butler")
    await wire.start()
    await wire.cards(1)


async def test_a_server_that_was_left_and_joined_again_is_read(wire: Any) -> None:
    """What was posted while the bot was not in it."""
    await wire.start()
    wire.discord.world.post(GENERAL, "who was it")
    await wire.asked("who was it")
    await wire.run("watermarks")
    wire.discord.gateway.take_away()
    wire.discord.world.post(GENERAL, "it was the butler")
    wire.discord.gateway.give_back()
    await wire.joined()
    await wire.run("catch-up")
    await wire.cards(1)
