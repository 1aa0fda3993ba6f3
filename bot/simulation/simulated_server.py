"""The real bot in a simulated server: SimCord replaces Discord's servers; everything else is the same as in production,
including database and migrations. Nothing here opens a connection to the outside."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeAlias, TypeVar

import discord
import simcord

from bot.app import BylawBot, create_bot
from bot.keys import new_key
from bot.settings import Settings
from bot.simulation import story as scene
from bot.simulation.borrowed_judge import BorrowedJudge
from bot.simulation.incidents import teach_incidents
from classifier import Effort, Judge, Judgement, JudgeRequest, PolicyFit, PolicyText, Undecided, UndecidedReason

T = TypeVar("T")
Work: TypeAlias = Callable[[], Coroutine[Any, Any, T]]

BOT_NAME = "Bylaw"
#: Typical permissions of moderators.
MODERATING = discord.Permissions(
    view_audit_log=True,
    manage_messages=True,
    manage_threads=True,
    moderate_members=True,
    kick_members=True,
    ban_members=True,
)
SETTLE_SECONDS = 60.0  #: seconds for everything except a patient judge, on the slowest machine


class PresentTime:
    """SimCord's clock, showing the present time.

    SimCord's own clock starts on a fixed day and only moves with its timers. The bot uses the real time, so every
    message would seem months old. Both use this clock, so that time can be advanced.
    """

    def __init__(self) -> None:
        self.elapsed = 0.0  #: seconds; SimCord counts them for its timers
        self.ahead = timedelta()  #: of the real time

    def now(self) -> datetime:
        """The present time, in UTC: the same as the bot's."""
        return datetime.now(UTC) + self.ahead

    def skip(self, time: timedelta) -> None:
        """Advance the clock by this much."""
        self.ahead += time

    def advance(self, seconds: float) -> None:
        """Advance the time of timers."""
        self.elapsed += seconds


class PatientJudge:
    """A judge that the simulated server does not wait for.

    SimCord ends a step when all the bot's work is done, or fails after some seconds. A model takes longer, and the
    server should continue meanwhile. So the judge runs in separate tasks, outside the bot's, and the bot's tasks
    declare that they wait for something external.
    """

    def __init__(self, judge: Judge) -> None:
        self._judge = judge
        self._asked: asyncio.Queue[Callable[[], Coroutine[Any, Any, None]]] = asyncio.Queue()
        self._answering: set[asyncio.Task[None]] = set()
        self._under_way = 0
        self._closed = False
        self._idle = asyncio.Event()
        self._idle.set()
        self._busy = asyncio.Event()
        self._desk = asyncio.create_task(self._serve())
        self.env: simcord.Env | None = None  #: set once the server exists

    @property
    def name(self) -> str:
        """The judge's own name."""
        return self._judge.name

    @property
    def is_idle(self) -> bool:
        """True if nobody waits for an answer."""
        return self._idle.is_set()

    async def busy(self) -> None:
        """Wait until somebody waits for an answer."""
        await self._busy.wait()

    async def idle(self) -> None:
        """Wait until nobody waits for an answer."""
        await self._idle.wait()

    async def judge(self, request: JudgeRequest) -> Judgement:
        """The judge's own answer."""
        unavailable = Undecided(reason=UndecidedReason.JUDGE_UNAVAILABLE)
        return await self._patiently(partial(self._judge.judge, request), when_closed=unavailable)

    async def prepare(self, policy: PolicyText, *, effort: Effort = Effort.LOW) -> PolicyFit | None:
        """The judge's own answer."""
        return await self._patiently(partial(self._judge.prepare, policy, effort=effort), when_closed=None)

    async def _patiently(self, work: Work[T], *, when_closed: T) -> T:
        """Await the judge's work, which runs outside the bot's tasks."""
        if self._closed:
            return when_closed
        if self.env is None:
            return await work()
        answer: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._under_way += 1
        self._idle.clear()
        self._busy.set()
        try:
            self._asked.put_nowait(partial(_answer, work, answer, when_closed))
            return await self._wait(self.env, answer)
        finally:
            self._under_way -= 1
            if not self._under_way:
                self._idle.set()
                self._busy.clear()

    @staticmethod
    async def _wait(env: simcord.Env, answer: asyncio.Future[T]) -> T:
        try:
            result: T = await env.external_wait(answer, reason="the judge thinks")
        except simcord.SetupError:  # not a task of the bot's, so the server doesn't wait for it
            return await answer
        return result

    async def close(self) -> None:
        """Stop answering: waiting and later callers are told so. The caller that opened the judge closes it."""
        self._closed = True
        tasks = [self._desk, *self._answering]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve(self) -> None:
        while True:
            answering = await self._asked.get()
            task = asyncio.create_task(answering())
            self._answering.add(task)
            task.add_done_callback(self._answering.discard)


async def _answer(work: Work[T], answer: asyncio.Future[T], when_closed: T) -> None:
    try:
        result = await work()
    except asyncio.CancelledError:
        result = when_closed
    if not answer.done():
        answer.set_result(result)


Start: TypeAlias = Callable[[], tuple[BylawBot, PatientJudge | None]]  #: makes a bot on the simulation's database


@dataclass(slots=True, kw_only=True)
class Simulation:
    """A server with members, channels and the bot in it."""

    env: simcord.Env
    bot: BylawBot
    patient: PatientJudge | None
    start: Start
    judge: BorrowedJudge
    guild: simcord.GuildHandle
    channels: dict[str, simcord.ChannelHandle]
    people: dict[str, simcord.MemberActor]
    reviewers: simcord.RoleHandle
    clock: PresentTime
    _names: dict[int, str] = field(default_factory=dict)

    async def close(self) -> None:
        """Close the bot that runs now."""
        await self.bot.close()

    async def settle(self) -> None:
        """Wait until the judge and the bot are idle."""
        await self.env.settle()
        while self.patient and not self.patient.is_idle:
            await self.patient.idle()
            await self.env.settle()
        await self.bot.services.cards.settle()
        await self.env.settle()

    @asynccontextmanager
    async def bot_away(self) -> AsyncIterator[None]:
        """Close the bot, as for an update; at the end, start another one on the same database."""
        await self.bot.close()
        yield
        self.bot, self.patient = self.start()
        if self.patient:
            self.patient.env = self.env
        else:
            self.judge.hold(self.env)
        try:
            await self.env.restart_bot(self.bot)
        finally:
            self.judge.release()
        await self.bot.schedule.stop(patience=SETTLE_SECONDS)  # after reading history
        await self.settle()

    def name_of(self, id: int) -> str | None:
        """The name of a member, a channel or a role."""
        return self._names.get(id)


@asynccontextmanager
async def simulate(judge: Judge, *, patiently: bool) -> AsyncIterator[Simulation]:
    """Build the film club's server and start the bot in it. The database is in a folder that is deleted at the end.

    Args:
        judge: owned by the caller, who closes it afterwards.
        patiently: the judge takes seconds, so the server shouldn't wait for it (`PatientJudge`).
    """
    clock = PresentTime()
    teach_incidents()
    with TemporaryDirectory(prefix="bylaw-") as folder:
        settings = _settings(Path(folder))

        borrowed = BorrowedJudge(judge)

        def start() -> tuple[BylawBot, PatientJudge | None]:
            patient = PatientJudge(borrowed) if patiently else None
            return create_bot(settings, judge=patient or borrowed, now=clock.now), patient

        bot, patient = start()
        async with simcord.run(bot, shard_count=1, settle_timeout=SETTLE_SECONDS) as env, AsyncExitStack() as opened:
            opened.push_async_callback(bot.close)  # closes its judge, too, so waiting callers are told
            clock.elapsed = env.backend.clock.elapsed
            env.backend.clock = clock  # type: ignore[assignment]  # its class is private
            if patient:
                patient.env = env
            await bot.schedule.stop()  # SimCord waits for timers that are due soon; nothing here depends on them
            simulation = await _build(env, bot, patient, start=start, judge=borrowed, clock=clock)
            opened.push_async_callback(simulation.close)
            yield simulation


def _settings(folder: Path) -> Settings:
    """Settings that ignore the environment: a demo must never touch the operator's database."""
    given: dict[str, Any] = {name: field.get_default() for name, field in Settings.model_fields.items()}
    given |= {
        "data_dir": folder,
        "database_url": f"sqlite+aiosqlite:///{folder / 'simulation.sqlite3'}",
        "secret_key": new_key(),
        "judge": "lite",
        "shard_count": 1,
    }
    return Settings(**given)


async def _build(
    env: simcord.Env,
    bot: BylawBot,
    patient: PatientJudge | None,
    *,
    start: Start,
    judge: BorrowedJudge,
    clock: PresentTime,
) -> Simulation:
    if bot.user is None:
        raise RuntimeError("the bot has not started")
    await bot.user.edit(username=BOT_NAME)
    owner = env.create_user(scene.OWNER, global_name=scene.OWNER.title())
    guild = env.create_guild(scene.SERVER, owner=owner)
    reviewers = guild.create_role(scene.REVIEWER_ROLE, permissions=MODERATING)
    people = {scene.OWNER: simcord.MemberActor(env, guild, owner)}
    for name in (scene.MODERATOR, *scene.MEMBERS, *scene.NEWCOMERS, scene.OTHER_BOT):
        user = env.create_user(name, bot=name == scene.OTHER_BOT, global_name=name.title())
        people[name] = guild.add_member(user, roles=[reviewers] if name == scene.MODERATOR else [])
    channels = {name: guild.create_text_channel(name) for name in scene.CHANNELS}
    channels[scene.REVIEW_CHANNEL] = guild.create_text_channel(
        scene.REVIEW_CHANNEL,
        overwrites={
            guild.default_role: discord.PermissionOverwrite(view_channel=False),
            reviewers: discord.PermissionOverwrite(view_channel=True),
            bot.user: discord.PermissionOverwrite(view_channel=True),
        },
    )
    names = {actor.id: name.title() for name, actor in people.items()}
    names |= {channel.id: name for name, channel in channels.items()} | {reviewers.id: reviewers.name}
    names[bot.user.id] = BOT_NAME
    return Simulation(
        env=env,
        bot=bot,
        patient=patient,
        start=start,
        judge=judge,
        guild=guild,
        channels=channels,
        people=people,
        reviewers=reviewers,
        clock=clock,
        _names=names,
    )
