"""How far each channel was dealt with: never over a message that was not."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.moderation.messages.message_seen import MessageSeen
from bot.moderation.messages.watermarks import (
    LOOK_BACK,
    MOST_REMEMBERED,
    WHOLE_SERVER,
    MemoryWatermarkStore,
    Place,
    Watermarks,
    id_at,
    moment_of,
)

Factory = Callable[..., MessageSeen]
HERE = (1, 20)
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture
async def marks() -> Watermarks:
    """Watermarks of a server whose channel 20 was compared and has no gap."""
    kept = Watermarks(MemoryWatermarkStore({HERE: 100}))
    await kept.load()
    kept.now_known(HERE)
    return kept


def message(number: int, channel_id: int = 20) -> MessageSeen:
    """A message with this id."""
    return MessageSeen(
        guild_id=1, channel_id=channel_id, message_id=number, author_id=7, text="x", posted_at=moment_of(number)
    )


async def test_the_mark_stays_below_what_is_under_way(marks: Watermarks) -> None:
    """Messages finish in any order; the mark moves on when all before it are finished."""
    for number in (101, 102, 103):
        marks.begin(message(number))
    marks.finish(message(103))
    marks.finish(message(101))
    await marks.flush()
    assert marks.kept(HERE) == 101
    assert marks.oldest_under_way() == 102
    marks.finish(message(102))
    await marks.flush()
    assert (marks.kept(HERE), marks.oldest_under_way()) == (103, None)


async def test_an_error_leaves_the_mark_below_the_message(marks: Watermarks) -> None:
    """And the channel counts as one with a gap until it was compared again."""
    with pytest.raises(OSError, match="full"), marks.dealing_with(message(101)):
        raise OSError("the disk is full")
    with marks.dealing_with(message(102)):
        pass
    await marks.flush()
    assert (marks.kept(HERE), marks.is_known(HERE)) == (100, False)
    marks.now_known(HERE, up_to=102)
    await marks.flush()
    assert marks.kept(HERE) == 102


async def test_after_a_new_session_no_mark_moves_before_the_channel_was_compared(marks: Watermarks) -> None:
    """What is posted now must not hide what was posted meanwhile."""
    marks.new_session([1])
    with marks.dealing_with(message(105)):
        pass
    await marks.flush()
    assert marks.kept(HERE) == 100
    marks.now_known(HERE)
    await marks.flush()
    assert marks.kept(HERE) == 105


async def test_one_message_may_be_in_hand_twice(marks: Watermarks) -> None:
    """Its edit is judged while the message itself still is."""
    marks.begin(message(101))
    marks.begin(message(101))
    marks.finish(message(101))
    await marks.flush()
    assert marks.kept(HERE) == 100
    marks.finish(message(101))
    await marks.flush()
    assert marks.kept(HERE) == 101


async def test_an_edit_of_an_old_message_lowers_nothing(marks: Watermarks) -> None:
    """The mark is about what came after it."""
    with marks.dealing_with(message(50)):
        await marks.flush()
    await marks.flush()
    assert marks.kept(HERE) == 100


async def test_a_channel_without_a_mark_begins_where_the_server_began(marks: Watermarks) -> None:
    """Nothing from before the set-up is ever read."""
    assert marks.kept((1, 21)) == 0
    await marks.begin_server(1, 90)
    await marks.begin_server(1, 80)
    assert (marks.kept((1, 21)), marks.kept(HERE)) == (90, 100)
    assert marks.known_channels(1) == {20}
    assert WHOLE_SERVER not in marks.known_channels(1)


async def test_a_channel_that_is_gone_is_forgotten(marks: Watermarks) -> None:
    """Also while one of its messages is being judged."""
    marks.begin(message(101))
    await marks.channel_gone(1, 20)
    assert marks.oldest_under_way() is None
    marks.finish(message(101))
    assert marks.kept(HERE) == 0


async def test_writing_nothing_asks_nothing() -> None:
    """A quiet minute costs no transaction."""
    store = MemoryWatermarkStore({HERE: 100})
    marks = Watermarks(store)
    await marks.load()
    marks.now_known(HERE, up_to=100)
    await marks.flush()
    assert store.writes == 0


@given(seed=st.integers(), count=st.integers(1, 30))
async def test_no_message_at_or_below_the_mark_is_unfinished(seed: int, count: int) -> None:
    """Whatever the order of beginnings, ends, errors and flushes."""
    chance = random.Random(seed)
    store = MemoryWatermarkStore({HERE: 0})
    marks = Watermarks(store)
    marks.now_known(HERE)
    ids, open_ids, unfinished = list(range(1, count + 1)), list[int](), set(range(1, count + 1))
    while ids or open_ids:
        if ids and (not open_ids or chance.random() < 0.5):
            number = ids.pop(0)
            marks.begin(message(number))
            open_ids.append(number)
        else:
            number = open_ids.pop(chance.randrange(len(open_ids)))
            if chance.random() < 0.1:
                marks.give_up(message(number))
            else:
                marks.finish(message(number))
                unfinished.discard(number)
        if chance.random() < 0.3:
            await marks.flush()
            assert not any(number <= store.marks[HERE] for number in unfinished)


def test_an_id_tells_its_moment() -> None:
    """Discord's own example: 175928847299117063 was made on 30 April 2016."""
    assert moment_of(175928847299117063).isoformat(timespec="milliseconds") == "2016-04-30T11:18:25.796+00:00"
    moment = datetime(2026, 11, 21, 12, tzinfo=UTC)
    assert moment_of(id_at(moment)) == moment


async def test_the_end_of_a_session_keeps_how_far_it_came(marks: Watermarks) -> None:
    """What was dealt with before the connection broke is behind the mark, though it was not written down yet."""
    for number in (101, 102, 104):
        marks.begin(message(number))
    for number in (101, 102):
        marks.finish(message(number))
    marks.new_session({1})
    assert marks.kept(HERE) == 102
    assert [marks.is_dealt_with(message(number)) for number in (102, 103, 104)] == [True, False, True]
    await marks.flush()
    again = Watermarks(marks._store)  # another process on the same store
    await again.load()
    assert again.kept(HERE) == 102


async def test_when_a_server_was_set_up(marks: Watermarks) -> None:
    """By the id that Discord gave then; unknown where it was never written down."""
    assert marks.set_up_at(1) is None
    noon = datetime(2026, 11, 21, 12, tzinfo=UTC)
    await marks.begin_server(1, id_at(noon))
    assert marks.set_up_at(1) == noon


async def test_an_edit_that_was_dealt_with_is_known_for_some_minutes() -> None:
    """In the process that saw it and in the next one; a later edit is another one, and old ones are forgotten."""
    store = MemoryWatermarkStore({HERE: id_at(NOON)})
    marks = Watermarks(store)
    await marks.load()
    marks.now_known(HERE)
    posted = replace(message(id_at(NOON) + 1), edit=5)
    for seen in (posted, message(id_at(NOON) + 2)):
        with marks.dealing_with(seen):
            pass
    await marks.flush()
    again = Watermarks(store)
    await again.load()
    for each in (marks, again):
        assert each.is_dealt_with(posted)
        assert not each.is_dealt_with(replace(posted, edit=6))
    with marks.dealing_with(message(id_at(NOON + 2 * LOOK_BACK))):
        pass
    await marks.flush()
    assert (await store.finished())[HERE] == {}
    assert not marks.is_dealt_with(posted)


async def test_what_finished_above_a_gap_is_known(marks: Watermarks) -> None:
    """One message was put off; those behind it that are finished are not dealt with again."""
    marks.begin(message(101))
    with marks.dealing_with(message(102)):
        pass
    marks.give_up(message(101))
    await marks.flush()
    assert (marks.is_dealt_with(message(101)), marks.is_dealt_with(message(102))) == (False, True)


async def test_an_edit_in_hand_is_not_the_message_as_it_was_posted(marks: Watermarks) -> None:
    """The first version is being judged; a later one that is found in history is still to be dealt with."""
    marks.begin(message(101))
    assert marks.is_dealt_with(message(101))
    assert not marks.is_dealt_with(replace(message(101), edit=5))


class FullDisk(MemoryWatermarkStore):
    """A store that keeps nothing at first."""

    async def put_finished(self, new: Mapping[Place, Mapping[int, int]], *, marks: Mapping[Place, int]) -> None:
        """Fail once."""
        if not self.writes:
            self.writes += 1
            raise OSError("the disk is full")
        await MemoryWatermarkStore.put_finished(self, new, marks=marks)


async def test_an_edit_that_could_not_be_written_is_written_later() -> None:
    """Together with those that came meanwhile; of one message, the last edit."""
    store = FullDisk()
    marks = Watermarks(store)
    for number, edit in ((101, 5), (102, 5)):
        with marks.dealing_with(replace(message(number), edit=edit)):
            pass
    with pytest.raises(OSError, match="full"):
        await marks.flush()
    with marks.dealing_with(replace(message(101), edit=9)):
        pass
    await marks.flush()
    assert await store.finished() == {HERE: {101: 9, 102: 5}}


async def test_what_is_remembered_of_a_channel_is_bounded() -> None:
    """The oldest messages are forgotten first."""
    marks = Watermarks(MemoryWatermarkStore())
    for number in range(1, MOST_REMEMBERED + 2):
        with marks.dealing_with(message(number)):
            pass
    known = [number for number in (1, 2, MOST_REMEMBERED + 1) if marks.is_dealt_with(message(number))]
    assert known == [2, MOST_REMEMBERED + 1]
