"""Assembles the bot from cogs, services, stores and the judge.

Creating the bot opens nothing. `setup_hook`, which discord.py calls after the login, opens everything in order; `close`
closes it in reverse order, after finishing work in progress.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import datetime
from typing import Any

import aiohttp
import discord
from discord import app_commands
from discord.ext import commands

from bot.cogs.appeals.board import DiscordAppealBoard
from bot.cogs.appeals.messenger import DiscordMessenger
from bot.cogs.cards.board import DiscordBoard
from bot.cogs.channels.hidden import complete_hidden_channels
from bot.cogs.cloudflare_ban import CloudflareBan
from bot.cogs.command_sync import CommandSync
from bot.cogs.connections import Connections
from bot.cogs.date_header import ClockWatch, dates_to
from bot.cogs.dynamic_items import DYNAMIC_ITEMS
from bot.cogs.interactions.errors import BylawTree, log_failure, surviving
from bot.cogs.interactions.open_tasks import OpenTasks
from bot.cogs.interactions.read_message import MessageReader
from bot.cogs.languages.command_translator import CommandTranslator
from bot.cogs.messages.held_events import HeldEvents
from bot.cogs.messages.history import DiscordHistory
from bot.cogs.messages.members import DiscordMembers
from bot.cogs.messages.pictures import DiscordPictures
from bot.cogs.raids.edge import DiscordRaidEdge
from bot.cogs.response_status import statuses_to
from bot.cogs.review.enforcer import DiscordEnforcer
from bot.judge import start_judge
from bot.languages.catalogue import load_all
from bot.metrics.backups import BackupMetrics
from bot.metrics.monitoring import Monitoring
from bot.metrics.readiness import Readiness
from bot.metrics.work import WorkMetrics
from bot.moderation.cards.further_messages import FurtherMessages
from bot.moderation.messages.discord_time import DiscordTime
from bot.moderation.messages.proxied import Attribution
from bot.moderation.messages.watermarks import moment_of
from bot.moderation.servers.permissions import Access
from bot.schedule import Schedule
from bot.settings import Settings
from bot.storage.database.errors import StorageError
from bot.storage.database.outage import Outage
from bot.tracing.export import open_export
from bot.wiring.backups import BACKUPS_EVERY, build_backups
from bot.wiring.cogs import build_cogs, build_practice, build_runner, build_sampling
from bot.wiring.keys import open_keys
from bot.wiring.members import interface_languages
from bot.wiring.other_processes import Affected, OtherProcesses
from bot.wiring.schedule import Duties, schedule_work
from bot.wiring.services import DiscordPorts, Services, build_services
from bot.wiring.stores import Stores, open_stores, utc_now
from classifier import Judge
from classifier.llama.client.judge import LlamaJudge
from classifier.remote.client.judge import RemoteJudge

_log = logging.getLogger(__name__)

LONGEST_CLOSE = 10.0  #: seconds after which closing is aborted; what wasn't stored is read from history
LAST_TURN = 1.0  #: of these, seconds for scheduled jobs to finish
COMMANDS_EVERY = 60.0  #: seconds between attempts to send the commands, until Discord has them
HELD_EVERY = 10.0  #: seconds between attempts to process events held during an outage
COUNTED_EVERY = 60.0  #: seconds between counts in the database, for metrics
GRACE = 7.0  #: of these, seconds for work in progress
PICTURES = 2.0  #: of these, seconds for pictures in progress
DRAIN = 5.0  #: of these, seconds for the model to finish its requests


class BylawBot(commands.AutoShardedBot):
    """The bot. Receives messages, AutoMod actions and audit log entries, but no members or presences."""

    def __init__(
        self, settings: Settings, *, judge: Judge | None = None, now: Callable[[], datetime] = utc_now
    ) -> None:
        self._now = now
        self._discord_time = DiscordTime(own=now, clock=time.monotonic)
        self._monitoring = Monitoring(self._readiness)
        super().__init__(
            command_prefix=commands.when_mentioned,  # never used, see `on_message`
            help_command=None,
            intents=discord.Intents(
                guilds=True, guild_messages=True, message_content=True, moderation=True, auto_moderation_execution=True
            ),
            tree_cls=BylawTree,
            allowed_contexts=app_commands.AppCommandContext(guild=True),
            allowed_installs=app_commands.AppInstallationType(guild=True),
            allowed_mentions=discord.AllowedMentions.none(),
            max_messages=None,
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            shard_count=settings.shard_count,
            shard_ids=list(settings.shards.ids) if settings.shards else None,  # type: ignore[arg-type]  # None is for all
            http_trace=self._trace(),
        )
        complete_hidden_channels(self)
        self._settings = settings
        self._judge = judge
        self._started_at = now()
        self._outage = Outage()
        self._others = OtherProcesses(settings, replaced=self._end_with, outage=self._outage)
        self._running: asyncio.Future[None] | None = None
        self._ended_by: StorageError | None = None
        self._open_tasks = OpenTasks()
        self._held = HeldEvents()
        self._schedule = Schedule()
        self._connections = Connections()
        self._commands = CommandSync(self.tree, server_id=settings.sync_guild_id)
        self._opened = AsyncExitStack()
        self._services: Services | None = None

    @property
    def services(self) -> Services:
        """The bot's services, after `setup_hook` has run. For the demo and tests.

        Raises:
            RuntimeError: the bot has not started.
        """
        if self._services is None:
            raise RuntimeError("the bot has not started")
        return self._services

    @property
    def schedule(self) -> Schedule:
        """The scheduled work, such as ``cards``, ``waiting`` and ``retention``."""
        return self._schedule

    async def start(self, token: str, *, reconnect: bool = True) -> None:
        """Log in and run until closed.

        Raises:
            bot.storage.database.membership.ShardsTaken: another process has taken this one's shards.
        """
        self._running = asyncio.ensure_future(super().start(token, reconnect=reconnect))
        try:
            await self._running
        except asyncio.CancelledError:
            if self._ended_by is None:
                raise
            raise self._ended_by from None

    def _end_with(self, error: StorageError) -> None:
        self._ended_by = error
        if self._running is not None:
            self._running.cancel()

    async def setup_hook(self) -> None:
        """Open the database and the judge, and start work.

        Raises:
            bot.metrics.page.AddressUnusable: the metrics cannot be served where the settings say.
            bot.keys.KeyTrouble: the secret key cannot be used, or does not belong to the database.
            bot.storage.database.errors.StorageError: the database can't be opened or upgraded.
            classifier.llama.errors.ModelFileError: the model file is missing or cannot be used.
            classifier.llama.errors.EngineStartError: the model's process doesn't start.
        """
        await self.add_cog(self._connections)
        await asyncio.to_thread(load_all)
        await self.tree.set_translator(CommandTranslator())
        await self._open_metrics()
        self._opened.push_async_callback(self._others.close)
        await self._others.open()
        keys = await open_keys(self._settings)
        stores = await self._opened.enter_async_context(
            open_stores(
                self._settings,
                keys.cipher,
                now=self._now,
                policies_now=self._discord_time.of_change,
                outage=self._outage,
            )
        )
        self._judge = self._judge or await start_judge(self._settings, keys)
        exported = open_export(os.environ)
        self._opened.push_async_callback(exported.close)
        services = build_services(
            stores,
            self._ports(stores),
            settings=self._settings,
            judge=self._judge,
            subscribers=(self._monitoring.verdicts,),
            now=self._now,
        )
        services.intake.pipeline.trace_with(exported.traces)
        self._services = services
        await services.intake.marks.load(self._others.owns)
        await self._learn_the_time(stores, services)
        self._opened.push_async_callback(self._wind_up, services)
        runner, sampling = build_runner(self, services), build_sampling(self, services)
        practice = build_practice(self, services, runner)
        self._opened.push_async_callback(runner.close)
        cogs = build_cogs(self, services, runner=runner, open_tasks=self._open_tasks, held=self._held)
        for cog in (*cogs, sampling, practice):
            await self.add_cog(cog)
        self.add_dynamic_items(*DYNAMIC_ITEMS)
        self._schedule.every(COMMANDS_EVERY, "commands", self._send_commands)
        self._schedule.every(HELD_EVERY, "held events", self._held.take_in_held)
        schedule_work(
            self._schedule,
            services,
            runner=runner,
            sampling=sampling,
            practice=practice,
            duties=Duties(
                serves=self._serves, owns=self._others.owns, leads=self._others.leads, started_at=self._started_at
            ),
        )
        self._schedule_backups()
        self._others.pass_on(Affected(caches=services.caches, appeals=services.members.follow_up, serves=self._serves))
        await self._watch(stores, services)
        self._schedule.start()
        _log.info("ready to judge judge=%s", self._judge.name)

    async def _open_metrics(self) -> None:
        """Open the metrics page first, so that a monitoring system sees the bot start and close."""
        if self._settings.metrics_port is not None:
            self._opened.push_async_callback(self._monitoring.page.close)
            await self._monitoring.page.open(self._settings.metrics_host, self._settings.metrics_port)

    def _schedule_backups(self) -> None:
        backups = build_backups(self._settings, now=self._discord_time.now)
        if backups is not None:
            self._monitoring.watch(BackupMetrics(backups))

            async def make_if_due() -> None:
                if await self._others.leads():
                    await backups.make_if_due()

            self._schedule.every(BACKUPS_EVERY, "backups", make_if_due)

    async def _watch(self, stores: Stores, services: Services) -> None:
        """Add metrics of the work in progress, and count in the database if metrics are served."""
        work = WorkMetrics(
            tally=services.tally,
            marks=services.intake.marks,
            totals=stores.totals,
            load=lambda: self._judge.load if isinstance(self._judge, LlamaJudge) else None,
            now=self._discord_time.now,
        )
        self._monitoring.watch(work)
        if self._settings.metrics_port is not None:
            self._schedule.every(COUNTED_EVERY, "metrics", work.count)
            await self._schedule.run_now("metrics")

    def _readiness(self) -> Readiness:
        shards = len(self.shards)
        return Readiness(why_not=self._why_not_ready(shards), shards=shards, connected=self._connections.up)

    def _why_not_ready(self, shards: int) -> str:
        if self._open_tasks.closing:
            return "the bot is closing"
        if self._services is None:
            return "the bot is starting"
        if isinstance(self._judge, LlamaJudge) and not self._judge.load.up:
            return "the judge does not answer"
        if isinstance(self._judge, RemoteJudge) and not self._judge.places:
            return "no server of the judge can be used"
        return "" if self.is_ready() and self._connections.up >= shards else "not connected to Discord"

    async def _learn_the_time(self, stores: Stores, services: Services) -> None:
        newest, lead = services.intake.marks.newest(), await stores.clock_history.smallest_lead()
        if newest:
            self._discord_time.has_been(moment_of(newest))
        if lead is not None:
            self._discord_time.was_ahead(lead)

    def _trace(self) -> aiohttp.TraceConfig:
        trace = CloudflareBan().watch()
        trace.on_request_end.append(dates_to(ClockWatch(self._discord_time.heard, own=self._now)))
        statuses_to(trace, self._monitoring.responses.count)
        return trace

    def _ports(self, stores: Stores) -> DiscordPorts:
        languages = interface_languages(stores, preferred=self._locale_of, now=self._discord_time.now)
        attribution = Attribution(cases=stores.cases, now=self._discord_time.now, clock=time.monotonic)
        return DiscordPorts(
            board=DiscordBoard(self, languages),
            history=DiscordHistory(self, MessageReader(attribution)),
            members=DiscordMembers(self),
            own_id=lambda: self.user.id if self.user else 0,
            enforcer=DiscordEnforcer(
                self, access=Access(stores.servers), also=FurtherMessages(stores.messages).of, languages=languages
            ),
            messenger=DiscordMessenger(self, languages),
            appeal_board=DiscordAppealBoard(self, languages),
            time=self._discord_time,
            attribution=attribution,
            languages=languages,
            raids=DiscordRaidEdge(self, languages),
            pictures=DiscordPictures(self),
        )

    def _locale_of(self, guild_id: int) -> str:
        guild = self.get_guild(guild_id)
        return guild.preferred_locale.value if guild else ""

    async def close(self) -> None:
        """Accept no new work, release the judge, finish work in progress, disconnect, and close the database."""
        self._open_tasks.closing = True
        try:
            async with asyncio.timeout(LONGEST_CLOSE):
                await self._close()
        except TimeoutError:
            _log.error("closing was cut short after %.0f s", LONGEST_CLOSE)

    async def _close(self) -> None:
        await self._schedule.stop(patience=LAST_TURN)
        loop = asyncio.get_running_loop()
        until = loop.time() + GRACE
        if isinstance(self._judge, LlamaJudge):
            await self._judge.drain(DRAIN)
        if self._judge is not None:
            await self._judge.close()  # waiting callers get "not available" now
        late = await self._open_tasks.finish(seconds=max(until - loop.time(), 0.0))
        if late:
            _log.warning("closed with work left tasks=%d", late)
        if self._services is not None:
            await self._services.pictures.watch.close(seconds=PICTURES)
            await self._services.cards.close(seconds=GRACE)
        await super().close()
        await self._opened.aclose()

    async def _wind_up(self, services: Services) -> None:
        """Store sums and counts that are only in memory, at most a minute's."""
        async with surviving("writing down try-outs"):
            await services.try_outs.close()
        async with surviving("writing down how far the channels are"):
            services.intake.catch_up.leave()
            await services.intake.marks.flush()
        async with surviving("writing down what verdicts cost"):
            await services.costs.flush()

    async def on_ready(self) -> None:
        """Connected: resume what an earlier process left, and register the commands in parallel."""
        await asyncio.gather(self._schedule.run_now("commands"), self._take_up())

    async def _send_commands(self) -> None:
        await self._commands.send()

    async def _take_up(self) -> None:
        for job in ("unsettled", "cards", "catch-up", "backtests"):
            await self._schedule.run_now(job)

    async def on_message(self, message: discord.Message, /) -> None:
        """Record Discord's time. There are no prefix commands, which discord.py would process here."""
        self._discord_time.heard_id(message.id)

    async def on_interaction(self, interaction: discord.Interaction[Any], /) -> None:
        """Record Discord's time."""
        self._discord_time.heard_id(interaction.id)

    async def on_error(self, event_method: str, /, *args: Any, **kwargs: Any) -> None:
        """Log without the texts of errors, which discord.py's own handler would write out."""
        del args, kwargs
        error = sys.exc_info()[1]
        if error is not None:
            log_failure(f"event {event_method}", error)

    def _serves(self, guild_id: int) -> bool:
        """Is this process responsible for this server? Other processes may be for others."""
        return self.get_guild(guild_id) is not None


def create_bot(settings: Settings, *, judge: Judge | None = None, now: Callable[[], datetime] = utc_now) -> BylawBot:
    """Create the bot, without opening or starting anything.

    Args:
        judge: used in place of the one that the settings name. The bot closes it when it closes.
        now: this machine's clock, in UTC; a simulation may let time pass faster.
    """
    return BylawBot(settings, judge=judge, now=now)
