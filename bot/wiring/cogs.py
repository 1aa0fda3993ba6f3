"""Builds everything that listens to Discord: cogs, and the runner of trials that posts their progress."""

from __future__ import annotations

from discord.ext import commands

from bot.cogs.appeals.appeal_command import AppealCommand
from bot.cogs.appeals.appeals_command import AppealsCommand
from bot.cogs.appeals.hearing_clicks import HearingClicks
from bot.cogs.cards.progress_posts import ProgressPosts
from bot.cogs.interactions.open_tasks import OpenTasks
from bot.cogs.interactions.read_message import MessageReader
from bot.cogs.interactions.submitted_forms import SubmittedForms
from bot.cogs.judging.check_menu import CheckMenu
from bot.cogs.judging.conversation_menu import ConversationMenu
from bot.cogs.judging.status_command import StatusCommand
from bot.cogs.lookups.audit_command import AuditCommand
from bot.cogs.lookups.case_command import CaseCommand
from bot.cogs.lookups.case_lists import CaseTools
from bot.cogs.lookups.history_menu import HistoryMenu
from bot.cogs.lookups.numbers.mod_command import ModCommand, ModTools
from bot.cogs.lookups.sample_clicks import SampleClicks
from bot.cogs.lookups.why_command import WhyCommand
from bot.cogs.members.language_listeners import LanguageListeners
from bot.cogs.members.privacy_command import PrivacyCommand
from bot.cogs.members.record_command import RecordCommand
from bot.cogs.members.report_menu import ReportMenu
from bot.cogs.members.reports_command import ReportsCommand
from bot.cogs.members.rules_command import RulesCommand
from bot.cogs.messages.external_action_listeners import ExternalActionListeners
from bot.cogs.messages.held_events import HeldEvents
from bot.cogs.messages.listeners import Listeners
from bot.cogs.messages.session_listeners import SessionListeners
from bot.cogs.messages.title_listeners import TitleListeners
from bot.cogs.policies.base import PolicyTools
from bot.cogs.policy_command import PolicyCommand
from bot.cogs.raids.clicks import RaidClicks
from bot.cogs.review.act_clicks import ActClicks
from bot.cogs.review.after_deciding.hand_over_clicks import HandOverClicks
from bot.cogs.review.after_deciding.precedent_clicks import PrecedentClicks
from bot.cogs.review.bulk_clicks import BulkClicks
from bot.cogs.review.case_clicks import ShownCases
from bot.cogs.review.picture_clicks import PictureClicks
from bot.cogs.review.review_clicks import ReviewClicks
from bot.cogs.review.undo_clicks import UndoClicks
from bot.cogs.servers.departure_listeners import DepartureListeners
from bot.cogs.servers.settings_command import SettingsCommand
from bot.cogs.servers.setup_command import SetupCommand
from bot.cogs.trials.draft_menu import DraftMenu
from bot.cogs.trials.flash_reports import FlashReports
from bot.cogs.trials.question_clicks import QuestionClicks, QuestionServices
from bot.cogs.trials.runner import EndedReports, TrialRunner, TrialServices
from bot.cogs.trials.strict_reports import StrictReports
from bot.cogs.trials.trying import TrialTools
from bot.cogs.trials.wobble_runner import WobbleRunner
from bot.wiring.services import Services


def build_runner(bot: commands.AutoShardedBot, services: Services) -> TrialRunner:
    """Build the runner of try-outs, backtests, drift checks and, after each publication, wobble tests."""
    wobbles = WobbleRunner(ProgressPosts(bot, services.languages), wobbles=services.wobbles, setup=services.setup)
    services.policies.subscribe(wobbles.published)
    return TrialRunner(
        ProgressPosts(bot, services.languages),
        TrialServices(
            policies=services.policies,
            backtests=services.backtests,
            try_outs=services.try_outs,
            drift=services.drift,
            authors=services.intake.authors,
        ),
        reader=MessageReader(services.attribution),
        wobbles=wobbles,
        ended=EndedReports(
            flash=FlashReports(ProgressPosts(bot, services.languages), services.flash),
            strict=StrictReports(ProgressPosts(bot, services.languages), services.strict_starts),
        ),
    )


def build_sampling(bot: commands.AutoShardedBot, services: Services) -> SampleClicks:
    """Build the weekly samples: a cog, and scheduled work."""
    return SampleClicks(
        reader=MessageReader(services.attribution),
        samples=services.questions.samples,
        posts=ProgressPosts(bot, services.languages),
        access=services.access,
    )


def build_practice(bot: commands.AutoShardedBot, services: Services, runner: TrialRunner) -> QuestionClicks:
    """Build the five questions: a cog, and scheduled work."""
    return QuestionClicks(
        QuestionServices(
            questions=services.practice,
            policies=services.policies,
            setup=services.setup,
            access=services.access,
        ),
        posts=ProgressPosts(bot, services.languages),
        runner=runner,
    )


def build_cogs(
    bot: commands.AutoShardedBot, services: Services, *, runner: TrialRunner, open_tasks: OpenTasks, held: HeldEvents
) -> tuple[commands.Cog, ...]:
    """Build all other cogs, ready to be added."""
    cogs = (
        *_listeners(bot, services, open_tasks, held),
        *_card_cogs(services, open_tasks),
        *_moderator_cogs(bot, services, runner),
        *_member_cogs(bot, services, open_tasks),
    )
    return (*cogs, SubmittedForms(cogs))


def _listeners(
    bot: commands.AutoShardedBot, services: Services, open_tasks: OpenTasks, held: HeldEvents
) -> tuple[commands.Cog, ...]:
    intake, reader = services.intake, MessageReader(services.attribution)
    return (
        SessionListeners(bot, marks=intake.marks, catch_up=intake.catch_up, open_tasks=open_tasks, held=held),
        Listeners(bot, reader=reader, pipeline=intake.pipeline, cards=services.cards, open_tasks=open_tasks, held=held),
        TitleListeners(bot, pipeline=intake.pipeline, marks=intake.marks, open_tasks=open_tasks),
        ExternalActionListeners(bot, bridge=services.questions.bridge, open_tasks=open_tasks, held=held),
        DepartureListeners(bot, departures=services.departures, open_tasks=open_tasks, held=held),
    )


def _card_cogs(services: Services, open_tasks: OpenTasks) -> tuple[commands.Cog, ...]:
    access, reader = services.access, MessageReader(services.attribution)
    return (
        ReviewClicks(
            reader=reader,
            review=services.review,
            files=services.files,
            shown=ShownCases(faces=services.faces, languages=services.languages),
            member_cases=services.member_cases,
            rules=services.aids.rules,
            access=access,
        ),
        ActClicks(
            act=services.act,
            review=services.review,
            notes=services.notes,
            faces=services.faces,
            rules=services.aids.rules,
            access=access,
            open_tasks=open_tasks,
        ),
        PrecedentClicks(
            precedents=services.aids.precedents, review=services.review, notes=services.notes, access=access
        ),
        PictureClicks(review=services.review, pictures=services.pictures.kept, access=access),
        HandOverClicks(shifts=services.aids.shifts, access=access),
        UndoClicks(act=services.act, faces=services.faces, access=access, open_tasks=open_tasks),
        BulkClicks(bulk=services.bulk, rules=services.aids.rules, access=access, open_tasks=open_tasks),
        RaidClicks(controls=services.raid_controls, groups=services.bulk, access=access, open_tasks=open_tasks),
    )


def _moderator_cogs(bot: commands.AutoShardedBot, services: Services, runner: TrialRunner) -> tuple[commands.Cog, ...]:
    access, reader = services.access, MessageReader(services.attribution)
    tools = PolicyTools(
        access=access,
        desk=services.policies,
        life=services.life,
        costs=services.costs,
        pins=services.pins,
        consequences=services.consequences,
        numbers=services.questions.numbers,
        cascade=services.intake.cascade,
        strict_starts=services.strict_starts,
        imports=services.imports,
    )
    trials = TrialTools(
        tests=services.policy_test,
        try_outs=services.try_outs,
        runner=runner,
        setup=services.setup,
        flash=services.flash,
    )
    return (
        SetupCommand(setup=services.setup),
        PolicyCommand(tools, trials),
        CaseCommand(
            files=services.files,
            faces=services.faces,
            shield=services.aids.shield,
            tools=CaseTools(
                look_ups=services.look_ups,
                disclosure=services.questions.disclosure,
                review=services.review,
                notes=services.notes,
                desk=services.policies,
                consequences=services.consequences,
                access=access,
            ),
        ),
        HistoryMenu(bot, look_ups=services.look_ups, access=access),
        AuditCommand(bot, trail=services.questions.trail, access=access),
        WhyCommand(bot, reader=reader, why=services.questions.why, access=access),
        ModCommand(
            ModTools(
                stats=services.questions.stats,
                samples=services.questions.samples,
                transparency=services.questions.transparency,
                fairness=services.questions.fairness,
                cascade=services.intake.cascade,
                shield=services.aids.shield,
            ),
            access=access,
        ),
        RulesCommand(public=services.public_rules),
        DraftMenu(bot, reader=reader, policies=services.policies, tests=services.policy_test, access=access),
        CheckMenu(bot, reader=reader, check=services.check, access=access),
        ConversationMenu(bot, reader=reader, conversations=services.intake.conversations, access=access),
        StatusCommand(lookup=services.intake.status, access=access),
    )


def _member_cogs(bot: commands.AutoShardedBot, services: Services, open_tasks: OpenTasks) -> tuple[commands.Cog, ...]:
    access = services.access
    return (
        AppealCommand(bot, intake=services.members.submission, records=services.members.records, open_tasks=open_tasks),
        HearingClicks(
            hearing=services.members.hearing,
            files=services.members.appeal_files,
            access=access,
            open_tasks=open_tasks,
            languages=services.languages,
        ),
        AppealsCommand(lookup=services.members.lookup, access=access),
        ReportMenu(
            bot,
            reader=MessageReader(services.attribution),
            reporting=services.members.reporting,
            outcomes=services.members.outcomes,
            open_tasks=open_tasks,
        ),
        ReportsCommand(reporting=services.members.reporting, access=access),
        RecordCommand(records=services.members.records),
        PrivacyCommand(privacy=services.privacy, open_tasks=open_tasks),
        LanguageListeners(bot, languages=services.languages),
        SettingsCommand(
            options=services.options,
            can_write=services.practice.can_write,
            cascade=services.intake.cascade,
            policies=services.policies,
            can_compare=services.pictures.watch.can_compare,
            languages=services.languages,
        ),
    )
