"""Whatever is done to them, in whatever order: the stores in memory answer as those in a database do."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.keys import Cipher, new_key
from bot.moderation.cases.case import (
    CaseKind,
    CaseState,
    Claim,
    Clear,
    ContextLine,
    Decision,
    Evidence,
    Judged,
    NewCase,
    NoSuchCase,
    RuleBroken,
)
from bot.storage.audit.log import SqlAuditLog
from bot.storage.cases.cases import SqlCaseStore
from bot.storage.database.engine import create_engine
from bot.storage.tables.cases import metadata
from tests.fakes.stores import MemoryCaseStore
from tests.fakes.stores_audit import MemoryAuditLog

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
CIPHER = Cipher((new_key().encode(),))

guilds = st.integers(1, 2)
numbers = st.integers(1, 3)
messages = st.integers(500, 502)
ids = st.integers(1, 2)


@dataclass
class SharedClock:
    """A clock that both stores share; it goes on between the steps."""

    time: datetime = NOON

    def __call__(self) -> datetime:
        return self.time


def new_case(guild_id: int, message_id: int, version_id: int, channel_id: int, text: str) -> NewCase:
    """A case about to be opened."""
    evidence = Evidence(
        channel_id=channel_id,
        message_id=message_id,
        author_id=7 + channel_id,
        edit=0,
        text=text,
        forwarded=False,
        posted_at=NOON,
        context=(ContextLine(author_id=8, text=text),) * (message_id % 2),
    )
    judged = Judged(
        policy_id=3,
        policy_name=text[:20],
        version_id=version_id,
        version_number=1,
        rules=(RuleBroken(id="R1", title=text[:20], severity="low"),),
        score=0.9,
        rationale=text,
        reasoning=text,
        method="lite",
        judge="lite:1",
        prompt_fingerprint=None,
    )
    return NewCase(guild_id=guild_id, kind=CaseKind.VIOLATION, evidence=evidence, judged=judged)


def clear(guild_id: int, message_id: int, version_id: int) -> Clear:
    """A clear verdict."""
    return Clear(
        guild_id=guild_id,
        channel_id=1,
        message_id=message_id,
        edit=0,
        version_id=version_id,
        score=0.1,
        method="lite",
        judge="lite:1",
    )


def decided(state: CaseState, moderator_id: int) -> Decision:
    """A decision."""
    return Decision(state=state, moderator_id=moderator_id, at=NOON)


def claimed(moderator_id: int, minutes: int) -> Claim:
    """A claim."""
    return Claim(moderator_id=moderator_id, at=NOON + timedelta(minutes=minutes))


def moments(name: str) -> st.SearchStrategy[dict[str, datetime]]:
    """A moment soon after noon, as an argument of this name."""
    return st.fixed_dictionaries({name: st.integers(0, 9).map(lambda minutes: NOON + timedelta(minutes=minutes))})


cards = st.fixed_dictionaries({"channel_id": ids, "message_id": ids})
states = st.sampled_from([CaseState.VIOLATION, CaseState.NOT_A_VIOLATION])
steps = st.one_of(
    st.tuples(st.just("open"), st.tuples(st.builds(new_case, guilds, messages, ids, ids, st.text(max_size=40)))),
    st.tuples(st.just("record_clear"), st.tuples(st.builds(clear, guilds, messages, ids))),
    st.tuples(st.just("decide"), st.tuples(guilds, numbers, st.builds(decided, states, ids))),
    st.tuples(st.just("overrule"), st.tuples(guilds, numbers, st.builds(decided, states, ids))),
    st.tuples(
        st.just("reopen"),
        st.tuples(guilds, numbers),
        st.fixed_dictionaries({"moderator_id": ids, "reason": st.text(max_size=10)}),
    ),
    st.tuples(st.just("claim"), st.tuples(guilds, numbers, st.builds(claimed, ids, ids)), moments("stale_before")),
    st.tuples(st.just("skip"), st.tuples(guilds, numbers), st.fixed_dictionaries({"moderator_id": ids})),
    st.tuples(st.just("earlier"), st.tuples(guilds, st.lists(numbers, max_size=3).map(tuple)), moments("since")),
    st.tuples(st.just("card_posted"), st.tuples(guilds, numbers), cards),
    st.tuples(st.just("card_lost"), st.tuples(guilds, numbers)),
    st.tuples(st.just("mark_gone"), st.tuples(guilds, st.lists(messages, max_size=3).map(tuple))),
    st.tuples(st.just("mark_channel_gone"), st.tuples(guilds, ids)),
    st.tuples(st.just("purge_texts"), st.tuples(guilds), moments("before")),
    st.tuples(st.just("pending_cards"), st.tuples(st.none() | guilds), st.fixed_dictionaries({"limit": numbers})),
    st.tuples(st.just("latest_for_message"), st.tuples(guilds, messages)),
    st.tuples(st.just("get"), st.tuples(guilds, numbers)),
)


async def answer(store: Any, step: Any) -> object:
    """What the store answers to a step; a refusal is an answer too."""
    name, arguments, *rest = step
    try:
        return await getattr(store, name)(*arguments, **(rest[0] if rest else {}))
    except NoSuchCase:
        return NoSuchCase


async def play(script: list[Any]) -> None:
    """Take each step in both stores and compare the answers, and at the end what they remember."""
    clock, memory_log, engine = SharedClock(), MemoryAuditLog(), create_engine("sqlite://")
    async with engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
    in_memory = MemoryCaseStore(now=clock, audit=memory_log)
    in_database = SqlCaseStore(engine, now=clock, cipher=CIPHER)
    try:
        for step in script:
            assert await answer(in_memory, step) == await answer(in_database, step), step
            clock.time += timedelta(minutes=1)
        for guild in (1, 2):
            for look in [("get", (guild, number)) for number in range(1, 10)]:
                assert await answer(in_memory, look) == await answer(in_database, look)
            assert await memory_log.entries(guild) == await SqlAuditLog(engine).entries(guild)
            for message, version in [(500, 1), (501, 2), (502, 1)]:
                asked = {"guild_id": guild, "message_id": message, "edit": 0, "version_id": version}
                assert await in_memory.was_judged(**asked) == await in_database.was_judged(**asked)
    finally:
        await engine.dispose()


@settings(max_examples=40, deadline=None)
@given(st.lists(steps, max_size=12))
def test_the_stores_agree(script: list[Any]) -> None:
    """Every answer, every case and every audit entry is the same."""
    asyncio.run(play(script))
