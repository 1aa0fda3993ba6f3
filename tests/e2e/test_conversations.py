"""Conversations, absences and what moderators are told of them, in a simulated server."""

from __future__ import annotations

from typing import Any

import pytest

from classifier import Judge, Judgement, JudgeRequest
from classifier.scripted import ScriptedJudge, clear, violation

PILE_ON = """# Pile-ons

## Rules
### R1 Pile-on
Looks at: conversations
Breaks it: several members mocking one.
Examples:
- violates: "look at him, pathetic"
- allowed: "you lost, well played"
"""


def _flags_loser(request: JudgeRequest) -> Judgement:
    named = tuple(number for number, each in enumerate(request.content.judged, start=1) if "loser" in each.words)
    return violation("R1", messages=named, rationale="C mocks A.") if named else clear()


@pytest.fixture
def judge() -> Judge:
    """Whoever says "loser" breaks R1."""
    return ScriptedJudge(_flags_loser)


async def put_in_force(world: Any, name: str, text: str) -> None:
    """Publish a policy without a click."""
    desk = world.bot.services.policies
    await desk.create(world.guild.id, name, text, actor_id=world.mira.id)
    await desk.publish(world.guild.id, name, actor_id=world.mira.id)


async def test_a_conversation_that_goes_quiet_is_judged_and_shown(world: Any) -> None:
    """The card is about the message that was named, with the lines before it."""
    await world.set_up()
    await put_in_force(world, "Pile-ons", PILE_ON)
    await world.ana.send(world.general, "I failed again")
    await world.omar.send(world.general, "what a loser")
    await world.env.advance_time(400)
    card = world.said(world.cards()[-1])
    assert "what a loser" in card
    assert "I failed again" in card


async def test_a_moderator_checks_a_conversation(world: Any) -> None:
    """The menu names the message; a server without such rules is told how to write one; members may not."""
    await world.set_up()
    first = await world.ana.send(world.general, "I failed again")
    told = await world.omar.context_menu(world.general, "Check this conversation", first)
    assert "Looks at: conversations" in str(world.said(told))
    await put_in_force(world, "Pile-ons", PILE_ON)
    last = await world.omar.send(world.general, "what a loser")
    told = await world.omar.context_menu(world.general, "Check this conversation", last)
    assert "🔴 R1" in str(world.said(told))


async def test_the_status_for_moderators(world: Any) -> None:
    """Everything is judged, by whom, under how many policies."""
    await world.set_up()
    told = str(world.said(await world.omar.slash(world.general, "status")))
    assert "Everything is judged." in told
    assert "1 policy is in force" in told


async def test_what_was_posted_while_the_bot_was_away_is_judged(world: Any, bot_factory: Any, judge: Judge) -> None:
    """The watermark of the channel tells where to begin; nothing is judged twice, and moderators are told once."""
    await world.set_up()
    await world.ana.send(world.general, "hello")
    await world.bot.schedule.run_now("watermarks")
    world.bot._open_tasks.closing = True  # from here on it takes nothing in, as a process that is gone
    await world.ana.send(world.general, "you loser")
    await world.ana.send(world.general, "sorry")
    asked = len(judge.requests)
    await world.env.restart_bot(bot_factory(ScriptedJudge(_flags_loser)))
    await world.env.settle()
    said = [world.said(message) for message in world.mods.history()]
    assert [text for text in said if "you loser" in text]
    assert [text for text in said if "caught up" in text] == [
        "Bylaw was away and has caught up. It judged 2 messages that were posted meanwhile."
    ]
    assert len(judge.requests) == asked
    assert world.bot.services.intake.pipeline is not None


async def test_quiet_channels_cost_no_request_at_the_start(world: Any, bot_factory: Any, judge: Judge) -> None:
    """Comparing is done with what Discord sends anyway."""
    await world.set_up()
    await world.ana.send(world.general, "hello")
    await world.bot.schedule.run_now("watermarks")
    before = len(world.env.http_requests)
    await world.env.restart_bot(bot_factory(ScriptedJudge(_flags_loser)))
    await world.env.settle()
    assert [entry.path for entry in world.env.http_requests[before:] if entry.path.endswith("/messages")] == []
