"""A wobble test runs beside everything else, ends with its version, and says its result where it began."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from bot.cogs.cards.progress_posts import Post, ProgressPosts
from bot.cogs.interactions.reply import Reply
from bot.cogs.trials.wobble_runner import OVER, STOPPED, WobbleRunner
from bot.moderation.policies.judge_requests import JudgeRequests
from bot.moderation.policies.pins import Pins
from bot.moderation.servers.server import ServerSettings
from bot.moderation.setup import Setup
from bot.moderation.trials.wobbles import Wobbles
from classifier import Judgement, JudgeRequest, Undecided, UndecidedReason
from classifier.scripted import ScriptedJudge, clear, violation
from guild_policies.versions import PolicyVersion, StoredPolicy
from tests.fakes.policy_store import MemoryPolicyStore
from tests.fakes.stores import MemoryCaseStore
from tests.fakes.stores_audit import MemoryAuditLog
from tests.fakes.stores_servers import MemoryServerStore
from tests.fakes.stores_trials import MemoryPinStore

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
TEXT = """# Spoilers
## Rules
### R1 Unmarked spoiler
Breaks it: telling how the film ends.
Does not: opinions without plot.
Examples:
- violates: "the ship sinks and he drowns"
"""


@dataclass
class Posts:
    """The moderators' channel: message id -> what it says now."""

    shown: dict[int, Reply] = field(default_factory=dict)
    closed: bool = False

    async def post(self, guild_id: int, channel_id: int, post: Post) -> int | None:
        """Post, unless the channel refuses."""
        assert (guild_id, channel_id) == (1, 99)
        if self.closed:
            return None
        self.shown[len(self.shown) + 1] = post if isinstance(post, Reply) else post()
        return len(self.shown)

    async def edit(self, guild_id: int, channel_id: int, message_id: int, post: Post) -> bool:
        """Edit a message."""
        assert (guild_id, channel_id) == (1, 99)
        self.shown[message_id] = post if isinstance(post, Reply) else post()
        return True


@dataclass
class Room:
    """A runner over fakes, and what it works with."""

    runner: WobbleRunner
    posts: Posts
    judge: ScriptedJudge
    policy: StoredPolicy
    version: PolicyVersion

    async def done(self) -> None:
        """Wait for everything that runs."""
        await asyncio.gather(*self.runner._tasks.values(), return_exceptions=True)


async def room_with(script: Any, *, gate: asyncio.Event | None = None, pins: int = 1, set_up: bool = True) -> Room:
    """A server with a published policy and this many pins."""
    audit = MemoryAuditLog()
    policies = MemoryPolicyStore(now=lambda: NOW, record=audit.record_policy_change)
    servers = MemoryServerStore(now=lambda: NOW, audit=audit)
    if set_up:
        await servers.save(ServerSettings(guild_id=1, review_channel_id=99, reviewer_role_id=None), actor_id=9)
    policy = await policies.create(guild_id=1, name="Spoilers", text=TEXT, actor_id=9)
    version = await policies.publish(
        guild_id=1, policy_id=policy.id, seen_revision=1, fingerprint="f", actor_id=9, overruled=""
    )
    judge, requests = ScriptedJudge(script, gate=gate), JudgeRequests()
    held = Pins(store=MemoryPinStore(now=lambda: NOW, audit=audit), policies=policies, judge=judge, requests=requests)
    for number in range(pins):
        await held.add(1, "Spoilers", f"the ship, {number}", rule_id="R1", actor_id=9)
    cases = MemoryCaseStore(now=lambda: NOW, audit=audit)
    wobbles = Wobbles(pins=held, cases=cases, judge=judge, requests=requests, now=lambda: NOW)
    setup = Setup(
        servers=servers,
        policies=cast(Any, None),  # only the settings are read
        cards=cast(Any, None),
        marks=cast(Any, None),
        consequences=cast(Any, None),
        options=cast(Any, None),
        retention_days=30,
    )
    posts = Posts()
    runner = WobbleRunner(cast(ProgressPosts, posts), wobbles=wobbles, setup=setup)
    return Room(runner=runner, posts=posts, judge=judge, policy=policy, version=version)


def needs_the_example(request: JudgeRequest) -> Judgement:
    """Flags everything, as long as the example is there."""
    return violation("R1") if request.policy.rules[0].examples else clear()


async def test_the_result_takes_the_place_of_what_it_takes() -> None:
    """First the cost and a button, then one line without one."""
    gate = asyncio.Event()
    room = await room_with(needs_the_example, gate=gate)
    room.runner.published(room.policy, room.version)
    assert room.posts.shown == {}  # whoever publishes waits for nothing
    await room.judge.asked()
    first = room.posts.shown[1]
    assert "1 pinned example or decided case under 2 layouts" in first.text
    assert "4 judgements, about" in first.text
    assert len(first.buttons) == 1
    gate.set()
    await room.done()
    assert room.posts.shown == {
        1: Reply(
            text="**Spoilers**, version 1: R1 depends on example 1: without it, 1 of 1 changed. "
            "1 text is too few to conclude from."
        )
    }


async def test_a_new_version_ends_the_test_of_the_one_before() -> None:
    """So does the button, and closing."""
    room = await room_with(needs_the_example, gate=asyncio.Event())
    room.runner.published(room.policy, room.version)
    await room.judge.asked()
    (first,) = room.runner._tasks.values()
    room.runner.published(room.policy, replace(room.version, number=2))
    await asyncio.gather(first, return_exceptions=True)
    assert first.cancelled()
    assert "version 1: a newer version is in force" in room.posts.shown[1].text
    await room.judge.asked(2)
    (second,) = room.runner._tasks.values()
    assert room.runner.stop(room.policy.id).text == STOPPED
    await asyncio.gather(second, return_exceptions=True)
    assert (second.cancelled(), room.runner.stop(room.policy.id).text) == (True, OVER)
    room.runner.published(room.policy, room.version)
    await room.judge.asked(3)
    await room.runner.close()
    assert (room.runner._tasks, room.runner._newest) == ({}, {})


@pytest.mark.parametrize(("pins", "set_up", "closed"), [(0, True, False), (1, False, False), (1, True, True)])
async def test_nothing_is_judged_where_nothing_can_be_said(pins: int, set_up: bool, closed: bool) -> None:
    """No pins and cases, no moderators' channel, or one that refuses."""
    room = await room_with(needs_the_example, pins=pins, set_up=set_up)
    room.posts.closed = closed
    room.runner.published(room.policy, room.version)
    await room.done()
    assert (room.posts.shown, room.judge.requests) == ({}, [])


async def test_a_fault_is_told() -> None:
    """In the place of what was announced; the log has the rest."""

    def broken(_: JudgeRequest) -> Judgement:
        raise RuntimeError("members' words")

    room = await room_with(broken)
    room.runner.published(room.policy, room.version)
    await room.done()
    assert "version 1: something went wrong" in room.posts.shown[1].text


async def test_a_judge_that_goes_away_is_told() -> None:
    """And how to begin again."""
    room = await room_with(lambda _: Undecided(reason=UndecidedReason.JUDGE_UNAVAILABLE))
    room.runner.published(room.policy, room.version)
    await room.done()
    assert "the judge was not available" in room.posts.shown[1].text
