"""Carries out on Discord what was decided about a case: the `Enforcer` of the real bot.

What Discord would refuse without saying why is looked at first. Members are fetched for that, because none are kept in
memory; what counts is what is true at this moment.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

import aiohttp
import discord
from discord.ext import commands

from bot.cogs.interactions.translate import person
from bot.cogs.interactions.wording import how_many
from bot.cogs.review.audit_reason import audit_reason
from bot.cogs.review.preconditions import (
    AGAINST_MEMBERS,
    LEFT,
    NO_CONNECTION,
    NOT_HERE,
    in_words,
    what_bylaw_lacks,
    why_immune,
    why_out_of_reach,
    why_untouchable,
)
from bot.moderation.cases.action import LONGEST_TIMEOUT, Action, ActionKind
from bot.moderation.cases.case import Case, CaseKind
from bot.moderation.cases.further_messages import FurtherMessage
from bot.moderation.review.enforcer import Accepted, Declined
from bot.moderation.servers.permissions import Access

Answer = TypeVar("Answer")
Also = Callable[[Case], Awaitable[tuple[FurtherMessage, ...]]]

#: Discord's clock and ours differ, and it refuses whatever lies beyond 28 days on its own.
MARGIN = timedelta(seconds=30)

_UNKNOWN_CHANNEL, _UNKNOWN_MEMBER, _UNKNOWN_MESSAGE, _UNKNOWN_BAN = 10_003, 10_007, 10_008, 10_026
_NEEDS_PRESENCE = frozenset({ActionKind.TIMEOUT, ActionKind.KICK})  # others can be banned, too
_GONE = (_UNKNOWN_CHANNEL, _UNKNOWN_MESSAGE)

_WAS_DELETED = "The message had been deleted before."
_NO_MESSAGE = "This case is not about a message, so there is none to delete."
_WAS_TIMED_OUT = "The member was timed out already; now the new time counts."
_WAS_BANNED = "The member was banned already."
_TIMEOUT_OVER = "The timeout was over already."
_NOT_BANNED = "The member was not banned any more."


async def _in_words(asking: Awaitable[Answer | Declined], action: Action) -> Answer | Declined:
    """What Discord refuses meanwhile comes back as a sentence."""
    try:
        return await asking
    except discord.HTTPException as error:
        return Declined(why=in_words(error, action.new.kind))
    except (aiohttp.ClientError, OSError):
        return Declined(why=NO_CONNECTION)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scene:
    """Who an action is about, as far as it matters and as they are now."""

    guild: discord.Guild
    target: discord.Member | None = None  #: None where they are not in the server, or were not looked up
    moderator: discord.Member | None = None  #: None for Bylaw itself, and for somebody who left


class DiscordEnforcer:
    """Deletes, times out, kicks and bans, and takes back what can be taken back."""

    def __init__(self, bot: commands.AutoShardedBot, *, access: Access, also: Also) -> None:
        """Nothing is asked of Discord here.

        Args:
            access: knows the team of a server.
            also: finds the further messages of a case.
        """
        self._bot = bot
        self._access = access
        self._also = also

    async def foresee(self, action: Action, case: Case) -> Declined | None:
        """Why it could not be done, as far as that can be known without trying."""
        del case
        answer = await _in_words(self._look(action), action)
        return answer if isinstance(answer, Declined) else None

    async def carry_out(self, action: Action, case: Case) -> Accepted | Declined:
        """Do it, once and as far as Discord lets us."""
        return await _in_words(self._do(action, case), action)

    async def _look(self, action: Action) -> _Scene | Declined:
        """May it be done, as far as anybody can know?"""
        new = action.new
        guild = self._bot.get_guild(new.guild_id)
        if guild is None or guild.unavailable:
            return Declined(why=NOT_HERE)
        lacks = None if new.kind is ActionKind.DELETE else what_bylaw_lacks(new.kind, guild.me.guild_permissions)
        if lacks:
            return Declined(why=lacks)
        moderator = await _member(guild, new.by) if new.by is not None else None
        if new.kind not in AGAINST_MEMBERS:
            return _Scene(guild=guild, moderator=moderator)
        why = why_untouchable(guild, new.target_id)
        target = await _member(guild, new.target_id) if why is None else None
        if target is not None:
            reviews = await self._access.may_review(guild.id, person(target))
            why = why_immune(target, reviews=reviews) or why_out_of_reach(target, moderator=moderator)
        elif why is None and new.kind in _NEEDS_PRESENCE:
            why = LEFT
        return Declined(why=why) if why else _Scene(guild=guild, target=target, moderator=moderator)

    async def _do(self, action: Action, case: Case) -> Accepted | Declined:
        scene = await self._look(action)
        if isinstance(scene, Declined):
            return scene
        new, guild = action.new, scene.guild
        reason, user = _reason(action, scene.moderator), discord.Object(new.target_id)
        if new.kind is ActionKind.DELETE:
            return await self._delete(guild, case, reason, only=new.message_id)
        if new.kind is ActionKind.TIMEOUT and scene.target is not None:
            return await _time_out(scene.target, new.length or LONGEST_TIMEOUT, reason)
        if new.kind is ActionKind.REMOVE_TIMEOUT:
            return await _end_timeout(await guild.fetch_member(user.id), reason)
        if new.kind is ActionKind.BAN:
            return await _ban(guild, user, reason)
        if new.kind is ActionKind.UNBAN:
            return await _unban(guild, user, reason)
        if new.kind is ActionKind.KICK:
            await guild.kick(user, reason=reason)
        return Accepted()  # a warning is nothing but words, which somebody else says

    async def _delete(self, guild: discord.Guild, case: Case, reason: str, *, only: int) -> Accepted | Declined:
        """Delete every message of the case, or the only one meant; whatever was deleted before counts as done."""
        if case.kind is CaseKind.MANUAL:
            return Declined(why=_NO_MESSAGE)
        also = await self._also(case)
        places = [(case.evidence.channel_id, case.evidence.message_id, case.evidence.gone)]
        places += [(each.channel_id, each.message_id, each.gone) for each in also]
        places = [place for place in places if only in (0, place[1])]
        done, before, refusals = 0, 0, list[str]()
        for channel_id, message_id, gone in places:
            why = None if gone else await self._delete_one(guild, channel_id, message_id, reason)
            done += why == ""
            before += why is None
            refusals += [why] if why else []
        if refusals:
            some = f"{done + before:,} of {len(places):,} messages are deleted. " if len(places) > 1 else ""
            return Declined(why=f"{some}{refusals[0]}")
        if not before:
            return Accepted()
        whole = _WAS_DELETED if len(places) == 1 else f"{how_many(before, 'message', 'messages')} had been deleted."
        return Accepted(note=whole)

    async def _delete_one(self, guild: discord.Guild, channel_id: int, message_id: int, reason: str) -> str | None:
        """Nothing where it is deleted now, None where it was gone, else why it stays."""
        channel = guild.get_channel_or_thread(channel_id)
        has = _permissions(channel)
        lacks = what_bylaw_lacks(ActionKind.DELETE, has, f"<#{channel_id}>") if has is not None else None
        if lacks:
            return lacks
        try:
            await self._bot.http.delete_message(channel_id, message_id, reason=reason)
        except discord.HTTPException as error:
            return None if error.code in _GONE else in_words(error, ActionKind.DELETE)
        return ""


def _permissions(channel: Any) -> discord.Permissions | None:
    """Bylaw's own permissions there; None for a thread that Discord does not show us, such as an archived one."""
    place = channel.parent if isinstance(channel, discord.Thread) else channel
    return place.permissions_for(place.guild.me) if place is not None else None


def _reason(action: Action, moderator: discord.Member | None) -> str:
    by = action.new.by
    name = moderator.name if moderator is not None else "a moderator"
    return audit_reason(action.new.case_number, action.new.reason, by=None if by is None else (name, by))


async def _member(guild: discord.Guild, user_id: int) -> discord.Member | None:
    """The member as they are now; None for somebody who is not in the server."""
    try:
        return await guild.fetch_member(user_id)
    except discord.NotFound as error:
        if error.code == _UNKNOWN_MEMBER:
            return None
        raise


async def _time_out(member: discord.Member, length: timedelta, reason: str) -> Accepted:
    before = member.is_timed_out()
    await member.timeout(min(length, LONGEST_TIMEOUT - MARGIN), reason=reason)
    return Accepted(note=_WAS_TIMED_OUT if before else "")


async def _end_timeout(member: discord.Member, reason: str) -> Accepted:
    if not member.is_timed_out():
        return Accepted(note=_TIMEOUT_OVER)
    await member.timeout(None, reason=reason)
    return Accepted()


async def _ban(guild: discord.Guild, user: discord.Object, reason: str) -> Accepted:
    try:
        await guild.fetch_ban(user)
    except discord.NotFound as error:
        if error.code != _UNKNOWN_BAN:
            raise
    else:
        return Accepted(note=_WAS_BANNED)
    await guild.ban(user, reason=reason, delete_message_seconds=0)  # deleting is an action of its own
    return Accepted()


async def _unban(guild: discord.Guild, user: discord.Object, reason: str) -> Accepted:
    try:
        await guild.unban(user, reason=reason)
    except discord.NotFound as error:
        if error.code != _UNKNOWN_BAN:
            raise
        return Accepted(note=_NOT_BANNED)
    return Accepted()
