"""Whose words a webhook posts: a bridge or a feed may say what a member said, and is no proxy."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import discord
import pytest

from bot.moderation.members.reporting import OWN_MESSAGE
from bot.moderation.policies.consequences import ConsequenceMode
from bot.moderation.review.decisions import OWN_CASE
from classifier import Judge
from classifier.scripted import ScriptedJudge, clear, violation
from tests.e2e.acting import moderator
from tests.e2e.appeals import letters

World = Any  # the fixture of conftest.py, which no test can import
BAD = ("ass", "idiots", "the butler did it")


@pytest.fixture
def judge() -> Judge:
    """Only what the webhooks of these tests say breaks the rule."""
    return ScriptedJudge(
        lambda request: violation("R1", score=0.99) if request.content.target.words in BAD else clear()
    )


async def switched_on(world: World, consequence: str = "timeout 10m") -> None:
    """The rule's consequence follows by itself."""
    await world.set_up()
    await world.rewrite(
        "Spoilers", world.policy.replace("Severity: high", f"Severity: high\nConsequence: {consequence}")
    )
    for mode in (ConsequenceMode.REHEARSE, ConsequenceMode.ON):
        await world.bot.services.consequences.set(
            world.guild.id, "Spoilers", "R1", mode=mode, from_score=0.5, actor_id=world.mira.id
        )


def timed_out(world: World, who: Any) -> datetime | None:
    """Until when, as Discord has it."""
    until: datetime | None = world.env.backend.get_guild(world.guild.id).members[who.id].timed_out_until
    return until


async def says(world: World, name: str, text: str) -> discord.Message:
    """What a webhook posts, judged by now."""
    hook = world.guild.create_webhook(world.general, name=name)
    posted: discord.Message = await hook.send(text)
    await world.env.settle()
    await world.env.advance_time(1)
    return posted


@pytest.mark.parametrize(
    ("wrote", "said"),
    [
        ("class is at five, sorry, wrong channel", "ass"),
        ("please do not call people idiots here", "idiots"),
        ("L: the butler did it", "the butler did it"),
        ("not the butler did it", "the butler did it"),
    ],
)
@pytest.mark.parametrize("deleted", ["before", "after", "never"])
async def test_nobody_is_timed_out_for_what_a_webhook_says(world: World, wrote: str, said: str, deleted: str) -> None:
    """Ana deletes a message, and a minute before or after that a bridge says the same, or a part of it. No card ever
    names her as the member."""
    await switched_on(world)
    message = await world.ana.send(world.general, wrote)
    if deleted == "before":
        await world.ana.delete(message)
        await world.env.advance_time(60)
    await says(world, "Minecraft: bob", said)
    await world.env.advance_time(60)
    if deleted == "after":
        await world.ana.delete(message)
        await world.env.settle()
    assert timed_out(world, world.ana) is None
    assert not any(f"**Member:** <@{world.ana.id}>" in world.said(card) for card in world.cards())


async def test_a_card_says_when_it_is_not_certain(world: World) -> None:
    """The webhook is the author, whom nobody can act against, and the message can be deleted. Ana is told nothing."""
    await world.set_up()
    await world.ana.send(world.general, "L: the butler did it")
    await says(world, "Minecraft: *bob*", "the butler did it")
    (card,) = world.cards()
    said = world.said(card)
    assert "**Webhook:** Minecraft\\: \\*bob\\*" in said
    assert f") by <@{world.ana.id}>. It is not certain" in said
    boss = moderator(world)
    for what in ("timeout", "warn", "ban"):
        form = await boss.click(world.cards()[0], label="Act…")
        sent = await boss.submit_modal(form, {"what": what, "length": ["3600"], "reason": ""})
        assert "it is not certain that these are the member's words" in world.said(sent)
    assert timed_out(world, world.ana) is None
    form = await boss.click(world.cards()[0], label="Act…")
    await boss.submit_modal(form, {"what": "delete", "reason": ""})
    assert [message.content for message in world.general.history()] == ["L: the butler did it"]
    assert letters(world, world.ana) == []


async def test_a_webhook_that_repeats_nobody_is_no_member(world: World) -> None:
    """Acting says so, instead of that the member left."""
    await world.set_up()
    feed = await says(world, "Feed", "hello there")
    await world.rita.context_menu(world.general, "Report to moderators", feed)
    (card,) = world.cards()
    assert "**Webhook:** Feed" in world.said(card)
    boss = moderator(world)
    form = await boss.click(card, label="Act…")
    sent = await boss.submit_modal(form, {"what": "timeout", "length": ["3600"], "reason": "adverts"})
    assert "there is no member to act against" in world.said(sent)


async def test_what_is_not_certain_can_be_reported_and_not_decided_by_that_member(world: World) -> None:
    """Omar's report of the bridge is taken; whether it is about his own words is for others to say."""
    await world.set_up()
    await world.omar.send(world.general, "who said that")
    copy = await says(world, "Minecraft: bob", "who said that")
    answer = world.said(await world.omar.context_menu(world.general, "Report to moderators", copy))
    assert OWN_MESSAGE not in answer
    (card,) = world.cards()
    assert f") by <@{world.omar.id}>. It is not certain" in world.said(card)
    for label in ("Violation", "Not a violation", "Act…"):
        assert OWN_CASE in world.said(await world.omar.click(card, label=label))


async def test_a_card_becomes_the_members_when_the_proxy_deletes_the_original(world: World) -> None:
    """It was the webhook's before. The card says what the copy is taken for."""
    await switched_on(world, "delete")
    message = await world.ana.send(world.general, "L: the butler did it")
    await says(world, "Luna", "the butler did it")
    assert "**Webhook:** Luna" in world.said(world.cards()[0])
    await world.ana.delete(message)
    await world.env.settle()
    await world.env.advance_time(5)
    (card,) = world.cards()
    said = world.said(card)
    assert f"**Member:** <@{world.ana.id}>" in said
    assert "Posted by the webhook Luna" in said
    assert f"it seems to be a copy of a deleted message (`{message.id}`) by <@{world.ana.id}>" in said


@pytest.mark.also_invented
async def test_two_members_with_the_same_words_have_a_copy_each(world: World) -> None:
    """By the same webhook, half a minute apart: nobody reports or decides their own, whichever that is."""
    await world.set_up()
    hook = world.guild.create_webhook(world.general, name="Luna")
    copies = []
    for who, tag in ((world.ana, "A"), (world.omar, "B")):
        message = await who.send(world.general, f"{tag}: nobody likes you")
        copies.append(await hook.send("nobody likes you"))
        await who.delete(message)
        await world.env.settle()
        await world.env.advance_time(30)
    for who, copy in zip((world.ana, world.omar), copies, strict=True):
        assert OWN_MESSAGE in world.said(await who.context_menu(world.general, "Report to moderators", copy))
    await world.rita.context_menu(world.general, "Report to moderators", copies[1])
    (card,) = world.cards()
    assert f"**Member:** <@{world.omar.id}>" in world.said(card)
    assert OWN_CASE in world.said(await world.omar.click(card, label="Not a violation"))


@pytest.mark.parametrize("name", ["message.txt", "cat.png"])
async def test_a_proxied_file_is_the_members(world: World, name: str) -> None:
    """Without a word beside it, a picture too."""
    await world.set_up()
    file = (name, b"the gardener is rude")
    message = await world.omar.send(world.general, "L:", attachments=[file])
    hook = world.guild.create_webhook(world.general, name="Luna")
    copy = await hook.send("", attachments=[file])
    await world.omar.delete(message)
    await world.env.settle()
    await world.rita.context_menu(world.general, "Report to moderators", copy)
    (card,) = world.cards()
    assert f"**Member:** <@{world.omar.id}>" in world.said(card)
    assert OWN_CASE in world.said(await world.omar.click(card, label="Not a violation"))
