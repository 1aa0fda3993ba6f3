"""Reads and sets raid controls on Discord: the production `RaidEdge`."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any, TypeVar
from weakref import WeakValueDictionary

import aiohttp
import discord
from discord.ext import commands

from bot.cogs.cards.shared.raid_controls import PAUSE, SLOW, detected_in
from bot.cogs.review.audit_reason import audit_reason
from bot.cogs.review.preconditions import answered, meaning
from bot.languages.translation import speaking
from bot.moderation.cases.raid_control import ControlKind, RaidControl
from bot.moderation.raids.edge import NOTHING_NOTICED, ChannelGone, Detected, InForce
from bot.moderation.raids.whys import FORBIDDEN, FORBIDDEN_IN_CHANNEL
from bot.moderation.review import whys
from bot.moderation.review.enforcer import Declined, Unheard
from bot.moderation.servers.interface_language import InterfaceLanguages

_UNKNOWN_CHANNEL, _UNKNOWN_MEMBER = 10_003, 10_007
_KEYS = {ControlKind.PAUSE_INVITES: "invites_disabled_until", ControlKind.PAUSE_DMS: "dms_disabled_until"}

Found = TypeVar("Found")


class DiscordRaidEdge:
    """Asks Discord each time, because controls set by hand count as well."""

    def __init__(self, bot: commands.AutoShardedBot, languages: InterfaceLanguages) -> None:
        self._bot = bot
        self._languages = languages
        self._turns: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()  # by server

    async def why_not(self, control: RaidControl, *, by: int | None) -> str:
        """The permission that Bylaw or the moderator lacks, or that one of them isn't here."""
        guild = self._bot.get_guild(control.new.guild_id)
        if guild is None or guild.unavailable:
            return whys.NOT_HERE
        if not _may(guild.me, control):
            return _with_place(control, whys.LACKS, whys.LACKS_IN_CHANNEL)
        if by is None:
            return ""
        try:
            moderator = await guild.fetch_member(by)
        except discord.HTTPException as error:
            gone = whys.MODERATOR_LEFT.format(moderator=f"<@{by}>")
            return gone if error.code == _UNKNOWN_MEMBER else meaning(error, forbidden=_forbidden(control))
        except (aiohttp.ClientError, OSError):
            return whys.NO_CONNECTION
        if _may(moderator, control):
            return ""
        return _with_place(control, whys.MODERATOR_LACKS, whys.MODERATOR_LACKS_IN_CHANNEL, moderator=f"<@{by}>")

    async def look(self, control: RaidControl) -> InForce | ChannelGone | Declined:
        """Ask Discord what is in force."""
        try:
            if control.new.kind is ControlKind.SLOW_MODE:
                channel: Any = await self._bot.http.get_channel(control.new.channel_id)
                return InForce(seconds=int(channel.get("rate_limit_per_user") or 0))
            incidents = await self._incidents(control.new.guild_id)
            return InForce(until=incidents[_KEYS[control.new.kind]])
        except discord.HTTPException as error:
            if error.code == _UNKNOWN_CHANNEL:
                return ChannelGone()
            return Declined(why=meaning(error, forbidden=_forbidden(control)))
        except (aiohttp.ClientError, OSError):
            return Declined(why=whys.NO_CONNECTION)

    async def put(self, control: RaidControl, wanted: InForce, *, by: int | None) -> Declined | Unheard | None:
        """Set the pause or the slow mode."""
        if control.new.kind is ControlKind.SLOW_MODE:
            request = self._slow_down(control, wanted.seconds, by)
        else:
            request = self._pause(control, wanted.until)
        return await answered(request, forbidden=_forbidden(control))

    def detected(self, guild_id: int) -> Detected:
        """What Discord itself detected in this server within the last day."""
        guild = self._bot.get_guild(guild_id)
        return NOTHING_NOTICED if guild is None else detected_in(guild)

    async def _slow_down(self, control: RaidControl, seconds: int, by: int | None) -> None:
        guild = self._bot.get_guild(control.new.guild_id)
        name = None
        if by is not None and guild is not None:
            name = ((await guild.fetch_member(by)).name, by)
        with speaking(await self._languages.of_server(control.new.guild_id)):
            reason = audit_reason(control.new.case_number, control.new.reason, by=name)
        await self._bot.http.edit_channel(control.new.channel_id, rate_limit_per_user=seconds, reason=reason)

    async def _pause(self, control: RaidControl, until: datetime | None) -> None:
        """Set one pause. Discord doesn't document what happens to the pause left out of a request, so both are always
        sent, one request at a time."""
        guild_id, now = control.new.guild_id, discord.utils.utcnow()
        async with self._turns.setdefault(guild_id, asyncio.Lock()):
            wanted = await self._incidents(guild_id) | {_KEYS[control.new.kind]: until}
            payload: Any = {key: end.isoformat() if end and end > now else None for key, end in wanted.items()}
            await self._bot.http.edit_incident_actions(guild_id, payload=payload)

    async def _incidents(self, guild_id: int) -> dict[str, datetime | None]:
        guild: Any = await self._bot.http.get_guild(guild_id, with_counts=False)
        incidents = guild.get("incidents_data") or {}
        return {key: discord.utils.parse_time(incidents.get(key)) for key in _KEYS.values()}


def _forbidden(control: RaidControl) -> str:
    return _with_place(control, FORBIDDEN, FORBIDDEN_IN_CHANNEL)


def _with_place(control: RaidControl, in_server: str, in_channel: str, **values: str) -> str:
    """The sentence for a control's place, the server or a channel, in English."""
    if control.new.channel_id:
        return in_channel.format(permission=SLOW[1], channel=f"<#{control.new.channel_id}>", **values)
    return in_server.format(permission=PAUSE[1], **values)


def _may(member: discord.Member, control: RaidControl) -> bool:
    """Does this member have the permission? True for a deleted channel."""
    if control.new.kind is not ControlKind.SLOW_MODE:
        return member.guild_permissions.manage_guild
    channel = member.guild.get_channel(control.new.channel_id)
    if channel is None:
        return True
    has = channel.permissions_for(member)
    return has.view_channel and has.manage_channels
