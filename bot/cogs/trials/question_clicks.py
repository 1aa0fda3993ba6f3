"""The five questions of a week: announced in the moderators' channel, answered one by one, with proposed changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

import discord
from discord.ext import commands

from bot.cogs.cards.progress_posts import ProgressPosts
from bot.cogs.interactions.errors import answering, surviving
from bot.cogs.interactions.permission import admits_editor, admits_reviewer
from bot.cogs.interactions.reply import Reply, defer, replace, send
from bot.cogs.policies import replies as policy_replies
from bot.cogs.policies.base import POLICY_GONE
from bot.cogs.trials.question_buttons import FOR_EDITORS, QuestionClick, QuestionVerb
from bot.cogs.trials.question_page import (
    FIRST,
    NO_CHANGE,
    NO_SUCH,
    Proposal,
    announcement,
    proposal_for,
    proposal_page,
    question_page,
    there_is_a_draft,
)
from bot.cogs.trials.runner import TrialRunner
from bot.cogs.trials.trying import DEFAULT_DAYS, NOT_SET_UP, RUNS
from bot.languages.translation import _
from bot.moderation.policies.outcomes import Blocked, Refused
from bot.moderation.policies.publishing import Publishing
from bot.moderation.servers.permissions import Access
from bot.moderation.setup import Setup
from bot.moderation.trials.question import Question, QuestionAnswer, QuestionWeek
from bot.moderation.trials.questions import Questions
from guild_policies.versions import StoredPolicy

_ANSWERS = {
    QuestionVerb.BREAKS: QuestionAnswer.BREAKS,
    QuestionVerb.FINE: QuestionAnswer.FINE,
    QuestionVerb.SKIP: QuestionAnswer.SKIPPED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionServices:
    """The services that the clicks call."""

    questions: Questions
    policies: Publishing
    setup: Setup
    access: Access


class QuestionClicks(commands.Cog):
    """Asks, takes answers, and proposes changes."""

    def __init__(self, services: QuestionServices, *, posts: ProgressPosts, runner: TrialRunner) -> None:
        self._questions = services.questions
        self._policies = services.policies
        self._setup = services.setup
        self._access = services.access
        self._posts = posts
        self._runner = runner

    async def ask_due(self, serves: Callable[[int], bool]) -> None:
        """Write this week's questions and tell moderators. What can't be posted now is posted later. If the post's
        channel was deleted, it is posted again where cards go now."""
        await self._questions.pin_waiting(serves)
        async for settings, week in self._questions.due(serves):
            async with surviving("weekly questions"):
                if week.channel_id is not None and self._posts.has_channel(week.guild_id, week.channel_id):
                    continue
                channel_id = settings.review_channel_id
                message_id = await self._posts.post(settings.guild_id, channel_id, partial(announcement, week))
                if message_id is not None:
                    await self._questions.posted(week, channel_id=channel_id, message_id=message_id)

    @commands.Cog.listener()
    async def on_question_click(self, interaction: discord.Interaction[Any], click: QuestionClick) -> None:
        """Somebody asked for a question, answered, or wants to see a proposed change. Permission is checked now."""
        async with answering("a click on a question", interaction):
            admits = admits_editor if click.verb in FOR_EDITORS else admits_reviewer
            if not await admits(interaction, self._access) or interaction.guild_id is None:
                return
            if click.verb in _ANSWERS:
                await interaction.response.defer()
                await replace(interaction, await self._answer(interaction.guild_id, click, interaction.user.id))
                return
            await defer(interaction)
            await send(interaction, await self._shown(interaction.guild_id, click, interaction.user.id))

    async def _answer(self, guild_id: int, click: QuestionClick, user_id: int) -> Reply:
        """Store the answer, and show the next question."""
        answered = await self._questions.answer(guild_id, click.number, _ANSWERS[click.verb], by=user_id)
        if answered is None:
            return Reply(text=_(NO_SUCH))
        week = answered.week
        await self._edit_post(week)
        question = _in(week, click.number)
        late = not answered.counted and question is not None and question.answer not in (None, QuestionAnswer.CLOSED)
        note = _(FIRST) if late else ""
        if answered.refused:
            note = _("-# Your answer is kept, but not pinned as an example: {why}", why=answered.refused)
        return question_page(week, await self._policies.by_id(guild_id, week.policy_id), note)

    async def _shown(self, guild_id: int, click: QuestionClick, user_id: int) -> Reply:
        if click.verb is QuestionVerb.LOOK:
            day = _week(click.number)
            week = None if day is None else await self._questions.week(guild_id, day)
            if week is None:
                return Reply(text=_(NO_SUCH))
            if week.closed:
                await self._edit_post(week)
            return question_page(week, await self._policies.by_id(guild_id, week.policy_id))
        week = await self._questions.week_of(guild_id, click.number)
        question = None if week is None else _in(week, click.number)
        if week is None or question is None or not question.differs or question.text is None:
            return Reply(text=_(NO_SUCH))
        policy = await self._policies.by_id(guild_id, week.policy_id)
        if policy is None or policy.published is None:
            return Reply(text=_(POLICY_GONE))
        proposal = proposal_for(question, policy)
        if click.verb is QuestionVerb.CHANGE:
            return proposal_page(question, policy, proposal)
        if proposal is None:
            return Reply(text=_(NO_CHANGE))
        if click.verb is QuestionVerb.DRAFT:
            return await self._save(policy, proposal, user_id)
        return await self._backtest(policy, proposal, user_id)

    async def _edit_post(self, week: QuestionWeek) -> None:
        """Refresh the progress in the week's post."""
        if week.channel_id is not None and week.message_id is not None:
            await self._posts.edit(week.guild_id, week.channel_id, week.message_id, partial(announcement, week))

    async def _save(self, policy: StoredPolicy, proposal: Proposal, user_id: int) -> Reply:
        """Save the proposal as a draft, unless there is one. Publishing it is a separate decision."""
        if policy.draft is not None:
            return there_is_a_draft(policy, proposal)
        saved = await self._policies.save_draft(
            policy.guild_id,
            policy.name,
            proposal.text,
            seen_revision=None,
            seen_number=policy.published.number if policy.published else None,
            actor_id=user_id,
        )
        return await policy_replies.of_saving(saved, self._policies, text=proposal.text, name=policy.name)

    async def _backtest(self, policy: StoredPolicy, proposal: Proposal, user_id: int) -> Reply:
        """Start a backtest of the proposal; the runner carries it out."""
        settings = await self._setup.settings_of(policy.guild_id)
        if settings is None:
            return Reply(text=_(NOT_SET_UP))
        where = settings.review_channel_id
        started = await self._runner.start(
            policy.guild_id, policy.name, days=DEFAULT_DAYS, actor_id=user_id, shown=where, proposed=proposal.text
        )
        if isinstance(started, Blocked):
            return policy_replies.cannot_be_judged(started)
        if isinstance(started, Refused):
            return Reply(text=started.why)
        return Reply(text=_(RUNS, channel=f"<#{where}>"))


def _in(week: QuestionWeek, question_id: int) -> Question | None:
    return next((each for each in week.questions if each.id == question_id), None)


def _week(number: int) -> date | None:
    try:
        return date(number // 10_000, number // 100 % 100, number % 100)
    except (ValueError, OverflowError):
        return None
