"""Reading what was missed: all of it, once, and nothing where there is nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.languages.translation import Line, said
from bot.moderation.messages.catch_up import CatchUp, ChannelState, Taken
from bot.moderation.messages.history import MemoryHistory, Unreadable
from bot.moderation.messages.message_seen import MessageSeen
from bot.moderation.messages.watermarks import MemoryWatermarkStore, Watermarks, id_at
from classifier.errors import OutageError

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def at(minute: int) -> int:
    """The id of a message posted this many minutes after noon."""
    return id_at(NOON + timedelta(minutes=minute))


class NoPlace(Exception):
    """There is no place to wait."""


class Away:
    """A server that was left at noon, in which messages were posted since."""

    def __init__(self) -> None:
        self.history = MemoryHistory()
        self.judged: list[tuple[int, int]] = []
        self.told: list[str] = []
        self.takes: Callable[[MessageSeen], bool] = lambda _: True
        self.store = MemoryWatermarkStore({(1, 20): at(0), (1, 21): at(0)})
        self.marks = Watermarks(self.store)
        self.minutes = 60
        self.catch_up = CatchUp(
            marks=self.marks,
            history=self.history,
            intake=self,
            tell=self.tell,
            now=lambda: NOON + timedelta(minutes=self.minutes),
        )

    def post(self, minute: int, channel_id: int = 20, *, edit: int = 0) -> int:
        """Somebody posts, and perhaps edits."""
        seen = MessageSeen(
            guild_id=1, channel_id=channel_id, message_id=at(minute), author_id=7, text="x", posted_at=NOON, edit=edit
        )
        self.history.messages.append(seen)
        return seen.message_id

    def holding(self, messages: Iterable[MessageSeen]) -> AbstractContextManager[None]:
        """Nothing happens to them meanwhile."""
        del messages
        return nullcontext()

    async def take_in(self, seen: MessageSeen) -> Taken:
        """Judge what was read."""
        with suppress(NoPlace), self.marks.dealing_with(seen):
            self.judge(seen)
            return Taken.KNOWN if seen.message_id <= at(0) else Taken.MISSED
        return Taken.PUT_OFF

    def judge(self, seen: MessageSeen) -> None:
        """Judge it, if there is a place for it."""
        if not self.takes(seen):
            raise NoPlace
        self.judged.append((seen.channel_id, round((seen.message_id - at(0)) / (at(1) - at(0)))))

    async def tell(self, guild_id: int, line: Line) -> None:
        """Keep what the moderators are told."""
        assert guild_id == 1
        self.told.append(said(line))

    def compare(self, *channel_ids: int) -> int:
        """Start a session: compare these channels."""
        last = {
            channel: max((seen.message_id for seen in self.history.messages if seen.channel_id == channel), default=0)
            for channel in channel_ids
        }
        return self.catch_up.compare(
            1, [ChannelState(channel_id=channel, last_message_id=newest) for channel, newest in last.items()]
        )


@pytest.fixture
async def away() -> Away:
    """A server whose marks were loaded."""
    made = Away()
    await made.marks.load()
    return made


async def test_quiet_channels_cost_nothing(away: Away) -> None:
    """A channel whose last message is not newer than its mark is not asked for."""
    assert away.compare(20, 21) == 0
    assert await away.catch_up.run() == 0
    assert away.history.asked == []
    assert away.catch_up.progress(1) is None
    assert away.marks.is_known((1, 20))


async def test_messages_of_the_last_minutes_are_read_again(away: Away) -> None:
    """Somebody may have changed one while nobody listened: edits are taken in, and what was dealt with is not. Nobody
    is told of a reading that found nothing new."""
    away.post(-1)
    away.post(0, edit=1)
    away.minutes = 10
    assert away.compare(20, 21) == 1
    assert away.marks.is_known((1, 20))
    assert await away.catch_up.run() == 1
    assert away.judged == [(20, 0)]
    assert away.told == []


async def test_what_is_in_hand_is_not_taken_in_twice(away: Away) -> None:
    """A message that is being judged, or waits, is not read as one that was missed; one that is put off is read."""
    away.post(1)
    seen = away.history.messages[-1]
    away.marks.begin(seen)
    away.compare(20)
    assert await away.catch_up.run() == 1
    assert (away.judged, away.told) == ([], [])
    away.marks.give_up(seen)
    away.catch_up.fell_behind(seen)
    await away.catch_up.run()
    assert away.judged == [(20, 1)]


async def test_what_is_put_off_during_the_reading_is_read_again(away: Away) -> None:
    """The mark does not pass a message that was in hand when its channel was read, and found no place after that."""
    away.post(1)
    away.post(2)
    in_hand = away.history.messages[0]
    away.marks.begin(in_hand)

    def puts_the_other_off(seen: MessageSeen) -> bool:
        if seen.message_id == at(2) and not away.judged:
            away.marks.give_up(in_hand)
            away.catch_up.fell_behind(in_hand)
        return True

    away.takes = puts_the_other_off
    away.compare(20)
    for _ in range(2):
        await away.catch_up.run()
    assert (20, 1) in away.judged


async def test_busy_channels_come_first_and_in_each_the_newest(away: Away) -> None:
    """What happens now matters most; the marks end behind everything."""
    for minute, channel in ((1, 20), (2, 20), (3, 21), (4, 21)):
        away.post(minute, channel)
    assert away.compare(20, 21) == 2
    assert await away.catch_up.run() == 2
    assert away.judged == [(21, 4), (21, 3), (20, 2), (20, 1)]
    await away.marks.flush()
    assert away.store.marks == {(1, 20): at(2), (1, 21): at(4)}
    assert away.told == ["Bylaw was away and has caught up. It judged 4 messages that were posted meanwhile."]


async def test_long_histories_are_read_to_the_end(away: Away) -> None:
    """Page after page, and not all at once into memory."""
    for minute in range(1, 1_251):
        away.post(minute)
    away.compare(20)
    assert await away.catch_up.run() == 1
    assert sorted(minute for _, minute in away.judged) == list(range(1, 1_251))


async def test_the_last_minutes_before_the_mark_are_read_again(away: Away) -> None:
    """An edit may have been in hand when the bot stopped, or made after that."""
    away.post(-30, edit=1)
    away.post(-6)
    away.post(-5, edit=1)
    away.post(1)
    away.compare(20)
    await away.catch_up.run()
    assert away.judged == [(20, 1), (20, -5)]


async def test_a_live_message_does_not_hide_the_gap(away: Away) -> None:
    """The mark stays until the gap is closed, even if the bot stops again in between."""
    away.post(1)
    away.compare(20)
    live = away.history.messages[0]
    with away.marks.dealing_with(
        MessageSeen(guild_id=1, channel_id=20, message_id=at(9), author_id=7, text="x", posted_at=live.posted_at)
    ):
        pass
    await away.marks.flush()
    assert away.store.marks[1, 20] == at(0)


@pytest.mark.parametrize("trouble", ["refused", "error", "unreadable"])
async def test_what_cannot_be_done_now_is_done_later(away: Away, trouble: str) -> None:
    """A full backlog, a locked database and an outage of Discord leave the gap open and lose nothing."""
    away.post(1)
    away.post(2)
    away.compare(20)
    if trouble == "unreadable":
        away.history.unreadable[20] = Unreadable(why="Discord did not answer.")

    def not_now(seen: MessageSeen) -> bool:
        if trouble == "error":
            raise OSError("the database is locked")
        return trouble == "unreadable"

    away.takes = not_now
    assert await away.catch_up.run() == 0
    progress = away.catch_up.progress(1)
    assert progress is not None
    assert (progress.channels_left, progress.begun_with) == (1, 1)
    await away.marks.flush()
    assert away.store.marks[1, 20] == at(0)
    away.takes = lambda _: True
    away.history.unreadable.clear()
    assert await away.catch_up.run() == 1
    assert {minute for _, minute in away.judged} == {1, 2}


async def test_a_closed_channel_is_asked_again_only_when_permissions_change(away: Away) -> None:
    """Asking Discord again and again for what it forbids gets a bot banned."""
    away.post(1)
    away.compare(20)
    away.history.unreadable[20] = Unreadable(why="Bylaw may not read it.", closed=True)
    await away.catch_up.run()
    await away.catch_up.run()
    assert away.history.asked == [20]
    away.history.unreadable.clear()
    away.catch_up.permissions_changed(1)
    assert await away.catch_up.run() == 1
    assert away.judged == [(20, 1)]


async def test_a_deleted_channel_is_let_go(away: Away) -> None:
    """Whether Discord told of it or reading showed it."""
    away.post(1)
    away.post(1, 21)
    away.compare(20, 21)
    away.catch_up.channel_gone(1, 20)
    away.history.unreadable[21] = Unreadable(why="It was deleted.", gone=True)
    assert await away.catch_up.run() == 1
    assert (away.judged, away.catch_up.progress(1)) == ([], None)


async def test_what_found_no_place_to_wait_is_read_again(away: Away) -> None:
    """A backlog that is full is no loss: the channel's history has the message."""
    away.compare(20)
    away.post(3)
    seen = away.history.messages[-1]
    away.marks.begin(seen)
    away.marks.give_up(seen)
    away.catch_up.fell_behind(seen)
    assert await away.catch_up.run() == 1
    assert away.judged == [(20, 3)]
    assert away.marks.is_known((1, 20))


async def test_an_empty_gap_is_told_to_nobody(away: Away) -> None:
    """The last message was deleted before it could be read."""
    away.catch_up.compare(1, [ChannelState(channel_id=20, last_message_id=at(5))])
    assert await away.catch_up.run() == 1
    assert away.told == []
    assert away.marks.is_known((1, 20))


async def test_a_channel_that_was_opened_again_is_no_absence(away: Away) -> None:
    """The bot was there; it could not see the channel."""
    away.compare(20)
    away.post(1)
    away.catch_up.hidden(1, [20])
    away.catch_up.opened(1, ChannelState(channel_id=20, last_message_id=at(1)))
    await away.catch_up.run()
    assert away.told == [
        "Bylaw can see a channel or thread again and has caught up. It judged 1 message that was posted meanwhile."
    ]


async def test_an_outage_ends_the_reading(away: Away) -> None:
    """Discord is not asked for the other channels, whose messages could not be dealt with either. Later all are."""
    away.post(1)
    away.post(2, 21)
    lasts = [True]

    def during_an_outage(_: MessageSeen) -> bool:
        if lasts[0]:
            raise OutageError("the database is away")
        return True

    away.takes = during_an_outage
    away.compare(20, 21)
    assert await away.catch_up.run() == 0
    assert away.history.asked == [21]
    lasts[0] = False
    assert await away.catch_up.run() == 2
    assert sorted(away.judged) == [(20, 1), (21, 2)]


async def test_an_edit_of_an_old_message_that_was_put_off_is_read_by_itself(away: Away) -> None:
    """Its channel is read from shortly before the mark only. It is judged as it reads by then, unless it is gone."""
    for minute in (-50, -40):
        away.post(minute, edit=1)
    edited, deleted = away.history.messages
    for seen in (edited, deleted):
        away.marks.begin(seen)
        away.marks.give_up(seen)
        away.catch_up.fell_behind(seen)
    away.history.messages[:] = [replace(edited, edit=2)]
    away.takes = lambda seen: seen.edit == 2
    assert await away.catch_up.run() == 1
    assert away.judged == [(20, -50)]
    assert away.marks.is_known((1, 20))
    assert await away.catch_up.run() == 0


async def test_a_title_that_was_put_off_is_taken_in_again(away: Away) -> None:
    """No history shows it."""
    title = MessageSeen(guild_id=1, channel_id=20, message_id=-20, author_id=7, text="x", posted_at=NOON, edit=1)
    away.catch_up.fell_behind(title)
    away.takes = lambda _: False
    assert await away.catch_up.run() == 0
    away.takes = lambda _: True
    assert await away.catch_up.run() == 1
    assert len(away.judged) == 1
