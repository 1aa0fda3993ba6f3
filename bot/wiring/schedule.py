"""The table of scheduled work, with intervals."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from bot.cogs.lookups.sample_clicks import SampleClicks
from bot.cogs.trials.question_clicks import QuestionClicks
from bot.cogs.trials.runner import TrialRunner
from bot.moderation.members.report_outcomes import TELLS_AFTER
from bot.schedule import Schedule
from bot.wiring.services import Services

CARDS_EVERY = 60.0  #: seconds between attempts to post cards that Discord refused
WAITING_EVERY = 30.0  #: seconds between turns of messages that the judge had no time for
UNSETTLED_EVERY = 3_600.0  #: seconds between checks for actions that an earlier process left unsettled
MARKS_EVERY = 10.0  #: seconds between writes of the watermarks; this much is judged again after a crash
BACKLOG_EVERY = 30.0  #: seconds between checks of the oldest waiting message's age
CATCH_UP_EVERY = 30.0  #: seconds between attempts to read missed messages that couldn't be read yet
CONVERSATIONS_EVERY = 30.0  #: seconds between checks for conversations that are due
COSTS_EVERY = 60.0  #: seconds between writes of costs
TRIALS_EVERY = 60.0  #: seconds between checks of try-outs, unfinished backtests and, once, the judge
FLASH_EVERY = 30.0  #: seconds between checks for flash rules that are over
STRICT_EVERY = 300.0  #: seconds between checks for strict starts that are over
APPEALS_EVERY = 60.0  #: seconds between checks for unfinished or waiting appeals
QUESTIONS_EVERY = 3_600.0  #: seconds between checks for weekly questions that are due
OUTCOMES_EVERY = 60.0  #: seconds between checks for reporters to tell the outcome
EDIT_OFFERS_EVERY = 30.0  #: seconds between checks for offers to edit that are over
RAID_CONTROLS_EVERY = 15.0  #: seconds between checks for raid controls that are over
SAMPLES_EVERY = 3_600.0  #: seconds between checks for weekly samples that are due
RETENTION_EVERY = 3_600.0  #: seconds; short enough for a bot that is restarted every day
STALE_CARDS_EVERY = 10.0  #: seconds between runs for cards that quote deleted texts


@dataclass(frozen=True, slots=True, kw_only=True)
class Duties:
    """This process's part of the work; other processes may do the rest."""

    serves: Callable[[int], bool]  #: is it connected to this server now?
    owns: Callable[[int], bool]  #: does this server belong to its shards, connected or not?
    leads: Callable[[], Awaitable[bool]]  #: does it do work that belongs to no server?
    started_at: datetime  #: actions pending since before this time were interrupted by the end of another process


def schedule_work(
    schedule: Schedule,
    services: Services,
    *,
    runner: TrialRunner,
    sampling: SampleClicks,
    practice: QuestionClicks,
    duties: Duties,
) -> None:
    """Add all jobs to the schedule, which the caller starts."""
    intake, members, serves = services.intake, services.members, duties.serves

    async def purge() -> None:
        if await duties.leads():
            await services.retention.purge()
        await services.redrawing.run(serves)

    async def tell_reporters() -> None:
        before = services.discord_time.now() - TELLS_AFTER
        await members.outcomes.tell(decided_before=before, serves=serves)

    async def delete_departed() -> None:
        if await duties.leads():
            await services.departures.delete_due()

    for seconds, name, job in (
        (CARDS_EVERY, "cards", lambda: services.cards.catch_up_all(serves)),
        (WAITING_EVERY, "waiting", intake.pipeline.judge_waiting),
        (UNSETTLED_EVERY, "unsettled", lambda: services.act.give_up(before=duties.started_at, serves=serves)),
        (RETENTION_EVERY, "retention", purge),
        (STALE_CARDS_EVERY, "stale cards", lambda: services.redrawing.run(serves)),
        (RETENTION_EVERY, "erasures", lambda: services.privacy.finish(serves)),
        (RETENTION_EVERY, "departures", delete_departed),
        (COSTS_EVERY, "costs", services.costs.flush),
        (MARKS_EVERY, "watermarks", intake.marks.flush),
        (BACKLOG_EVERY, "backlog", intake.backlog.look),
        (CATCH_UP_EVERY, "catch-up", intake.catch_up.run),
        (CONVERSATIONS_EVERY, "conversations", intake.conversations.judge_due),
        (TRIALS_EVERY, "try-outs", lambda: runner.report_try_outs(serves)),
        (TRIALS_EVERY, "backtests", lambda: runner.take_up(serves)),
        (TRIALS_EVERY, "drift", lambda: runner.look_for_drift(duties.owns)),
        (FLASH_EVERY, "flash rules", lambda: runner.ended.flash.run(serves)),
        (STRICT_EVERY, "strict starts", lambda: runner.ended.strict.run(serves)),
        (APPEALS_EVERY, "appeals", lambda: members.follow_up.run(serves)),
        (OUTCOMES_EVERY, "report outcomes", tell_reporters),
        (EDIT_OFFERS_EVERY, "edit offers", lambda: services.edit_offers.look(serves)),
        (RAID_CONTROLS_EVERY, "raid controls", lambda: services.raid_controls.look(serves)),
        (SAMPLES_EVERY, "samples", lambda: sampling.post_due(serves)),
        (QUESTIONS_EVERY, "questions", lambda: practice.ask_due(serves)),
    ):
        schedule.every(seconds, name, job)
