"""``/why``: how was this message judged, or why not at all? For reviewers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.cogs.cards.found_how import source_of
from bot.cogs.interactions.permission import admits_reviewer
from bot.cogs.interactions.quoting import on_one_line
from bot.cogs.interactions.read_message import MessageReader
from bot.cogs.interactions.reply import Reply, defer, send
from bot.cogs.interactions.wording import at, name, not_read, rule, score_number, score_text, state
from bot.languages.translation import _, marked, ngettext
from bot.moderation.cases.case import Case, CaseKind
from bot.moderation.lookups.why import DELETED_POLICY, ClearTold, NotJudged, Told, Why, WhyNot
from bot.moderation.messages.intake import Skip
from bot.moderation.messages.message_seen import MessageSeen
from bot.moderation.servers.permissions import Access
from guild_policies.scope import NotCovered

SHOWN = 8  #: verdicts
JUDGE_LIMIT = 80  #: UTF-16 units

NO_LINK = marked(
    "This is not a link to a message. Press and hold the message (or right-click it), choose Copy Message Link, and "
    "paste it here."
)
ELSEWHERE = marked("This message is in another server. Ask there.")
CANNOT_READ = marked(
    "Nothing was judged, and the message cannot be read now: it was deleted, or Bylaw or you cannot see it."
)

_LINK = re.compile(
    r"<?https?://(?:(?:ptb|canary)\.)?discord(?:app)?\.com/channels/([0-9]{1,20}|@me)/([0-9]{1,20})/([0-9]{1,20})/?>?"
)
_REASONS = {
    Skip.OWN: marked("Bylaw itself posted it."),
    Skip.BOT: marked("Another bot or a webhook posted it, and no policy in force judges those."),
    Skip.SYSTEM: marked("Discord wrote it."),
    Skip.EMPTY: marked("There is nothing in it to read: only text is judged."),
    Skip.NOT_SET_UP: marked("Bylaw is not set up in this server yet. An admin can run /setup."),
    Skip.REVIEW_CHANNEL: marked("It is in the moderators' own channel."),
    Skip.NO_POLICY: marked("No policy is in force."),
    Skip.OUT_OF_SCOPE: marked("No policy in force covers it:"),
    NotJudged.WAITING: marked("It is waiting for the judge, which had no time yet or was not available."),
    NotJudged.BEFORE: marked(
        "It was posted before a policy that covers it was in force, or while that policy was paused. A policy never "
        "judges what was posted before it applied."
    ),
    NotJudged.EXEMPT: marked("When it was posted or last edited, no policy covered it. At that time:"),
    NotJudged.NOT_THERE: marked(
        "Bylaw has no record of it: it was not running at that moment, could not read the channel then, or was "
        "stopped before the judge answered. To judge it now, use Check against policy in its menu."
    ),
}
_NOT_COVERED = {
    NotCovered.EXEMPT_PLACE: marked("this channel is exempt"),
    NotCovered.ELSEWHERE: marked("it applies in other channels only"),
    NotCovered.BOT: marked("it does not judge bots"),
    NotCovered.EXEMPT_ROLE: marked("the author has an exempt role"),
    NotCovered.NO_NEWCOMER: marked("it applies to newcomers only"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """The message that a link leads to."""

    guild_id: int | None  #: None for a direct message
    channel_id: int
    message_id: int


class WhyCommand(commands.Cog):
    """The command."""

    def __init__(self, bot: commands.AutoShardedBot, *, reader: MessageReader, why: Why, access: Access) -> None:
        self._bot = bot
        self._reader = reader
        self._why = why
        self._access = access

    @app_commands.command(description="How was this message judged, or why was it not?")
    @app_commands.describe(link="The link of the message: Copy Message Link in its menu")
    @app_commands.default_permissions(manage_messages=True)
    async def why(self, interaction: discord.Interaction[Any], link: app_commands.Range[str, 1, 200]) -> None:
        """Explain a message's verdict."""
        await defer(interaction)
        if not await admits_reviewer(interaction, self._access) or interaction.guild_id is None:
            return
        found = parse_link(link)
        if found is None:
            await send(interaction, Reply(text=_(NO_LINK)))
        elif found.guild_id != interaction.guild_id:
            await send(interaction, Reply(text=_(ELSEWHERE)))
        else:
            await send(interaction, Reply(text=await self._answer(interaction, found)))

    async def _answer(self, interaction: discord.Interaction[Any], link: Link) -> str:
        told = await self._why.told(interaction.guild_id or 0, link.message_id)
        read = await self._reader.fetched(interaction.guild, interaction.user, link.channel_id, link.message_id)
        seen = read if isinstance(read, MessageSeen) else None
        own = self._bot.user
        if told.edits and (seen is None or seen.edit in told.edits):
            return "\n".join([*_said(told), *not_read(seen.files if seen else ())])
        if seen is None or own is None:
            return _(CANNOT_READ)
        seen = await _with_roles(interaction.guild, seen)
        why_not = await self._why.why_not(seen, own_id=own.id)
        if not told.edits:
            return "\n".join([f"{_('**Not judged.**')} {_reason(why_not)}", *not_read(seen.files)])
        as_it_is = _("**As it reads now, after an edit, it was not judged.**")
        return "\n".join([*_said(told), f"{as_it_is} {_reason(why_not)}"])


async def _with_roles(guild: discord.Guild | None, seen: MessageSeen) -> MessageSeen:
    """The message with its author's roles, which Discord leaves out of fetched messages."""
    if guild is None or seen.author_role_ids:
        return seen
    try:
        author = guild.get_member(seen.whose) or await guild.fetch_member(seen.whose)
    except discord.HTTPException:
        return seen  # members who left have no roles
    roles = frozenset(role.id for role in author.roles)
    return replace(seen, author_role_ids=roles, author_joined_at=author.joined_at)


def parse_link(text: str) -> Link | None:
    """A link to a message as Discord writes them; None for anything else."""
    match = _LINK.fullmatch(text.strip())
    if match is None:
        return None
    guild = None if match[1] == "@me" else int(match[1])
    return Link(guild_id=guild, channel_id=int(match[2]), message_id=int(match[3]))


def _said(told: Told) -> list[str]:
    alone = [each for each in told.clear if not each.screened]
    lines = [*map(_case, told.cases), *map(_clear, alone), *map(_screened, told.looks)]
    more = len(lines) - SHOWN
    return [*lines[:SHOWN], *([ngettext("-# and {n} more", "-# and {n} more", more)] if more > 0 else [])]


def _case(case: Case) -> str:
    judged = case.judged
    if not judged.version_id:
        return f"- {' · '.join([source_of(case), _case_now(case)])}"
    under = f"{name(judged.policy_name)} v{judged.version_number}"
    by = _by(case.opened_at, judged.judge)
    if case.kind is CaseKind.UNDECIDED or not judged.rules:
        return f"- {under}: ⚪ {' · '.join([_('could not judge'), _case_now(case)])}\n  {by}"
    first = judged.rules[0]
    parts = [_("🔴 violation of {rule}", rule=rule(first.id, first.title))]
    if judged.score is not None:
        parts.append(score_text(judged.score))
    return f"- {under}: {' · '.join([*parts, _case_now(case)])}\n  {by}"


def _case_now(case: Case) -> str:
    return _("**case {number}**: {state}", number=case.number, state=state(case.state))


def _by(moment: datetime, judge: str) -> str:
    """When it was judged, and by which judge, if known."""
    if not judge:
        return f"-# {at(moment)}"
    return "-# " + _("{moment} · judge: {judge}", moment=at(moment), judge=on_one_line(judge, JUDGE_LIMIT))


def _screened(look: Sequence[ClearTold]) -> str:
    """Describes one look at several policies, none of which was judged alone."""
    found = look[0].found
    names = [_version(each) for each in look[:SHOWN]]
    if len(look) > SHOWN:
        names.append(ngettext("{n} more", "{n} more", len(look) - SHOWN))
    said = _(
        "🟢 the first look at all policies together found nothing, so none was judged on its own. That look's score: "
        "{score}.",
        score=score_number(found.clear.score),
    )
    return f"- {', '.join(names)}: {said}\n  {_by(found.at, found.clear.judge)}"


def _clear(told: ClearTold) -> str:
    clear = told.found.clear
    what = _("🟢 clear")
    if told.below_threshold:
        what = _("🟡 a violation, but below the policy's threshold: no case")
    return f"- {_version(told)}: {what} · {score_text(clear.score)}\n  {_by(told.found.at, clear.judge)}"


def _version(told: ClearTold) -> str:
    policy = _(told.policy_name) if told.policy_name == DELETED_POLICY else name(told.policy_name)
    return policy if told.version_number is None else f"{policy} v{told.version_number}"


def _reason(why_not: WhyNot) -> str:
    said = _(_REASONS.get(why_not.reason, _REASONS[NotJudged.NOT_THERE]))
    lines = [f"- {name(policy)}: {_(_NOT_COVERED[why])}" for policy, why in why_not.not_covered[:SHOWN]]
    return "\n".join([said, *lines])
