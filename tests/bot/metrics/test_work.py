"""The work under way is read off the services, and counts of the database are as old as the last answer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from prometheus_client import CollectorRegistry

from bot.metrics.totals import Totals
from bot.metrics.work import WorkMetrics
from bot.moderation.messages.intake import Skip, Tally
from bot.moderation.messages.message_seen import MessageSeen
from bot.moderation.messages.watermarks import MemoryWatermarkStore, Watermarks, id_at
from bot.storage.database.errors import StorageError
from classifier.llama.client.load import JudgeLoad

Read = Callable[..., float | None]
NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


class Database:
    """Counts as a test sets them; None for a database that does not answer."""

    def __init__(self) -> None:
        self.holds: Totals | None = Totals()

    async def totals(self) -> Totals:
        """The counts."""
        if self.holds is None:
            raise StorageError("The database is away.")
        return self.holds


class World:
    """What the metrics are read off."""

    def __init__(self) -> None:
        self.tally = Tally()
        self.marks = Watermarks(MemoryWatermarkStore())
        self.database = Database()
        self.load: JudgeLoad | None = None
        self.now = NOON
        self.metrics = WorkMetrics(
            tally=self.tally,
            marks=self.marks,
            totals=self.database,
            load=lambda: self.load,
            now=lambda: self.now,
        )


@pytest.fixture
def world(registry: CollectorRegistry) -> World:
    """A bot that has done nothing yet."""
    made = World()
    registry.register(made.metrics)
    return made


def posted(moment: datetime) -> MessageSeen:
    """A message of this moment."""
    return MessageSeen(guild_id=1, channel_id=20, message_id=id_at(moment), author_id=7, text="hello", posted_at=moment)


def test_messages_are_counted_by_what_became_of_them(world: World, read: Read) -> None:
    """Every reason to skip one has its series from the start."""
    world.tally.judged, world.tally.cards, world.tally.waiting, world.tally.put_off = 5, 2, 3, 4
    world.tally.not_judged[Skip.BOT] += 6
    assert read("bylaw_messages_total", result="judged") == 5
    assert read("bylaw_messages_total", result="skipped_bot") == 6
    assert all(read("bylaw_messages_total", result=f"skipped_{skip}") is not None for skip in Skip)
    assert (read("bylaw_cards_total"), read("bylaw_messages_waiting"), read("bylaw_messages_put_off")) == (2, 3, 4)


def test_the_oldest_message_has_an_age(world: World, read: Read) -> None:
    """Zero where none is in hand, and where this machine's clock is behind Discord's."""
    assert read("bylaw_oldest_message_seconds") == 0
    early, late = posted(NOON - timedelta(seconds=90)), posted(NOON + timedelta(seconds=5))
    world.marks.begin(late)
    assert read("bylaw_oldest_message_seconds") == 0
    world.marks.begin(early)
    assert read("bylaw_oldest_message_seconds") == 90
    world.marks.finish(early)
    world.now += timedelta(seconds=15)
    assert read("bylaw_oldest_message_seconds") == 10


def test_a_judge_with_a_queue_says_how_busy_it_is(world: World, read: Read) -> None:
    """One without has no such series, which is not the same as zero."""
    assert read("bylaw_judge_up") is None
    world.load = JudgeLoad(waiting=7, at_work=3, places=4, up=False, prompt_tokens=900, reused_tokens=600)
    assert [read(f"bylaw_judge_{each}") for each in ("waiting", "at_work", "places", "up")] == [7, 3, 4, 0]
    assert [read("bylaw_judge_prompt_tokens_total", source=each) for each in ("cache", "computed")] == [600, 300]


async def test_the_database_is_counted_when_it_is_asked(world: World, read: Read) -> None:
    """There are no counts before, because zero would be a lie."""
    assert read("bylaw_cards_waiting") is None
    world.database.holds = Totals(servers=2, cases={"open": 3}, cards_waiting=1, appeals={"asked": 4})
    await world.metrics.count()
    assert (read("bylaw_servers"), read("bylaw_cards_waiting")) == (2, 1)
    assert (read("bylaw_cases", state="open"), read("bylaw_appeals", state="asked")) == (3, 4)
    assert (read("bylaw_cases", state="violation"), read("bylaw_appeals", state="open")) == (0, 0)
    assert read("bylaw_counted_timestamp_seconds") == NOON.timestamp()


async def test_a_database_that_is_away_leaves_the_last_counts(world: World, read: Read) -> None:
    """And the moment at which they were taken."""
    world.database.holds = Totals(servers=2)
    await world.metrics.count()
    world.database.holds, world.now = None, NOON + timedelta(hours=1)
    with pytest.raises(StorageError):
        await world.metrics.count()
    assert (read("bylaw_servers"), read("bylaw_counted_timestamp_seconds")) == (2, NOON.timestamp())
