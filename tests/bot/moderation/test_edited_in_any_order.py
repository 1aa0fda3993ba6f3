"""Messages that are edited and deleted while they are judged, wait, or nobody listens: nothing is done to words that
were not judged, and cases say what became of their message."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.moderation.cases.action import ActionKind, ActionState
from bot.moderation.policies.consequences import ConsequenceMode, ConsequenceSetting
from tests.bot.moderation.world import ADMIN, CHANNEL, SERVER, TEXT, World, drop, judge_goes, publish, set_up, work

Step = Callable[[World], Awaitable[None]]


async def acting() -> World:
    """A server in which rule R1 deletes by itself."""
    world = World(text=TEXT.replace("Breaks it", "Consequence: delete\nBreaks it"))
    await world.start()
    for step in (set_up, publish):
        world.time += timedelta(seconds=1)
        await step(world)
    setting = ConsequenceSetting(rule_id="R1", mode=ConsequenceMode.ON, from_score=0.5, wished="delete")
    await world.consequences.save(SERVER, world.policy_id, setting, actor_id=ADMIN)
    return world


def says(text: str, *, is_edit: bool) -> Step:
    """Somebody posts this, or changes their last message to it. The judge may take its time."""

    async def step(world: World) -> None:
        last = world.posted.get(max(world.posted, default=0))
        if is_edit and last is None:
            return
        new = world.new(f"{text} {world.time}")
        if is_edit and last is not None:
            new = replace(last, text=new.text, edit=int(world.time.timestamp() * 1000))
        world.posted[new.message_id] = new
        if not world.connected:
            world.missed.add(new.message_id)
        world.under_way.append(asyncio.create_task(world.deliver(new)))
        await asyncio.sleep(0)

    step.__name__ = f"{'edit' if is_edit else 'post'}_{text}"
    return step


async def erase(world: World) -> None:
    """Somebody deletes their last message."""
    if world.posted:
        message_id = max(world.posted)
        del world.posted[message_id]
        world.history.messages[:] = world.posted.values()
        if world.connected:
            world.erased.add(message_id)
            await world.intake.pipeline.gone(SERVER, CHANNEL, frozenset({message_id}))


async def think(world: World) -> None:
    """The judge takes its time from now on."""
    world.answers.clear()


async def answer(world: World) -> None:
    """The judge answers what it was asked."""
    world.answers.set()
    await asyncio.gather(*world.under_way)
    world.under_way.clear()


async def look_around(world: World) -> None:
    """What is done from time to time is done now, if the judge answers."""
    if world.answers.is_set():
        await work(world)


BAD, GOOD = says("bad", is_edit=False), says("good", is_edit=False)
TO_BAD, TO_GOOD = says("bad", is_edit=True), says("good", is_edit=True)
STEPS = (BAD, GOOD, TO_BAD, TO_GOOD, erase, think, answer, judge_goes, drop, look_around)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(STEPS), max_size=25))
@example([think, BAD, TO_GOOD, answer])
@example([think, BAD, TO_GOOD, erase, answer])
@example([judge_goes, BAD, TO_GOOD, judge_goes, look_around])
@example([think, BAD, TO_BAD, answer])
@example([think, BAD, drop, TO_GOOD, answer])
def test_nothing_is_done_to_words_that_were_not_judged(steps: list[Step]) -> None:
    """`DiscordsView` asserts that what is acted on is bad. It never has to decline where the edit was heard of; what
    is bad in the end is acted on by its own verdict; and every case says how its message ended."""

    async def play() -> None:
        world = await acting()
        for step in steps:
            world.time += timedelta(seconds=1)
            await step(world)
        await answer(world)
        world.judge_is_there, world.connected = True, True
        world.compare()
        for _ in range(3):
            await work(world)
        assert world.enforcer.was_edited <= world.missed
        done = {each.new.message_id for each in world.actions._actions if each.state is ActionState.DONE}
        assert {number for number, each in world.posted.items() if "bad" in each.text} <= done
        for case in world.cases.everything():
            message = world.posted.get(case.evidence.message_id)
            assert case.evidence.gone or message is None or case.evidence.last_text == message.text
            assert case.evidence.gone == (case.evidence.message_id in world.erased) or message is None
        assert all(each.new.kind is ActionKind.DELETE for each in world.actions._actions)

    asyncio.run(play())
