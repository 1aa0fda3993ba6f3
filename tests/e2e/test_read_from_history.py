"""What was posted while the bot was away, read over REST, which names authors without their roles."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.moderation.policies.consequences import ConsequenceMode
from classifier import Judge, Judgement, JudgeRequest
from classifier.scripted import ScriptedJudge, clear, violation
from guild_policies.scope import Scope


def _flags_butlers(request: JudgeRequest) -> Judgement:
    named = tuple(number for number, each in enumerate(request.content.judged, start=1) if "butler" in each.words)
    return violation("R1", messages=named, score=0.99) if named else clear()


@pytest.fixture
def judge() -> Judge:
    """Whoever mentions the butler breaks R1, in a message or a conversation."""
    return ScriptedJudge(_flags_butlers)


async def while_away(world: Any, bot_factory: Any, *said: tuple[Any, str]) -> None:
    """The bot is gone, some people say something, and another process starts."""
    await world.ana.send(world.general, "hello")
    await world.bot.schedule.run_now("watermarks")
    world.bot._open_tasks.closing = True  # from here on it takes nothing in, as a process that is gone
    for author, text in said:
        await author.send(world.general, text)
    await world.env.restart_bot(bot_factory(ScriptedJudge(_flags_butlers)))
    await world.env.settle()


async def talked_over(world: Any, *said: tuple[Any, str]) -> None:
    """Some people say something, and the conversation has grown enough to be looked at."""
    for author, text in (*said, *((world.ana, f"hm {number}") for number in range(20))):
        await author.send(world.general, text)
    await world.bot.schedule.run_now("conversations")
    await world.env.settle()


async def exempt(world: Any, name: str = "Spoilers") -> None:
    """Whoever has the reviewers' role is exempt."""
    stored = await world.bot.services.policies.find(world.guild.id, name)
    settings = replace(stored.settings, scope=Scope(exempt_roles=frozenset({world.reviewers.id})))
    await world.bot.services.life.change_settings(
        world.guild.id, name, settings, seen=stored.settings, actor_id=world.mira.id
    )


@pytest.mark.also_invented
async def test_exempt_roles_hold(world: Any, bot_factory: Any) -> None:
    """Rita has an exempt role, Ana has not."""
    await world.set_up()
    await exempt(world)
    await while_away(world, bot_factory, (world.rita, "the butler, says Rita"), (world.ana, "the butler, says Ana"))
    card, line = (world.said(card) for card in world.cards())
    assert "says Ana" in card
    assert line == "Bylaw was away and has caught up. It judged 1 message that was posted meanwhile."


@pytest.mark.also_invented
async def test_exempt_roles_hold_in_conversations(world: Any) -> None:
    """Also without an absence: conversations are always read from history."""
    await world.set_up()
    await world.rewrite("Spoilers", world.policy.replace("Severity: high", "Severity: high\nLooks at: conversations"))
    await exempt(world)
    await talked_over(world, (world.rita, "the butler, says Rita"), (world.ana, "the butler, says Ana"))
    cards = [world.said(card) for card in world.cards()]
    assert len(cards) == 1
    assert "says Ana" in cards[0]


@pytest.mark.parametrize("looks_at", ["messages", "conversations"])
@pytest.mark.also_invented
async def test_automatic_actions_follow(world: Any, bot_factory: Any, looks_at: str) -> None:
    """As they do for live messages: the member's message is deleted, that of staff is not."""
    await world.set_up()
    line = f"Severity: high\nConsequence: delete\nLooks at: {looks_at}"
    await world.rewrite("Spoilers", world.policy.replace("Severity: high", line))
    for mode in (ConsequenceMode.REHEARSE, ConsequenceMode.ON):
        await world.bot.services.consequences.set(
            world.guild.id, "Spoilers", "R1", mode=mode, from_score=0.5, actor_id=world.mira.id
        )
    said = ((world.omar, "the butler, says Omar"), (world.ana, "the butler, says Ana"))
    if looks_at == "messages":
        await while_away(world, bot_factory, *said)
    else:
        await talked_over(world, *said)
    left = [message.content for message in world.general.history()]
    assert [text for text in left if "butler" in text] == ["the butler, says Omar"]
