"""A start in many servers, through discord.py's own reading of the gateway; an outage; what was missed meanwhile."""
# ruff: noqa: SLF001  # the clients start without a login

from __future__ import annotations

import asyncio
import gc
import tempfile
import time
from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from benchmarks.growth.sample import Sample, sample_of, timed
from benchmarks.loopback.gateway_feed import Feed, guild
from benchmarks.loopback.offline_clients import CountingClient, OfflineBot, offline_settings
from benchmarks.workload.loop_lag import watching
from benchmarks.workload.memory import resident_bytes
from bot.languages.translation import Line
from bot.long_lived import set_aside_loaded
from bot.moderation.messages.catch_up import CatchUp, ChannelState, Taken
from bot.moderation.messages.history import MemoryHistory, Page, Unreadable
from bot.moderation.messages.message_seen import MessageSeen
from bot.moderation.messages.watermarks import MemoryWatermarkStore, Watermarks
from bot.settings import Settings
from bot.storage.database.engine import create_engine, writing
from bot.storage.database.migrate import upgrade
from bot.storage.tables.cases import servers
from bot.storage.tables.watermarks import watermarks
from bot.wiring.stores import utc_now

CHANNELS = 10  #: of each server
LAST_MESSAGE = 1_300_000_000_000_000_000  #: in all channels, long ago
READY_AFTER_S = 0.25  #: without another server, discord.py calls itself ready; usually it waits for 2 s
NOT_RUN = "commands"  #: a job that talks to Discord


def guild_ids(count: int) -> list[int]:
    """Ids as Discord gives them out."""
    return [(9_000 + number) << 22 for number in range(count)]


async def start(count: int) -> dict[str, Sample]:
    """The bot in this many set-up servers, all of them quiet since it was last here."""
    with tempfile.TemporaryDirectory(prefix="bylaw-") as folder:
        settings = offline_settings(Path(folder))
        await _fill(settings, guild_ids(count))
        bot = OfflineBot(settings)
        await bot._async_setup_hook()
        feed = Feed(bot)
        begun = time.perf_counter()
        await bot.setup_hook()
        opening = sample_of(time.perf_counter() - begun, ())  # nobody waits for a bot that is not connected
        try:
            connecting = await _connect(bot, feed, count)
            outage = await timed(lambda: _outage(feed, count))
            jobs = await timed(lambda: _all_jobs(bot))
        finally:
            await bot.close()
    return {
        "opening the database": opening,
        "connecting": connecting,
        "an outage of Discord in all servers": outage,
        "a turn of all scheduled jobs": jobs,
    }


async def bare_start(count: int) -> dict[str, Sample]:
    """The peer: a discord.py client that does nothing, in as many servers."""
    client = CountingClient()
    await client._async_setup_hook()
    return {"connecting, a bare discord.py client": await _connect(client, Feed(client), count)}


async def catch_up(count: int) -> dict[str, Sample]:
    """Every channel has a gap, because something was posted while the bot was away. Discord answers at once."""
    kept = {(server, channel): LAST_MESSAGE for server in range(count) for channel in range(1, CHANNELS + 1)}
    marks = Watermarks(MemoryWatermarkStore(kept))
    await marks.load()
    finder = CatchUp(marks=marks, history=_AnsweringHistory(), intake=_Nothing(), tell=_say_nothing, now=utc_now)

    newest = LAST_MESSAGE + 1
    channels = [ChannelState(channel_id=each, last_message_id=newest) for each in range(1, CHANNELS + 1)]

    async def compare_and_read() -> None:
        for server in range(count):
            finder.compare(server, channels)
            await asyncio.sleep(0)
        await finder.run()
        await marks.flush()

    return {"comparing and reading channels with gaps": await timed(compare_and_read)}


async def _fill(settings: Settings, ids: list[int]) -> None:
    await upgrade(settings.database)
    engine = create_engine(settings.database)
    server = {"review_channel_id": 1, "reviewer_role_id": None, "retention_days": 30, "card_trouble_told": False}
    async with writing(engine) as connection:
        await connection.execute(insert(servers), [{"guild_id": each, **server} for each in ids])
        await connection.execute(
            insert(watermarks),
            [
                {"guild_id": each, "channel_id": each + number, "message_id": LAST_MESSAGE + number}
                for each in ids
                for number in range(1, CHANNELS + 1)
            ],
        )
    await engine.dispose()


async def _connect(client: OfflineBot | CountingClient, feed: Feed, count: int) -> Sample:
    client._connection.guild_ready_timeout = READY_AFTER_S
    packets = [feed.ready(guild_ids(count)), *_created(feed, count)]
    set_aside_loaded()
    before = resident_bytes()
    async with watching(own_work=True) as late:
        begun = time.perf_counter()
        await _receive(feed, packets)
        await client.taken_up.wait()
        took = time.perf_counter() - begun - READY_AFTER_S
    gc.collect()
    return sample_of(took, late, {"kib_per_server": round((resident_bytes() - before) / count / 1024, 1)})


def _created(feed: Feed, count: int) -> list[bytes]:
    return [
        feed.packed("GUILD_CREATE", guild(each, channels=CHANNELS, last_message_id=LAST_MESSAGE), number)
        for number, each in enumerate(guild_ids(count), start=2)
    ]


async def _outage(feed: Feed, count: int) -> None:
    """All servers become unavailable, and available again."""
    gone = [feed.packed("GUILD_DELETE", {"id": str(each), "unavailable": True}, 1) for each in guild_ids(count)]
    await _receive(feed, gone)
    await _receive(feed, _created(feed, count))


async def _receive(feed: Feed, packets: Iterable[bytes]) -> None:
    for packet in packets:
        await feed.receive(packet)
        await asyncio.sleep(0)


async def _all_jobs(bot: OfflineBot) -> None:
    for name in bot.schedule.names:
        if name != NOT_RUN and not await bot.schedule.run_now(name):
            raise RuntimeError(f"the job {name} failed")


class _AnsweringHistory(MemoryHistory):
    """A channel's history comes over the network: the event loop has its turns meanwhile."""

    async def after(self, guild_id: int, channel_id: int, message_id: int, *, most: int = 100) -> Page | Unreadable:
        """The messages behind an id."""
        await asyncio.sleep(0)
        return await super().after(guild_id, channel_id, message_id, most=most)


class _Nothing:
    """Takes in nothing: there is nothing to read where Discord has deleted it."""

    def holding(self, messages: Iterable[MessageSeen]) -> AbstractContextManager[None]:
        del messages
        return nullcontext()

    async def take_in(self, seen: MessageSeen) -> Taken:
        raise AssertionError(f"nothing was posted: {seen}")


async def _say_nothing(guild_id: int, line: Line) -> Any:
    del guild_id, line
