"""Weekly samples of quiet messages: announced in the moderators' channel, shown one by one to reviewers."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import partial
from typing import Any

import discord
from discord.ext import commands

from bot.cogs.cards.progress_posts import ProgressPosts
from bot.cogs.interactions.click_button import ClickButton, Look
from bot.cogs.interactions.errors import answering, surviving
from bot.cogs.interactions.permission import admits_reviewer
from bot.cogs.interactions.quoting import as_quote
from bot.cogs.interactions.read_message import MessageReader, Unread
from bot.cogs.interactions.reply import Reply, defer, replace, send
from bot.cogs.interactions.wording import member
from bot.languages.translation import _, marked, ngettext, number
from bot.moderation.lookups.samples import Answered, SampleAnswer, SampleMessage, Samples, SampleWeek
from bot.moderation.messages.message_seen import MessageSeen
from bot.moderation.servers.permissions import Access

QUOTE_LIMIT = 1_400

DONE = marked("That is all of this week's sample. /mod stats shows what came of it. Thank you.")
NOT_FOR_YOU = marked(
    "What is left is your own or in channels that you cannot read yourself. Somebody else has to look at it."
)
NO_SUCH = marked("This sample is too old: Bylaw no longer has it.")
_NOT_COUNTED = {
    Answered.LATE: marked("-# Somebody else had answered the last one already; their answer counts."),
    Answered.OWN: marked(
        "-# The last one was your own message, so your answer was not counted. Somebody else will look at it."
    ),
}
_UNREAD = marked("-# The last one can no longer be read, or not by you, so your answer was not counted.")


class SampleVerb(StrEnum):
    """What a button does. The values are in custom_ids of messages already posted and never change."""

    LOOK = "look"  #: its number is the week's Monday, as 20261123
    VIOLATION = "violation"  #: for these, the number is the id in the sample
    FINE = "fine"


_LOOKS = {
    # Translators: a button, at most 80 characters.
    SampleVerb.LOOK: (marked("Look at them"), discord.ButtonStyle.primary),
    SampleVerb.VIOLATION: (marked("Violation"), discord.ButtonStyle.danger),
    # Translators: a button below a message, at most 80 characters: it breaks no rule.
    SampleVerb.FINE: (marked("Fine"), discord.ButtonStyle.success),
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
        return Look(f"bylaw:sample:{click.verb}:{click.number}", _(label), style)

    @staticmethod
    def read(ids: re.Match[str]) -> SampleClick:
        """The click that a custom_id describes."""
        return SampleClick(verb=SampleVerb(ids["verb"]), number=int(ids["number"]))


_ANSWERS = {SampleVerb.VIOLATION: SampleAnswer.VIOLATION, SampleVerb.FINE: SampleAnswer.FINE}


class SampleClicks(commands.Cog):
    """Announces samples and takes answers."""

    def __init__(
        self,
        *,
        reader: MessageReader,
        samples: Samples,
        posts: ProgressPosts,
        access: Access,
    ) -> None:
        self._reader = reader
        self._samples = samples
        self._posts = posts
        self._access = access

    async def post_due(self, serves: Callable[[int], bool]) -> None:
        """Draw this week's samples and tell moderators. What can't be posted now is posted later."""
        for settings, week in await self._samples.due(serves):
            async with surviving("a weekly sample"):
                channel_id = settings.review_channel_id
                message_id = await self._posts.post(settings.guild_id, channel_id, partial(announcement, week))
                if message_id is not None:
                    await self._samples.posted(week, channel_id=channel_id, message_id=message_id)

    @commands.Cog.listener()
    async def on_sample_click(self, interaction: discord.Interaction[Any], click: SampleClick) -> None:
        """Somebody asked for a message, or answered. Permission is checked now."""
        async with answering("a click on a sample", interaction):
            if not await admits_reviewer(interaction, self._access) or interaction.guild_id is None:
                return
            if click.verb is SampleVerb.LOOK:
                await defer(interaction)
                week = _week(click.number)
                await send(interaction, Reply(text=_(NO_SUCH)) if week is None else await self._next(interaction, week))
            else:
                await interaction.response.defer()
                await replace(interaction, await self._answer(interaction, interaction.guild_id, click))

    async def _answer(self, interaction: discord.Interaction[Any], guild_id: int, click: SampleClick) -> Reply:
        """Store the answer and show the next message. Checks again who wrote the message."""
        message = await self._samples.get(guild_id, click.number)
        if message is None:
            return Reply(text=_(NO_SUCH))
        read = await self._read(interaction, message)
        why_not = _UNREAD
        if isinstance(read, MessageSeen):
            answered = await self._samples.answer(
                guild_id, message.id, _ANSWERS[click.verb], by=interaction.user.id, author_id=read.whose
            )
            why_not = _NOT_COUNTED.get(answered, "")
        shown = await self._next(interaction, message.week)
        return Reply(text=f"{_(why_not)}\n{shown.text}", buttons=shown.buttons) if why_not else shown

    async def _next(self, interaction: discord.Interaction[Any], week: date) -> Reply:
        """The next message of somebody else that this person can read. Messages that can no longer be read don't
        count."""
        guild_id = interaction.guild_id or 0
        left = await self._samples.left(guild_id, week)
        for_others = 0
        for place, each in enumerate(left):
            read = await self._read(interaction, each)
            if read is Unread.GONE or (isinstance(read, MessageSeen) and read.is_empty):
                await self._samples.gone(guild_id, each.id)
            elif read is Unread.HIDDEN or read.whose == interaction.user.id:
                for_others += 1
            else:
                return _shown(each, read, left=len(left) - place + for_others)
        return Reply(text=_(NOT_FOR_YOU if for_others else DONE))

    async def _read(self, interaction: discord.Interaction[Any], message: SampleMessage) -> MessageSeen | Unread:
        return await self._reader.fetched(interaction.guild, interaction.user, message.channel_id, message.message_id)


def announcement(week: SampleWeek) -> Reply:
    """The announcement in the moderators' channel: numbers, and nobody's texts."""
    text = ngettext(
        "**Did the judge miss something?** Here is {n} message, drawn at random from {all} of the last seven days "
        "that have no case. Look at it to learn how much is missed.",
        "**Did the judge miss something?** Here are {n} messages, drawn at random from {all} of the last seven days "
        "that have no case. Look at each to learn how much is missed.",
        week.drawn,
        all=number(week.quiet),
    )
    click = SampleClick(verb=SampleVerb.LOOK, number=int(week.week.strftime("%Y%m%d")))
    return Reply(text=text, buttons=(SampleButton(click),))


def _shown(each: SampleMessage, seen: MessageSeen, *, left: int) -> Reply:
    quoted = as_quote(seen.words, QUOTE_LIMIT)
    lines = [
        _(
            "{member} in {channel}, [open the message]({link})",
            member=member(seen.author_id),
            channel=f"<#{each.channel_id}>",
            link=seen.jump_link,
        ),
        quoted.text,
    ]
    if quoted.left_out:
        lines.append(ngettext("-# … {n} more character", "-# … {n} more characters", quoted.left_out))
    lines.append(
        ngettext(
            "-# {n} message left. Your answer is counted and does nothing to the message or its author; to act on it, "
            "use Report to moderators in its menu.",
            "-# {n} messages left. Your answer is counted and does nothing to the message or its author; to act on "
            "it, use Report to moderators in its menu.",
            left,
        )
    )
    buttons = tuple(SampleButton(SampleClick(verb=verb, number=each.id)) for verb in _ANSWERS)
    return Reply(text="\n".join(lines), buttons=buttons)


def _week(number: int) -> date | None:
    try:
        return date(number // 10_000, number // 100 % 100, number % 100)
    except (ValueError, OverflowError):
        return None
