"""The real bot with its real database, connected over real sockets to a Discord on this machine."""

from __future__ import annotations

import asyncio
import os
import shutil
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from discord.utils import MISSING

from benchmarks.loopback.bot_setup import hurry, set_up, short_pauses
from benchmarks.loopback.payloads import GUILD
from benchmarks.loopback.server import TOKEN, LoopbackDiscord, discord_at, loopback_discord
from bot.app import BylawBot, create_bot
from bot.cogs.cloudflare_ban import CloudflareBan
from bot.keys import new_key
from bot.moderation.messages.intake import Skip
from bot.settings import Settings
from classifier import JudgeRequest, Verdict
from classifier.scripted import Script, ScriptedJudge, clear, violation

PATIENCE = 20.0  #: seconds for something that takes milliseconds on an idle machine
KEY = new_key()


def flags_the_butler(request: JudgeRequest) -> Verdict:
    """Whoever names the butler breaks R1."""
    return violation("R1") if "butler" in request.content.target.words else clear()


async def until(holds: Callable[[], object], *, what: str) -> None:
    """Wait for something that other tasks bring about; a test that waits in vain says for what."""
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end, f"waited in vain for {what}"
        await asyncio.sleep(0.005)


@pytest.fixture(scope="session")
def set_up_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with one server that is set up, made once for all tests."""
    folder = tmp_path_factory.mktemp("loopback")
    asyncio.run(set_up(Settings(data_dir=folder, secret_key=KEY, judge="lite", _env_file=None)))
    return folder / "bylaw.sqlite3"


@pytest.fixture
def settings(tmp_path: Path, set_up_once: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings of which nothing comes from the environment."""
    for name in [name for name in os.environ if name.startswith("BYLAW_")]:
        monkeypatch.delenv(name)
    shutil.copy(set_up_once, tmp_path / "bylaw.sqlite3")
    return Settings(data_dir=tmp_path, secret_key=KEY, judge="lite", shard_count=1, _env_file=None)


@dataclass(slots=True)
class Clock:
    """Seconds that pass when a test says so."""

    now: float = 0.0

    def __call__(self) -> float:
        """The present moment."""
        return self.now


@dataclass(slots=True)
class Wire:
    """The loopback Discord, and the bots that one test starts on one database."""

    discord: LoopbackDiscord
    settings: Settings
    judges: list[ScriptedJudge] = field(default_factory=list)  #: of each bot, for a bot closes its own
    clock: Clock = field(default_factory=Clock)  #: by which the bot counts a ban
    bot: BylawBot | None = None
    _running: asyncio.Task[None] | None = None

    async def start(self, script: Script | None = None, settings: Settings | None = None) -> BylawBot:
        """A bot that is connected and has compared its channels."""
        self.make(script, settings)
        return await self.go()

    async def go(self) -> BylawBot:
        """The bot that was made connects."""
        assert self.bot is not None
        bot = self.bot
        self._running = asyncio.create_task(bot.start(TOKEN))
        ready = asyncio.create_task(_ready(bot))
        await asyncio.wait((self._running, ready), return_when=asyncio.FIRST_COMPLETED, timeout=PATIENCE)
        assert ready.done(), "the bot did not get ready"
        return bot

    def make(self, script: Script | None = None, settings: Settings | None = None) -> BylawBot:
        """A bot that is not started."""
        self.judges.append(ScriptedJudge(script or flags_the_butler))
        self.bot = create_bot(settings or self.settings, judge=self.judges[-1])
        hurry(self.bot)
        self.bot.http.http_trace = CloudflareBan(clock=self.clock).watch()
        return self.bot

    async def stop(self) -> None:
        """The bot closes, as it does when it is told to stop."""
        if self.bot is not None:
            await self.bot.close()
        if self._running is not None:
            await asyncio.gather(self._running, return_exceptions=True)
        self.bot = self._running = None

    async def ended(self) -> BaseException | None:
        """How the bot ended by itself."""
        assert self._running is not None
        await asyncio.wait((self._running,), timeout=PATIENCE)
        return self._running.exception()

    def until(self, holds: Callable[[], object], *, what: str) -> Any:
        """Wait for something that other tasks bring about."""
        return until(holds, what=what)

    async def cards(self, count: int) -> None:
        """Wait for this many cards, each of another case."""
        await until(lambda: self.discord.world.cards().total() >= count, what=f"{count} cards")
        assert set(self.discord.world.cards().values()) == {1}

    async def card_says(self, text: str) -> None:
        """Wait until the only card says this."""
        ((_, card),) = self.discord.world.card_messages()
        await until(lambda: text in str(card["sent"]), what=f"a card that says {text}")

    async def told(self, line: str) -> None:
        """Wait until the moderators read something that begins like this."""
        said = self.discord.world.said_to_moderators
        await until(lambda: any(each.startswith(line) for each in said()), what=f"the line {line}")

    def saw_requests(self, request: str) -> Any:
        """Wait for the first request of this method and path."""
        return until(lambda: request in self.discord.rest.requests, what=request)

    async def posted_all(self) -> None:
        """Catch up on cards until none is left."""
        assert self.bot is not None
        async with asyncio.timeout(PATIENCE):
            while await self.bot.services.cards.servers_to_catch_up():
                await self.bot.schedule.run_now("cards")

    async def case_waits(self) -> None:
        """Wait until a card was refused."""
        assert self.bot is not None
        desk = self.bot.services.cards
        await until(lambda: desk.in_trouble(GUILD), what="a card that is refused")

    async def joined(self) -> None:
        """Wait until the bot is in the server and has compared its channels."""
        bot = self.bot
        assert bot is not None
        await until(lambda: bot.guilds, what="the server")
        await asyncio.sleep(0.05)  # its listeners

    def judged_texts(self) -> list[str]:
        """What the judge was asked about, in the order of the questions."""
        return [request.content.target.words for judge in self.judges for request in judge.requests]

    def asked(self, *texts: str) -> Any:
        """Wait until the judge was asked about each of these texts."""
        return until(lambda: set(texts) <= set(self.judged_texts()), what=f"questions about {texts}")

    async def judged(self, *texts: str) -> None:
        """Wait until what the judge said about each of these texts is kept: a bot that closes before lets it wait."""
        await self.asked(*texts)
        assert self.bot is not None
        open_tasks = self.bot._open_tasks
        await until(lambda: not open_tasks._tasks, what="the end of what is open")

    def skipped(self, why: Skip, count: int) -> Any:
        """Wait until this many messages were not judged for this reason."""
        assert self.bot is not None
        tally = self.bot.services.tally
        return until(lambda: tally.not_judged[why] >= count, what=f"{count} messages that are skipped")

    async def run(self, *jobs: str) -> None:
        """Give jobs of the schedule their turn."""
        assert self.bot is not None
        for job in jobs:
            assert await self.bot.schedule.run_now(job)

    def reads(self) -> list[str]:
        """The requests for history so far."""
        return [each for each in self.discord.rest.requests if each.startswith("GET /channels/")]


async def _ready(bot: BylawBot) -> None:
    await until(lambda: bot._ready is not MISSING, what="the bot's start")
    await bot.wait_until_ready()


@pytest.fixture
def quick() -> Iterator[None]:
    """discord.py makes no long pauses before it tries again."""
    with short_pauses():
        yield


@pytest_asyncio.fixture
async def wire(settings: Settings, quick: None) -> AsyncIterator[Wire]:
    """A loopback Discord without a bot."""
    async with loopback_discord() as discord:
        with discord_at(discord.port):
            here = Wire(discord=discord, settings=settings)
            yield here
            await here.stop()
