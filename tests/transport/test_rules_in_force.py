"""A session drops without a restart, and automatic deletion is on: what no rule applied to is left alone."""

from __future__ import annotations

from typing import Any

from benchmarks.loopback.bot_setup import POLICY
from benchmarks.loopback.payloads import GUILD, OWNER
from benchmarks.loopback.world import MODS
from bot.moderation.messages.watermarks import id_at
from bot.moderation.policies.consequences import ConsequenceMode
from bot.wiring.stores import utc_now
from classifier import JudgeRequest, Verdict
from classifier.scripted import clear, violation

GENERAL = MODS + 1


def flags_by_the_version(request: JudgeRequest) -> Verdict:
    """Version 1 is about the butler, version 2 about the gardener."""
    word = "gardener" if "GARDENER" in request.policy.rules[0].breaks_it else "butler"
    return violation("R1") if word in request.content.target.words else clear()


async def acts(wire: Any) -> None:
    """Rule R1 deletes by itself."""
    for mode in (ConsequenceMode.REHEARSE, ConsequenceMode.ON):
        await wire.bot.services.consequences.set(GUILD, "Butlers", "R1", mode=mode, from_score=0.5, actor_id=OWNER)


async def publish_second(wire: Any) -> None:
    """Version 2 comes into force, by a click that comes a millisecond after all that was posted."""
    begun = id_at(utc_now())
    while (click := id_at(utc_now())) <= begun:
        pass
    wire.bot._discord_time.heard_id(click)
    policies = wire.bot.services.policies
    text = POLICY.replace("saying that it was the butler.", "saying that it was the GARDENER.")
    await policies.save_draft(GUILD, "Butlers", text, seen_revision=None, seen_number=1, actor_id=OWNER)
    await policies.publish(GUILD, "Butlers", actor_id=OWNER)


async def test_what_no_rule_applied_to_is_left_alone(wire: Any) -> None:
    """Judged clear under the version of then; posted in a pause; and nothing was posted meanwhile. No line, no card,
    nothing deleted."""
    await wire.start(flags_by_the_version)
    await acts(wire)
    wire.discord.world.post(GENERAL, "it was the gardener, under version 1")
    await wire.asked("it was the gardener, under version 1")
    await publish_second(wire)
    await wire.bot.services.life.pause(GUILD, "Butlers", actor_id=OWNER)
    wire.discord.world.post(GENERAL, "it was the gardener, in a pause")
    await wire.bot.services.life.resume(GUILD, "Butlers", actor_id=OWNER)
    wire.discord.world.post(GENERAL, "no spoilers")
    await wire.asked("no spoilers")
    before = wire.judged_texts()
    wire.discord.gateway.invalidate(resumable=False)
    await wire.discord.gateway.until("identify", 2)
    await wire.joined()
    await wire.run("catch-up", "catch-up")
    assert wire.judged_texts() == before
    assert wire.discord.world.cards().total() == 0
    assert wire.discord.world.said_to_moderators() == []
    assert not [each for each in wire.discord.rest.requests if each.startswith("DELETE /channels/")]


async def test_what_was_missed_is_judged_by_the_version_of_its_time(wire: Any) -> None:
    """Posted under version 1 while nobody listened, read when version 2 is in force."""
    await wire.start(flags_by_the_version)
    wire.discord.world.post(GENERAL, "who was it")
    await wire.asked("who was it")
    await wire.run("watermarks")
    wire.bot._open_tasks.closing = True  # from here on it takes nothing in
    wire.discord.world.post(GENERAL, "it was the butler")
    await publish_second(wire)
    wire.discord.world.post(GENERAL, "the butler again")
    await wire.stop()
    await wire.start(flags_by_the_version)
    await wire.cards(1)
    await wire.asked("the butler again")
    ((_, card),) = wire.discord.world.card_messages()
    assert "Butlers v1" in str(card["sent"])
