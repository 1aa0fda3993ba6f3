"""How quick is taking messages in? `python -m benchmarks.intake [--messages N] [--json]`.

The real bot with a real SQLite database, a policy in force and a judge that answers at once, beside a bare discord.py
client that only counts messages. Both read the same packets of Discord's gateway (zlib, JSON, discord.py's parsers) in
the same process, one after the other; only the socket is missing, for both.

* `p95_ms`: how long the event loop works on a message from its packet to the question to the judge; messages come one
  at a time, and waiting for the database's thread is not work of the loop.
* `messages_per_s`, `bare_messages_per_s`, `ratio`: how many go through when they come as fast as they can; for the bot
  until every verdict is in the database.
* `growth_per_100k`: how much larger the process is after another 100,000 messages, in MiB, by the second half.
* `start`: 5,000 servers with 50,000 quiet channels in all are compared with their watermarks: seconds, and how often
  Discord's history was asked (must be 0).
"""
# ruff: noqa: SLF001, ASYNC110  # the bot starts without a login; events of its own would slow what is measured

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from pathlib import Path
from typing import Any, NoReturn

from benchmarks.loopback.gateway_feed import CHANNELS, GUILD_ID, OWNER_ID, Feed, guild, messages
from benchmarks.loopback.offline_clients import CountingClient, OfflineBot, offline_settings
from benchmarks.workload.memory import resident_bytes
from bot.app import BylawBot
from bot.languages.translation import Line
from bot.moderation.messages.catch_up import CatchUp, ChannelState
from bot.moderation.messages.history import MemoryHistory
from bot.moderation.messages.message_seen import MessageSeen
from bot.moderation.messages.watermarks import MemoryWatermarkStore, Watermarks
from bot.moderation.setup import SetupChoices
from bot.wiring.stores import utc_now
from classifier import Effort, Judgement, JudgeRequest, PolicyFit, PolicyText
from classifier.scripted import clear

MOST_IN_HAND = 400  #: messages that the bot may be behind before the feed waits for it
POLICY = """# Spoilers

## Rules
### R1 Unmarked spoiler
Breaks it: telling how the film ends.
Examples:
- violates: "cannot believe the sister was behind it all along"
- allowed: "the ending wrecked me, no details"
"""


class InstantJudge:
    """Answers at once that all is clear, and tells when it is asked."""

    name = "instant"

    def __init__(self) -> None:
        self.asked = 0
        self.when_asked: Callable[[], None] = lambda: None

    async def judge(self, request: JudgeRequest) -> Judgement:
        """Clear."""
        del request
        self.asked += 1
        self.when_asked()
        return clear()

    async def prepare(self, policy: PolicyText, *, effort: Effort = Effort.LOW) -> PolicyFit | None:
        """Nothing to prepare."""
        del policy, effort
        return None

    async def close(self) -> None:
        """Nothing to close."""


@asynccontextmanager
async def offline_bot(judge: InstantJudge, folder: Path) -> AsyncIterator[tuple[BylawBot, Feed]]:
    """The bot in a server of which it reads every channel, with one policy in force."""
    bot = OfflineBot(offline_settings(folder), judge=judge)
    await bot._async_setup_hook()
    feed = Feed(bot)
    await bot.setup_hook()
    try:
        await bot.services.setup.set_up(
            GUILD_ID,
            SetupChoices(review_channel_id=GUILD_ID + CHANNELS + 1, starters=()),
            actor_id=OWNER_ID,
            at_id=1,
        )
        await bot.services.policies.create(GUILD_ID, "Spoilers", POLICY, actor_id=OWNER_ID)
        await bot.services.policies.publish(GUILD_ID, "Spoilers", actor_id=OWNER_ID)
        await feed.receive(feed.packed("GUILD_CREATE", guild(channels=CHANNELS + 1), 1))
        await asyncio.sleep(0.1)  # until its channels are compared with their watermarks
        yield bot, feed
    finally:
        await bot.close()


async def paces(bot: BylawBot, feed: Feed, judge: InstantJudge, count: int) -> list[float]:
    """Milliseconds of the event loop's work for each of these messages, which come one at a time."""
    took: list[float] = []
    for number, message in enumerate(messages(count), start=2):
        packet = feed.packed("MESSAGE_CREATE", message, number)
        asked = asyncio.Event()
        begun = time.thread_time()

        def note(begun: float = begun, asked: asyncio.Event = asked) -> None:
            took.append((time.thread_time() - begun) * 1000)
            asked.set()

        judge.when_asked = note
        await feed.receive(packet)
        await asked.wait()
        while bot.services.tally.judged < len(took):
            await asyncio.sleep(0.0005)  # a busy loop would keep the database's thread from working
    judge.when_asked = lambda: None
    return took


async def flood(feed: Feed, packets: list[bytes], done: Callable[[], int]) -> float:
    """Messages a second when all come as fast as they can; `done` says how many of them are through."""
    before, sent = done(), 0
    begun = time.perf_counter()
    for packet in packets:
        await feed.receive(packet)
        sent += 1
        await asyncio.sleep(0)
        while sent - (done() - before) >= MOST_IN_HAND:
            await asyncio.sleep(0.001)
    while done() - before < sent:
        await asyncio.sleep(0.001)
    return sent / (time.perf_counter() - begun)


def packets_of(feed: Feed, count: int, *, first: int) -> list[bytes]:
    """This many messages, packed before anything is measured."""
    return [feed.packed("MESSAGE_CREATE", each, number) for number, each in enumerate(messages(count, first=first))]


async def measure(count: int, *, singly: int = 1_000) -> dict[str, Any]:
    """All figures."""
    judge = InstantJudge()
    with tempfile.TemporaryDirectory(prefix="bylaw-") as folder:
        async with offline_bot(judge, Path(folder)) as (bot, feed):
            took = sorted(await paces(bot, feed, judge, singly))
            tally = bot.services.tally
            rates, sizes = [], []
            for half in range(2):
                packets = packets_of(feed, count // 2, first=singly + half * count)
                gc.collect()
                sizes.append(resident_bytes())
                rates.append(await flood(feed, packets, lambda: tally.judged))
                del packets
            gc.collect()
            sizes.append(resident_bytes())
            if tally.judged != singly + 2 * (count // 2) or not tally.adds_up():
                raise RuntimeError(f"not every message was judged: {tally}")
    peer = CountingClient()
    await peer._async_setup_hook()
    bare_feed = Feed(peer)
    await bare_feed.receive(bare_feed.packed("GUILD_CREATE", guild(channels=CHANNELS + 1), 1))
    bare = await flood(bare_feed, packets_of(bare_feed, count, first=singly), lambda: peer.counted)
    ours = 2 / sum(1 / rate for rate in rates)
    return {
        "p95_ms": round(took[int(len(took) * 0.95)], 3),
        "p50_ms": round(took[len(took) // 2], 3),
        "messages_per_s": round(ours),
        "bare_messages_per_s": round(bare),
        "ratio": round(ours / bare, 3),
        "growth_per_100k": round((sizes[2] - sizes[1]) / (count / 2) * 100_000 / 2**20, 1),
        "messages": count,
        "start": await start(),
    }


async def start(servers: int = 5_000, channels: int = 10) -> dict[str, Any]:
    """How long a start takes with this many servers, each with this many channels in which nothing was posted."""
    last = 10**18
    kept = {(server, server * 100 + number): last for server in range(1, servers + 1) for number in range(channels)}
    history = MemoryHistory()
    marks = Watermarks(MemoryWatermarkStore(dict(kept)))
    catch_up = CatchUp(marks=marks, history=history, intake=_Nobody(), tell=_say_nothing, now=utc_now)
    begun = time.perf_counter()
    await marks.load()
    for server in range(1, servers + 1):
        catch_up.compare(
            server, [ChannelState(channel_id=server * 100 + n, last_message_id=last) for n in range(channels)]
        )
    await catch_up.run()
    await marks.flush()
    return {
        "seconds": round(time.perf_counter() - begun, 3),
        "servers": servers,
        "channels": len(kept),
        "history_asked": len(history.asked),
    }


class _Nobody:
    def holding(self, messages: Iterable[MessageSeen]) -> AbstractContextManager[None]:
        del messages
        return nullcontext()

    async def take_in(self, seen: MessageSeen) -> NoReturn:
        raise AssertionError(f"nothing was missed: {seen}")


async def _say_nothing(guild_id: int, line: Line) -> None:
    raise AssertionError(f"nothing to tell: {guild_id} {line}")


def main(arguments: list[str] | None = None) -> int:
    """Run it and print the figures."""
    parser = argparse.ArgumentParser(description="How quick is taking messages in, beside a bare client?")
    parser.add_argument("--messages", type=int, default=20_000, help="how many come as fast as they can")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    given = parser.parse_args(arguments)
    figures = asyncio.run(measure(given.messages))
    print(json.dumps(figures) if given.json else "\n".join(f"{name}: {value}" for name, value in figures.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
