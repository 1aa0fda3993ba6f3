"""Carries out actions on Discord: the production `Enforcer`.

It checks first what Discord would refuse without saying why. Members are fetched for that, because none are cached, and
only the current state counts.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import aiohttp
import discord
from discord.ext import commands

from bot.cogs.interactions.action_words import reason_of
from bot.cogs.interactions.translate import edit_of, person
from bot.cogs.review.audit_reason import audit_reason
from bot.cogs.review.bans_in_force import ban, existing_ban, unban
from bot.cogs.review.in_force import end_timeout, time_out
from bot.cogs.review.preconditions import (
    AGAINST_MEMBERS,
    in_words,
    sent,
    what_bylaw_lacks,
    what_moderator_lacks,
    why_immune,
    why_out_of_reach,
    why_untouchable,
)
from bot.languages.translation import _, speaking
from bot.moderation.cases.action import Action, ActionKind
from bot.moderation.cases.case import Case, CaseKind
from bot.moderation.cases.further_messages import FurtherMessage
from bot.moderation.messages.message_seen import is_title
from bot.moderation.review import whys
from bot.moderation.review.enforcer import (
    AS_USUAL,
    Accepted,
    Declined,
    JudgedText,
    Terms,
    Unheard,
    Unneeded,
)
from bot.moderation.servers.interface_language import InterfaceLanguages
from bot.moderation.servers.permissions import Access

Answer = TypeVar("Answer")
Also = Callable[[Case], Awaitable[tuple[FurtherMessage, ...]]]

_UNKNOWN_CHANNEL, _UNKNOWN_MEMBER, _UNKNOWN_MESSAGE = 10_003, 10_007, 10_008
_NEEDS_PRESENCE = frozenset({ActionKind.TIMEOUT, ActionKind.REMOVE_TIMEOUT, ActionKind.KICK})  # a ban does not
_TROUBLE = 500  # from this status on, it is a problem of Discord's
_GONE = (_UNKNOWN_CHANNEL, _UNKNOWN_MESSAGE)

_GONE_BEFORE = Accepted(note=whys.WAS_DELETED)


async def _in_words(asking: Awaitable[Answer | Declined], action: Action) -> Answer | Declined:
    """Convert Discord's refusal, before anything is done, to a sentence."""
    try:
        return await asking
    except discord.HTTPException as error:
        return Declined(why=in_words(error, action.new.kind))
    except (aiohttp.ClientError, OSError):
        return Declined(why=whys.NO_CONNECTION)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scene:
    """The member that an action is about, and the moderator, as they are now."""

    guild: discord.Guild
    target: discord.Member | None = None  #: None if they aren't in the server, or weren't fetched
    moderator: discord.Member | None = None  #: None for Bylaw itself, and for a moderator who left


class DiscordEnforcer:
    """Deletes, times out, kicks and bans, and undoes what can be undone."""

    def __init__(
        self, bot: commands.AutoShardedBot, *, access: Access, also: Also, languages: InterfaceLanguages
    ) -> None:
        """Nothing is asked of Discord here.

        Args:
            access: knows the team of a server.
            also: finds the further messages of a case.
            languages: knows in which language the reasons in a server's audit log are.
        """
        self._bot = bot
        self._access = access
        self._also = also
        self._languages = languages

    async def foresee(self, action: Action, case: Case) -> Declined | Unneeded | None:
        """Why the action would fail or isn't needed, as far as can be known without trying."""
        del case
        answer = await _in_words(self._look(action), action)
        return answer if isinstance(answer, (Declined, Unneeded)) else None

    async def carry_out(
        self, action: Action, case: Case, terms: Terms = AS_USUAL
    ) -> Accepted | Unneeded | Declined | Unheard:
        """Carry out the action, once and as far as Discord allows."""
        return await _in_words(self._do(action, case, terms), action)

    async def _look(self, action: Action) -> _Scene | Unneeded | Declined:
        """Check whether the action is allowed, as far as can be known."""
        new = action.new
        guild = self._bot.get_guild(new.guild_id)
        if guild is None or guild.unavailable:
            return Declined(why=whys.NOT_HERE)
        lacks = None if new.kind is ActionKind.DELETE else what_bylaw_lacks(new.kind, guild.me.guild_permissions)
        if lacks:
            return Declined(why=lacks)
        moderator = await _member(guild, new.by) if new.by is not None else None
        may_not = None if new.by is None else what_moderator_lacks(new.kind, new.by, moderator)
        if may_not:
            return Declined(why=may_not)
        if new.kind not in AGAINST_MEMBERS:
            return await self._look_at_lifting(action, guild, moderator)
        why = why_untouchable(guild, new.target_id)
        target = await _member(guild, new.target_id) if why is None else None
        if target is not None:
            reviews = await self._access.may_review(guild.id, person(target))
            why = why_immune(target, reviews=reviews) or why_out_of_reach(target, moderator=moderator)
        elif why is None and new.kind in _NEEDS_PRESENCE:
            why = whys.LEFT
        if why is None and new.kind is ActionKind.BAN and await existing_ban(guild, new.target_id) is not None:
            return Unneeded(why=whys.WAS_BANNED)
        return Declined(why=why) if why else _Scene(guild=guild, target=target, moderator=moderator)

    @staticmethod
    async def _look_at_lifting(
        action: Action, guild: discord.Guild, moderator: discord.Member | None
    ) -> _Scene | Declined:
        """The same check for actions on messages, and for actions that help a member."""
        if action.new.kind is not ActionKind.REMOVE_TIMEOUT:
            return _Scene(guild=guild, moderator=moderator)
        target = await _member(guild, action.new.target_id)
        why = whys.LEFT if target is None else why_out_of_reach(target, moderator=moderator)
        return Declined(why=why) if why else _Scene(guild=guild, target=target, moderator=moderator)

    async def _do(self, action: Action, case: Case, terms: Terms) -> Accepted | Unneeded | Declined | Unheard:
        scene = await self._look(action)
        if not isinstance(scene, _Scene):
            return scene
        if terms.judged is not None and await self._is_edited(case, terms.judged):
            return Declined(why=whys.EDITED_SINCE)
        new, guild, target = action.new, scene.guild, scene.target
        with speaking(await self._languages.of_server(new.guild_id)):
            reason = _reason(action, scene.moderator)
        user = discord.Object(new.target_id)
        if new.kind is ActionKind.DELETE:
            return await self._delete(scene, case, reason, only=new.message_id)
        if new.kind is ActionKind.TIMEOUT and target is not None:
            return await time_out(target, action, terms, reason, now=discord.utils.utcnow())
        if new.kind is ActionKind.REMOVE_TIMEOUT and target is not None:
            return await end_timeout(target, terms, reason, now=discord.utils.utcnow())
        if new.kind is ActionKind.BAN:
            return await ban(guild, user, reason)
        if new.kind is ActionKind.UNBAN:
            return await unban(guild, user, case, terms, reason)
        if new.kind is ActionKind.KICK:
            return await sent(guild.kick(user, reason=reason), new.kind) or Accepted()
        return Accepted()  # a warning is just a message, which the notifier sends

    async def _delete(self, scene: _Scene, case: Case, reason: str, *, only: int) -> Accepted | Declined | Unheard:
        """Delete every message of the case, or just the given one. Messages deleted before count as done."""
        if case.kind is CaseKind.MANUAL:
            return Declined(why=whys.NO_MESSAGE)
        places = [each for each in await self._messages(case) if only in (0, each.message_id)]
        came_of = [
            _GONE_BEFORE if each.gone else await self._delete_one(scene, each.channel_id, each.message_id, reason)
            for each in places
        ]
        before = came_of.count(_GONE_BEFORE)
        refusals = [each for each in came_of if not isinstance(each, Accepted)]
        if refusals:
            some = whys.PARTLY_DELETED.format(done=f"{len(places) - len(refusals):,}", all=f"{len(places):,}")
            told = next((each for each in refusals if isinstance(each, Unheard)), refusals[0])
            return replace(told, why=f"{some} {told.why}" if len(places) > 1 else told.why)
        if not before:
            return Accepted()
        return Accepted(note=_had_been_deleted(before, len(places)))

    async def _messages(self, case: Case) -> tuple[FurtherMessage, ...]:
        """All messages of a case."""
        evidence = case.evidence
        first = FurtherMessage(
            channel_id=evidence.channel_id,
            message_id=evidence.message_id,
            author_id=evidence.author_id,
            edit=evidence.edit,
            gone=evidence.gone,
        )
        return (first, *await self._also(case))

    async def _is_edited(self, case: Case, judged: JudgedText) -> bool:
        """Was the message edited since it was judged? Asks Discord, because the event may not have arrived. A deleted
        message counts as not edited; if Bylaw can't read the message, it relies on events."""
        for each in await self._messages(case):
            if each.message_id == judged.message_id:
                try:
                    message = await self._bot.http.get_message(each.channel_id, each.message_id)
                except discord.HTTPException as error:
                    if error.status < _TROUBLE:
                        return False
                    raise
                edited_at = discord.utils.parse_time(message.get("edited_timestamp"))
                return edit_of(edited_at) > (each.edit if judged.edit is None else judged.edit)
        return False

    async def _delete_one(
        self, scene: _Scene, channel_id: int, message_id: int, reason: str
    ) -> Accepted | Declined | Unheard:
        if is_title(message_id):
            return Declined(why=whys.OF_TITLE)
        lacks = _why_not_deleted(scene, channel_id)
        if lacks:
            return Declined(why=lacks)
        deleting = self._bot.http.delete_message(channel_id, message_id, reason=reason)
        try:
            return await sent(_unless_gone(deleting), ActionKind.DELETE) or Accepted()
        except _Gone:
            return _GONE_BEFORE


class _Gone(Exception):
    """The message was deleted before."""


async def _unless_gone(deleting: Awaitable[object]) -> None:
    try:
        await deleting
    except discord.HTTPException as error:
        if error.code in _GONE:
            raise _Gone from None
        raise


def _had_been_deleted(before: int, places: int) -> str:
    if places == 1:
        return whys.WAS_DELETED
    return whys.ONE_WAS_DELETED if before == 1 else whys.SOME_WERE_DELETED.format(n=f"{before:,}")


def _why_not_deleted(scene: _Scene, channel_id: int) -> str | None:
    """The permission that Bylaw or the moderator lacks in this channel; None for a thread that isn't cached, such as an
    archived one."""
    channel: Any = scene.guild.get_channel_or_thread(channel_id)
    place = channel.parent if isinstance(channel, discord.Thread) else channel
    if place is None:
        return None
    where, moderator = f"<#{channel_id}>", scene.moderator
    lacks = what_bylaw_lacks(ActionKind.DELETE, place.permissions_for(scene.guild.me), where)
    if lacks or moderator is None:
        return lacks
    return what_moderator_lacks(ActionKind.DELETE, moderator.id, moderator, place)


def _reason(action: Action, moderator: discord.Member | None) -> str:
    by = action.new.by
    name = moderator.name if moderator is not None else _("a moderator")
    return audit_reason(action.new.case_number, reason_of(action), by=None if by is None else (name, by))


async def _member(guild: discord.Guild, user_id: int) -> discord.Member | None:
    """The member as they are now; None if they aren't in the server."""
    try:
        return await guild.fetch_member(user_id)
    except discord.NotFound as error:
        if error.code == _UNKNOWN_MEMBER:
            return None
        raise
