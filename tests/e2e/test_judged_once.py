"""One judgement at a time of a message: live, reported by members, checked by a moderator."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from bot.cogs.interactions.translate import message_seen
from classifier import Judge, Lane
from classifier.scripted import ScriptedJudge, clear, violation


@pytest.fixture
def gate() -> asyncio.Event:
    """The judge answers while this is set."""
    return asyncio.Event()


@pytest.fixture
def judge(gate: asyncio.Event) -> Judge:
    """Whoever mentions the butler breaks R1."""
    return ScriptedJudge(
        lambda request: violation("R1") if "butler" in request.content.target.text else clear(), gate=gate
    )


async def test_one_question_however_often_a_message_is_reported(world: Any, judge: Any, gate: asyncio.Event) -> None:
    """Forty reports, by one member or by many: judged once, in the lane of new messages, and all are counted."""
    gate.set()
    await world.set_up()
    sent = await world.omar.send(world.general, "the gardener is nice")
    gate.clear()
    channel = world.bot.get_channel(world.general.id)
    seen = message_seen(await channel.fetch_message(sent.id))
    reporting, before = world.bot.services.members.reporting, len(judge.requests)
    asking = [
        asyncio.create_task(reporting.report(seen, reporter_id=reporter, own_id=1))
        for reporter in (world.ana.id, 501, 502, 503, 504)
        for _ in range(8)
    ]
    await judge.asked(before + 1)
    for _ in range(50):
        await asyncio.sleep(0.001)
    gate.set()
    assert {(await each).case.number for each in asking} == {1}
    assert [request.lane for request in judge.requests[before:]] == [Lane.LIVE]
    assert "5 members" in world.said(world.cards()[0])


@pytest.mark.parametrize("text", ["the gardener is even nicer", "the butler did it"])
async def test_a_message_that_is_being_judged_is_not_judged_again(
    world: Any, judge: Any, gate: asyncio.Event, text: str
) -> None:
    """Live, reported and checked at once: one question to the judge, one case, one card."""
    gate.set()
    await world.set_up()
    sent = await world.omar.send(world.general, "the gardener is nice")
    gate.clear()
    channel, services, before = world.bot.get_channel(world.general.id), world.bot.services, len(judge.requests)
    found = message_seen(await channel.fetch_message(sent.id))
    assert found is not None
    seen = replace(found, text=text, edit=1_796_000_000_000)
    asking: list[asyncio.Task[Any]] = [asyncio.create_task(services.intake.pipeline.see(seen, own_id=1))]
    await judge.asked(before + 1)
    asking.append(asyncio.create_task(services.members.reporting.report(seen, reporter_id=501, own_id=1)))
    asking.append(asyncio.create_task(services.check.check(seen)))
    for _ in range(50):
        await asyncio.sleep(0.001)
    gate.set()
    await asyncio.gather(*asking)
    assert len(judge.requests) == before + 1
    assert [await world.bot.services.review.find(world.guild.id, number) is not None for number in (1, 2)] == [
        True,
        False,
    ]
    assert len(world.cards()) == 1
