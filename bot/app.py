"""The one place where the bot is put together: Discord at the edge, services inside, stores and the judge behind.

Nothing is opened when the bot is made. `setup_hook`, which discord.py calls after the login, opens everything in
order; `close` ends it in the opposite order, after what is in hand has been dealt with.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from contextlib import AsyncExitStack
from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.cogs.appeals.appeal_command import AppealCommand
from bot.cogs.appeals.appeals_command import AppealsCommand
from bot.cogs.appeals.board import DiscordAppealBoard
from bot.cogs.appeals.hearing_clicks import HearingClicks
from bot.cogs.appeals.messenger import DiscordMessenger
from bot.cogs.cards.board import DiscordBoard
from bot.cogs.cards.progress_posts import ProgressPosts
from bot.cogs.cloudflare_ban import CloudflareBan
from bot.cogs.dynamic_items import DYNAMIC_ITEMS
from bot.cogs.interactions.errors import BylawTree, log_failure, surviving
from bot.cogs.interactions.open_tasks import OpenTasks
from bot.cogs.interactions.submitted_forms import SubmittedForms
from bot.cogs.judging.check_menu import CheckMenu
from bot.cogs.judging.conversation_menu import ConversationMenu
from bot.cogs.judging.status_command import StatusCommand
from bot.cogs.lookups.case_command import CaseCommand
from bot.cogs.lookups.case_lists import CaseTools
from bot.cogs.lookups.history_menu import HistoryMenu
from bot.cogs.lookups.mod_command import ModCommand
from bot.cogs.lookups.sample_clicks import SampleClicks
from bot.cogs.lookups.why_command import WhyCommand
from bot.cogs.members.privacy_command import PrivacyCommand
from bot.cogs.members.record_command import RecordCommand
from bot.cogs.members.report_menu import ReportMenu
from bot.cogs.members.reports_command import ReportsCommand
from bot.cogs.members.rules_command import RulesCommand
from bot.cogs.messages.external_action_listeners import ExternalActionListeners
from bot.cogs.messages.history import DiscordHistory
from bot.cogs.messages.listeners import Listeners
from bot.cogs.messages.session_listeners import SessionListeners
from bot.cogs.policies.base import PolicyTools
from bot.cogs.policy_command import PolicyCommand
from bot.cogs.review.act_clicks import ActClicks
from bot.cogs.review.bulk_clicks import BulkClicks
from bot.cogs.review.enforcer import DiscordEnforcer
from bot.cogs.review.review_clicks import ReviewClicks
from bot.cogs.servers.departure_listeners import DepartureListeners
from bot.cogs.servers.settings_command import SettingsCommand
from bot.cogs.servers.setup_command import SetupCommand
from bot.cogs.trials.draft_menu import DraftMenu
from bot.cogs.trials.runner import TrialRunner, TrialServices
from bot.cogs.trials.trying import TrialTools
from bot.judge import model_judge
from bot.keys import Keys, load_keys
from bot.moderation.cases.further_messages import AlsoPart
from bot.moderation.servers.permissions import Access
from bot.schedule import Schedule
from bot.settings import JudgeChoice, Settings
from bot.wiring.services import Services, build_services, open_stores, utc_now
from classifier import Judge
from classifier.lite.judge import LiteJudge
from classifier.llama.client.judge import LlamaJudge
from classifier.llama.errors import ModelFileError

_log = logging.getLogger(__name__)

CARDS_EVERY = 60.0  #: seconds between attempts to post cards that Discord refused
WAITING_EVERY = 30.0  #: seconds between turns of messages that the judge had no time for
UNSETTLED_EVERY = 3_600.0  #: seconds between looks for actions that a former process left unsettled
MARKS_EVERY = 10.0  #: seconds between writing down how far the channels are; so much is judged twice after a crash
BACKLOG_EVERY = 30.0  #: seconds between looks at how old the oldest waiting message is
CATCH_UP_EVERY = 30.0  #: seconds between attempts to read what was missed and could not be read yet
CONVERSATIONS_EVERY = 30.0  #: seconds between looks at which conversations are due
COSTS_EVERY = 60.0  #: seconds between writing down what verdicts cost
TRIALS_EVERY = 60.0  #: seconds between looks at try-outs, at backtests left behind and, once, at the judge
APPEALS_EVERY = 60.0  #: seconds between looks at appeals that were left half-way or that wait
SAMPLES_EVERY = 3_600.0  #: seconds between looks for weekly samples that are due
RETENTION_EVERY = 3_600.0  #: seconds; a bot that is restarted every day must get to it, too
LONGEST_CLOSE = 10.0  #: seconds after which closing is cut short; what was not written down is read from history
LAST_TURN = 1.0  #: seconds of these that jobs of the schedule may take to end by themselves
GRACE = 7.0  #: seconds of these that what is in hand may take
DRAIN = 5.0  #: seconds of these that the model may go on with what it has begun


class BylawBot(commands.AutoShardedBot):
    """The bot. Reads messages in servers, and what AutoMod and moderators do there: no members, no presences."""

    def __init__(self, settings: Settings, *, judge: Judge | None = None) -> None:
        super().__init__(
            command_prefix=commands.when_mentioned,  # never looked at, see `on_message`
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
            http_trace=CloudflareBan().watch(),
        )
        self._settings = settings
        self._judge = judge
        self._started_at = utc_now()
        self._open_tasks = OpenTasks()
        self._schedule = Schedule()
        self._opened = AsyncExitStack()
        self._services: Services | None = None

    @property
    def services(self) -> Services:
        """What the bot is made of, once `setup_hook` has run. For those who look at it from outside: demo and tests.

        Raises:
            RuntimeError: the bot has not started.
        """
        if self._services is None:
            raise RuntimeError("the bot has not started")
        return self._services

    @property
    def schedule(self) -> Schedule:
        """The work that is done again and again, such as ``cards``, ``waiting`` and ``retention``."""
        return self._schedule

    async def setup_hook(self) -> None:
        """Open the database and the judge, and take up work.

        Raises:
            bot.keys.KeyTrouble: the secret key cannot be used.
            bot.storage.database.errors.StorageError: the database cannot be opened or brought up to date.
            classifier.llama.errors.ModelFileError: the model file is missing or cannot be used.
            classifier.llama.errors.EngineStartError: the model's process does not come up.
        """
        secret = self._settings.secret_key
        keys = load_keys(secret.get_secret_value() if secret else None, self._settings.data_dir)
        stores = await self._opened.enter_async_context(open_stores(self._settings, keys.cipher))
        self._judge = self._judge or await start_judge(self._settings, keys)
        self._services = build_services(
            stores,
            settings=self._settings,
            judge=self._judge,
            board=DiscordBoard(self),
            history=DiscordHistory(self),
            own_id=lambda: self.user.id if self.user else 0,
            enforcer=DiscordEnforcer(self, access=Access(stores.servers), also=AlsoPart(stores.messages).of),
            messenger=DiscordMessenger(self),
            appeal_board=DiscordAppealBoard(self),
        )
        services = self._services
        await services.intake.marks.load()
        self._opened.push_async_callback(self._wind_up, services)
        runner = TrialRunner(
            ProgressPosts(self),
            TrialServices(
                policies=services.policies,
                backtests=services.backtests,
                try_outs=services.try_outs,
                drift=services.drift,
            ),
        )
        self._opened.push_async_callback(runner.close)
        cogs = self._cogs_of(services, runner)
        for cog in (*cogs, SubmittedForms(cogs)):
            await self.add_cog(cog)
        sampling = SampleClicks(samples=services.questions.samples, posts=ProgressPosts(self), access=services.access)
        await self.add_cog(sampling)
        self.add_dynamic_items(*DYNAMIC_ITEMS)
        await self._sync_commands()
        self._schedule.every(CARDS_EVERY, "cards", self._catch_up)
        self._schedule.every(WAITING_EVERY, "waiting", services.intake.pipeline.judge_waiting)
        self._schedule.every(UNSETTLED_EVERY, "unsettled", self._give_up)
        self._schedule.every(RETENTION_EVERY, "retention", self._services.retention.purge)
        self._schedule.every(RETENTION_EVERY, "erasures", lambda: services.privacy.finish(self._serves))
        self._schedule.every(RETENTION_EVERY, "departures", services.departures.delete_due)
        self._schedule.every(COSTS_EVERY, "costs", services.costs.flush)
        self._schedule.every(MARKS_EVERY, "watermarks", services.intake.marks.flush)
        self._schedule.every(BACKLOG_EVERY, "backlog", services.intake.backlog.look)
        self._schedule.every(CATCH_UP_EVERY, "catch-up", services.intake.catch_up.run)
        self._schedule.every(CONVERSATIONS_EVERY, "conversations", services.intake.conversations.judge_due)
        self._schedule.every(TRIALS_EVERY, "try-outs", runner.report_try_outs)
        self._schedule.every(TRIALS_EVERY, "backtests", runner.take_up)
        self._schedule.every(TRIALS_EVERY, "drift", runner.look_for_drift)
        self._schedule.every(APPEALS_EVERY, "appeals", self._look_after_appeals)
        self._schedule.every(SAMPLES_EVERY, "samples", lambda: sampling.post_due(self._serves))
        self._schedule.start()
        _log.info("ready to judge judge=%s", self._judge.name)

    async def close(self) -> None:
        """Take nothing new in, let the judge go, finish what is in hand, leave Discord, close the database."""
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
            await self._judge.close()  # whoever waits for an answer gets "not available" now
        late = await self._open_tasks.finish(seconds=max(until - loop.time(), 0.0))
        if late:
            _log.warning("closed with work left tasks=%d", late)
        if self._services is not None:
            await self._services.cards.close(seconds=GRACE)
        await super().close()
        await self._opened.aclose()

    async def _wind_up(self, services: Services) -> None:
        """Write down what is in memory only: sums and counts, a minute of them at most."""
        async with surviving("writing down try-outs"):
            await services.try_outs.close()
        async with surviving("writing down how far the channels are"):
            await services.intake.marks.flush()
        async with surviving("writing down what verdicts cost"):
            await services.costs.flush()

    async def on_ready(self) -> None:
        """Connected: take up what a former process left behind."""
        await self._schedule.run_now("unsettled")
        await self._schedule.run_now("cards")
        await self._schedule.run_now("catch-up")
        await self._schedule.run_now("backtests")

    async def on_message(self, message: discord.Message, /) -> None:
        """Look for no prefix commands: there are none."""

    async def on_error(self, event_method: str, /, *args: Any, **kwargs: Any) -> None:
        """Log without the texts of errors, which discord.py's own handler would write out."""
        del args, kwargs
        error = sys.exc_info()[1]
        if error is not None:
            log_failure(f"event {event_method}", error)

    def _cogs_of(self, services: Services, runner: TrialRunner) -> tuple[commands.Cog, ...]:
        access = services.access
        tools = PolicyTools(
            access=access,
            desk=services.policies,
            life=services.life,
            costs=services.costs,
            pins=services.pins,
            consequences=services.consequences,
        )
        trials = TrialTools(tests=services.policy_test, try_outs=services.try_outs, runner=runner, setup=services.setup)
        return (
            SessionListeners(
                self, marks=services.intake.marks, catch_up=services.intake.catch_up, open_tasks=self._open_tasks
            ),
            Listeners(self, pipeline=services.intake.pipeline, desk=services.cards, open_tasks=self._open_tasks),
            ReviewClicks(
                review=services.review,
                files=services.files,
                faces=services.faces,
                member_cases=services.member_cases,
                access=access,
            ),
            ActClicks(
                act=services.act,
                review=services.review,
                notes=services.notes,
                faces=services.faces,
                access=access,
                open_tasks=self._open_tasks,
            ),
            BulkClicks(bulk=services.bulk, access=access),
            SetupCommand(setup=services.setup),
            PolicyCommand(tools, trials),
            CaseCommand(
                files=services.files,
                faces=services.faces,
                tools=CaseTools(
                    look_ups=services.look_ups,
                    review=services.review,
                    notes=services.notes,
                    desk=services.policies,
                    access=access,
                ),
            ),
            HistoryMenu(self, look_ups=services.look_ups, access=access),
            WhyCommand(self, why=services.questions.why, access=access),
            ExternalActionListeners(self, bridge=services.questions.bridge, open_tasks=self._open_tasks),
            ModCommand(stats=services.questions.stats, samples=services.questions.samples, access=access),
            RulesCommand(public=services.public_rules),
            DraftMenu(self, desk=services.policies, tests=services.policy_test, access=access),
            CheckMenu(self, check=services.check, access=access),
            ConversationMenu(self, conversations=services.intake.conversations, access=access),
            StatusCommand(desk=services.intake.status, access=access),
            AppealCommand(
                self, intake=services.members.submission, records=services.members.records, open_tasks=self._open_tasks
            ),
            HearingClicks(
                hearing=services.members.hearing,
                files=services.members.appeal_files,
                access=access,
                open_tasks=self._open_tasks,
            ),
            AppealsCommand(lookup=services.members.lookup, access=access),
            ReportMenu(self, reporting=services.members.reporting, open_tasks=self._open_tasks),
            ReportsCommand(reporting=services.members.reporting, access=access),
            RecordCommand(records=services.members.records),
            PrivacyCommand(privacy=services.privacy, open_tasks=self._open_tasks),
            DepartureListeners(self, departures=services.departures, open_tasks=self._open_tasks),
            SettingsCommand(options=services.options),
        )

    async def _sync_commands(self) -> None:
        """Send the commands to Discord. Where that fails, those it knows from before go on working."""
        server = self._settings.sync_guild_id
        target = discord.Object(id=server) if server else None
        if target:
            self.tree.copy_global_to(guild=target)
        try:
            await self.tree.sync(guild=target)
        except discord.HTTPException as error:
            _log.error("commands not sent to Discord status=%d code=%d", error.status, error.code)

    async def _give_up(self) -> None:
        """Actions that an end of the process cut off: nobody will hear from Discord what came of them."""
        await self.services.act.give_up(before=self._started_at, serves=self._serves)

    def _serves(self, guild_id: int) -> bool:
        """Is this server this process's to look after? Another may look after the others."""
        return self.get_guild(guild_id) is not None

    async def _look_after_appeals(self) -> None:
        """End what was left half-way, and remind of those that wait."""
        follow_up = self.services.members.follow_up
        await follow_up.finish(self._serves)
        await follow_up.remind(self._serves)

    async def _catch_up(self) -> None:
        """Server by server, so that one whose channel is closed holds up no other."""
        cards = self.services.cards
        for guild_id in sorted(await cards.servers_to_catch_up()):
            if self._serves(guild_id):
                await cards.catch_up(guild_id)


def create_bot(settings: Settings, *, judge: Judge | None = None) -> BylawBot:
    """Make the bot; nothing is opened or started yet.

    Args:
        judge: asked instead of the one that the settings name. The bot closes it at its own end.
    """
    return BylawBot(settings, judge=judge)


async def start_judge(settings: Settings, keys: Keys) -> Judge:
    """The judge that the settings name, ready to answer. Never another one.

    Raises:
        ModelFileError: the model file is missing or cannot be used.
        EngineStartError: the model's process does not come up.
    """
    if settings.judge is JudgeChoice.LITE:
        return LiteJudge()
    if settings.model_path is None:
        raise ModelFileError("No model file is named: set BYLAW_MODEL_PATH to a gpt-oss-safeguard GGUF file.")
    judge = model_judge(settings, settings.model_path, fence_key=keys.fence_key)
    try:
        await judge.start()
    except BaseException:
        await judge.close()
        raise
    return judge
