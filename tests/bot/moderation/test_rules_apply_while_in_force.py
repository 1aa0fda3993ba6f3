"""In whatever order things happen, a message is judged under exactly the version of the moment it was posted."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.moderation.messages.message_seen import MessageSeen
from tests.bot.moderation.world import (
    CHANNEL,
    World,
    delete,
    drop,
    edit,
    exempt_channel,
    exempt_role,
    give_role,
    judge_goes,
    kill,
    pause,
    post,
    publish,
    set_up,
    work,
)

STEPS: tuple[Callable[[World], Any], ...] = (
    post, edit, set_up, publish, pause, delete, drop, kill, judge_goes, work, exempt_channel, exempt_role, give_role,
)  # fmt: skip


ORDERS = st.tuples(
    st.sampled_from([(), (set_up, publish), (set_up, publish, exempt_role, give_role)]),
    st.lists(st.sampled_from(STEPS), max_size=25),
).map(lambda drawn: [*drawn[0], *drawn[1]])


@settings(max_examples=300, deadline=None)
@given(ORDERS)
@example([set_up, publish, exempt_channel, drop, post, exempt_channel, drop])
@example([set_up, publish, exempt_role, give_role, post, edit, give_role, drop, drop])
@example([set_up, publish, exempt_role, give_role, post, edit, work, give_role, kill])
@example([post, set_up, publish, drop, edit])
def test_every_message_is_judged_under_the_version_of_its_moment(steps: list[Callable[[World], Any]]) -> None:
    """Never under another one, never twice, never where none was in force or it was exempt then; none is forgotten."""

    async def play() -> None:
        world = World()
        await world.start()
        seen: dict[tuple[int, int], MessageSeen] = {}
        for step in (*steps, post, post):
            world.time += timedelta(seconds=1)
            await step(world)
            seen |= {(each.message_id, each.edit): each for each in world.posted.values()}
        world.judge_is_there, world.connected = True, True
        world.compare()
        for _ in range(3):
            await work(world)
        for message_id, edit_id, version in world.cases.verdicts:
            assert version == world.applies(seen[message_id, edit_id])
            assert CHANNEL not in world.scope_at(seen[message_id, edit_id].moment).not_in
        assert len(set(world.cases.verdicts)) == len(world.cases.verdicts)
        judged = {(message_id, edit_id) for message_id, edit_id, _ in world.cases.verdicts}
        assert not judged & world.left_alone
        covered = filter(world.is_surely_covered, world.posted.values())
        expected = {(each.message_id, each.edit, world.applies(each)) for each in covered}
        assert {each for each in expected if each[2] is not None} <= set(world.cases.verdicts)

    asyncio.run(play())


async def test_nothing_is_told_where_nothing_was_missed() -> None:
    """A session drops: an old message, one that was judged and one posted in a pause are left alone."""
    world = World()
    await world.start()
    for step in (post, set_up, publish, post, publish, pause, post, pause, drop, drop):
        world.time += timedelta(seconds=1)
        await step(world)
    before = list(world.cases.verdicts)
    await work(world)
    assert (world.cases.verdicts, len(before), world.told) == (before, 1, [])


async def test_what_was_missed_is_counted_truly() -> None:
    """One message that is judged now, and one that no rule applied to."""
    world = World()
    await world.start()
    for step in (set_up, drop, post, publish, post, drop):
        world.time += timedelta(seconds=1)
        await step(world)
    await work(world)
    assert len(world.cases.verdicts) == 1
    assert world.told == ["Bylaw was away and has caught up. It judged 1 message that was posted meanwhile."]


async def test_a_message_that_waits_is_no_judged_one() -> None:
    """The judge is away as well: the line says that the message waits."""
    world = World()
    await world.start()
    for step in (set_up, publish, drop, post, drop, judge_goes):
        world.time += timedelta(seconds=1)
        await step(world)
    await world.intake.catch_up.run()
    assert world.told == ["Bylaw was away. 1 message that was posted meanwhile waits for the judge."]
