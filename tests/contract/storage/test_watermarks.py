"""The contract of `WatermarkStore` and `ConversationMarks`, over every implementation."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import nullcontext
from dataclasses import dataclass

import pytest

from bot.moderation.judging.conversations import ConversationMarks
from bot.moderation.messages.watermarks import WHOLE_SERVER, MemoryWatermarkStore, WatermarkStore, read_again_from
from bot.storage.database.engine import create_engine
from bot.storage.servers.watermarks import SqlConversationMarks, SqlWatermarkStore
from tests.fakes.conversation_marks import MemoryMarks

ID = 2**62


@dataclass(frozen=True, kw_only=True)
class Marks:
    """Both stores of one installation."""

    channels: WatermarkStore
    conversations: ConversationMarks


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
async def marks(request: pytest.FixtureRequest, sqlite_address: str) -> AsyncIterator[Marks]:
    """Every implementation of the two ports in turn."""
    if request.param == "memory":
        yield Marks(channels=MemoryWatermarkStore(), conversations=MemoryMarks({}))
        return
    postgres = request.param == "postgresql" and request.getfixturevalue("postgres")
    async with postgres.migrated() if postgres else nullcontext(sqlite_address) as address:
        engine = create_engine(address)
        yield Marks(channels=SqlWatermarkStore(engine), conversations=SqlConversationMarks(engine))
        await engine.dispose()


async def test_marks_come_back_as_they_were_put(marks: Marks) -> None:
    """Many at once, of several servers and of whole servers; none in the beginning."""
    await marks.channels.put({})
    assert await marks.channels.all() == {}
    put = {(1, channel): ID + channel for channel in range(1, 2_001)} | {(1, WHOLE_SERVER): 5, (2, 7): ID}
    await marks.channels.put(put)
    assert await marks.channels.all() == put


async def test_a_mark_is_never_lowered(marks: Marks) -> None:
    """Whatever order writers come in; a higher one takes its place, and others stay."""
    await marks.channels.put({(1, 10): 500, (1, 11): 500})
    await marks.channels.put({(1, 10): 400, (1, 11): 600, (1, 12): 1})
    assert await marks.channels.all() == {(1, 10): 500, (1, 11): 600, (1, 12): 1}
    await asyncio.gather(*(marks.channels.put({(1, 10): 500 + number}) for number in (3, 9, 1, 7)))
    assert (await marks.channels.all())[1, 10] == 509


async def test_a_channel_that_is_gone_has_no_mark(marks: Marks) -> None:
    """Of this server only; forgetting one that was never there is nothing, and it may start over."""
    await marks.channels.put({(1, 10): 500, (2, 10): 500, (1, WHOLE_SERVER): 5})
    await marks.channels.forget_channel(1, 10)
    await marks.channels.forget_channel(1, 99)
    assert await marks.channels.all() == {(2, 10): 500, (1, WHOLE_SERVER): 5}
    await marks.channels.put({(1, 10): 3})
    assert (await marks.channels.all())[1, 10] == 3


async def test_what_was_dealt_with_beside_the_marks(marks: Marks) -> None:
    """The last edit of each message comes back, until a mark says enough: of messages as they were posted at once, of
    edits some minutes later. A channel that is gone has none."""
    assert await marks.channels.finished() == {}
    old = read_again_from(ID)
    await marks.channels.put_finished({(1, 10): {ID: 0, ID + 1: 0, old: 5, old + 1: 5}, (2, 10): {ID: 0}}, marks={})
    await marks.channels.put_finished({(1, 10): {ID + 1: 7, old + 1: 9}}, marks={(1, 10): ID})
    assert await marks.channels.finished() == {(1, 10): {ID + 1: 7, old + 1: 9}, (2, 10): {ID: 0}}
    await marks.channels.forget_channel(1, 10)
    assert await marks.channels.finished() == {(2, 10): {ID: 0}}


async def test_marks_of_conversations(marks: Marks) -> None:
    """Zero at first, by server and channel, never lowered, and apart from the marks of messages."""
    assert await marks.conversations.get(1, 10) == 0
    await marks.conversations.put(1, 10, ID)
    await marks.conversations.put(1, 10, 5)
    await marks.conversations.put(2, 10, 7)
    found = [await marks.conversations.get(*place) for place in ((1, 10), (2, 10), (1, 11))]
    assert found == [ID, 7, 0]
    assert await marks.channels.all() == {}
