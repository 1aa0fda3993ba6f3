"""Weekly samples of quiet messages: posted in the moderators' channel, shown one by one to whoever looks at them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

import discord
from discord.ext import commands

from bot.cogs.cards.progress_posts import ProgressPosts
from bot.cogs.interactions.click_button import ClickButton, Look
from bot.cogs.interactions.errors import answering, surviving
from bot.cogs.interactions.permission import admits_reviewer
from bot.cogs.interactions.quoting import as_quote
from bot.cogs.interactions.read_message import Unread, read_message
from bot.cogs.interactions.reply import Reply, defer, replace, send
from bot.cogs.interactions.translate import message_seen
from bot.cogs.interactions.wording import how_many, member
from bot.moderation.lookups.samples import SampleAnswer, SampleMessage, Samples, SampleWeek
from bot.moderation.messages.attached_files import with_files
from bot.moderation.servers.permissions import Access

QUOTE_LIMIT = 1_400

DONE = "That is all of this week's sample. /mod stats says what came of it. Thank you."
HIDDEN = "What is left stands in channels that you cannot read yourself. Somebody else has to look at it."
NO_SUCH = "This sample is not known any more."
FIRST = "-# Somebody else had answered the last one already; their answer counts."


class SampleVerb(StrEnum):
    """What a button does. The values are in custom_ids of messages already posted: they never change."""

    LOOK = "look"  #: its number is the week's Monday, as 20261123
    VIOLATION = "violation"  #: of these the number is the id in the sample
    FINE = "fine"


_LOOKS = {
    SampleVerb.LOOK: ("Look at them", discord.ButtonStyle.primary),
    SampleVerb.VIOLATION: ("Violation", discord.ButtonStyle.danger),
    SampleVerb.FINE: ("Fine", discord.ButtonStyle.success),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleClick:
    """A reviewer clicked. Dispatched as ``sample_click`` behind the interaction."""

    verb: SampleVerb
    number: int


class SampleButton(
    ClickButton[SampleClick],
    template=r"bylaw:sample:(?P<verb>look|violation|fine):(?P<number>[0-9]{1,19})",
):
    """A button of a sample."""

    event = "sample_click"

    @staticmethod
    def look(click: SampleClick) -> Look:
        """The button for a click."""
        label, style = _LOOKS[click.verb]
        return Look(f"bylaw:sample:{click.verb}:{click.number}", label, style)

    @staticmethod
    def read(ids: re.Match[str]) -> SampleClick:
        """The click that a custom_id describes."""
        return SampleClick(verb=SampleVerb(ids["verb"]), number=int(ids["number"]))


_ANSWERS = {SampleVerb.VIOLATION: SampleAnswer.VIOLATION, SampleVerb.FINE: SampleAnswer.FINE}


class SampleClicks(commands.Cog):
    """Posts samples and takes answers."""

    def __init__(self, *, samples: Samples, posts: ProgressPosts, access: Access) -> None:
        self._samples = samples
        self._posts = posts
        self._access = access

    async def post_due(self, serves: Callable[[int], bool]) -> None:
        """Draw this week's samples and tell moderators of them; what cannot be posted now is posted later."""
        for settings, week in await self._samples.due(serves):
            async with surviving("a weekly sample"):
                channel_id = settings.review_channel_id
                message_id = await self._posts.post(settings.guild_id, channel_id, announcement(week))
                if message_id is not None:
                    await self._samples.posted(week, channel_id=channel_id, message_id=message_id)

    @commands.Cog.listener()
    async def on_sample_click(self, interaction: discord.Interaction[Any], click: SampleClick) -> None:
        """Somebody looks, or answers. Whether they may is asked now."""
        async with answering("a click on a sample", interaction):
            if not await admits_reviewer(interaction, self._access) or interaction.guild_id is None:
                return
            if click.verb is SampleVerb.LOOK:
                await defer(interaction)
                week = _week(click.number)
                await send(interaction, Reply(text=NO_SUCH) if week is None else await self._next(interaction, week))
            else:
                await interaction.response.defer()
                await replace(interaction, await self._answer(interaction, interaction.guild_id, click))

    async def _answer(self, interaction: discord.Interaction[Any], guild_id: int, click: SampleClick) -> Reply:
        """Keep the answer; what is shown then is the next message."""
        message = await self._samples.get(guild_id, click.number)
        if message is None:
            return Reply(text=NO_SUCH)
        counted = await self._samples.answer(guild_id, click.number, _ANSWERS[click.verb], by=interaction.user.id)
        shown = await self._next(interaction, message.week)
        return shown if counted else Reply(text=f"{FIRST}\n{shown.text}", buttons=shown.buttons)

    async def _next(self, interaction: discord.Interaction[Any], week: date) -> Reply:
        """The next message that this person can read. Those that nobody can read any more count for nothing."""
        guild_id = interaction.guild_id or 0
        left = await self._samples.left(guild_id, week)
        hidden = 0
        for place, each in enumerate(left):
            read = await read_message(interaction.guild, interaction.user, each.channel_id, each.message_id)
            seen = message_seen(read) if isinstance(read, discord.Message) else None
            seen = None if seen is None else await with_files(seen)
            if seen is not None and not seen.is_empty:
                return _shown(each, seen.author_id, seen.words, seen.jump_link, left=len(left) - place + hidden)
            if read is Unread.HIDDEN:
                hidden += 1
            else:
                await self._samples.answer(guild_id, each.id, SampleAnswer.GONE, by=None)
        return Reply(text=HIDDEN if hidden else DONE)


def announcement(week: SampleWeek) -> Reply:
    """What stands in the moderators' channel: numbers, and no text of anybody's."""
    text = (
        f"**Did the judge miss something?** {how_many(week.drawn, 'message', 'messages')} drawn by chance from "
        f"{week.quiet:,} of the last seven days about which there is no case. A look at each tells how much is missed."
    )
    click = SampleClick(verb=SampleVerb.LOOK, number=int(week.week.strftime("%Y%m%d")))
    return Reply(text=text, buttons=(SampleButton(click),))


def _shown(each: SampleMessage, author_id: int, text: str, link: str, *, left: int) -> Reply:
    quoted = as_quote(text, QUOTE_LIMIT)
    cut = f"\n-# … {how_many(quoted.left_out, 'more character', 'more characters')}" if quoted.left_out else ""
    text = (
        f"{member(author_id)} in <#{each.channel_id}>, [open the message]({link})\n{quoted.text}{cut}\n"
        f"-# {how_many(left, 'message', 'messages')} left. Your answer is counted and does nothing to the message or "
        "its author; to act on it, use Report to moderators in its menu."
    )
    buttons = tuple(SampleButton(SampleClick(verb=verb, number=each.id)) for verb in _ANSWERS)
    return Reply(text=text, buttons=buttons)


def _week(number: int) -> date | None:
    try:
        return date(number // 10_000, number // 100 % 100, number % 100)
    except (ValueError, OverflowError):
        return None
