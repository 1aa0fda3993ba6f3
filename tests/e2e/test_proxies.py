"""PluralKit in a simulated server: the original is deleted, a webhook's copy stays."""

from __future__ import annotations

from typing import Any

import pytest

from bot.moderation.cases.action import ActionKind
from bot.moderation.policies.consequences import ConsequenceMode

World = Any  # the fixture of conftest.py, which no test can import


async def proxied(world: World, text: str, copy: str) -> None:
    """Ana posts, and the proxy takes her message away and posts its copy."""
    message = await world.ana.send(world.general, text)
    hook = world.guild.create_webhook(world.general, name="Luna")
    await hook.send(copy)
    await world.ana.delete(message)
    await world.env.settle()
    await world.env.advance_time(30)


@pytest.mark.parametrize("text", ["the butler did it", "L: the butler did it"])
async def test_delete_removes_what_is_visible(world: World, text: str) -> None:
    """One card, which names Ana; a click deletes the copy."""
    await world.set_up()
    await proxied(world, text, "the butler did it")
    (card,) = world.cards()
    assert f"**Member:** <@{world.ana.id}>" in world.said(card)
    assert "the message was deleted" in world.said(card)
    assert "**Also in:**" in world.said(card)
    case = await world.bot.services.review.find(world.guild.id, 1)
    await world.bot.services.act.act(
        world.guild.id, case.number, kind=ActionKind.DELETE, moderator_id=world.omar.id, reason="a spoiler"
    )
    assert "butler" not in "\n".join(message.content for message in world.general.history())


async def test_an_automatic_deletion_removes_the_copy(world: World) -> None:
    """Without a click, where the rule's consequence is switched on."""
    await world.set_up()
    await world.rewrite("Spoilers", world.policy.replace("Severity: high", "Severity: high\nConsequence: delete"))
    for mode in (ConsequenceMode.REHEARSE, ConsequenceMode.ON):
        await world.bot.services.consequences.set(
            world.guild.id, "Spoilers", "R1", mode=mode, from_score=0.5, actor_id=world.mira.id
        )
    hook = world.guild.create_webhook(world.general, name="Luna")
    await world.ana.send(world.general, "L: the butler did it")
    await hook.send("the butler did it")
    await world.env.settle()
    assert "butler" not in "\n".join(message.content for message in world.general.history())
