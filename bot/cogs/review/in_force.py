"""Timeouts and bans on Discord, set and lifted with a look at what is in force already.

Discord keeps one timeout and one ban of a member, and says neither which case set it nor whether somebody counts on it.
A timeout is known by its end; a ban by its reason, which begins with the number of the case.
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import aiohttp
import discord

from bot.cogs.interactions.wording import at
from bot.cogs.review.audit_reason import is_of_case
from bot.moderation.cases.action import LONGEST_TIMEOUT, Action, end_of_timeout
from bot.moderation.cases.case import Case, CaseKind
from bot.moderation.review.enforcer import Accepted, Declined, Terms, Unneeded

_UNKNOWN_BAN = 10_026
_SHOWN_IN = timedelta(seconds=1)  #: forms know moments to the second
_WAITS = 1.0  #: seconds for which a form waits for what is in force: Discord takes it for three

_ENDED = "This timeout is over, so there is nothing to undo."
_LIFTED = "The timeout was over already: somebody lifted it."
_WANTED = "Another case asks for this timeout, too, so the member stays timed out. Decide that case first."
_NOTHING_TO_CHANGE = "The timeout was lifted in the meantime. To time the member out again, press Act…."
_NOT_BANNED = "The member was not banned any more."
_ANOTHER_BAN = "The ban in force was not set by this case, so it stays. Server Settings, Bans shows who set it and why."


async def running_timeout(guild: discord.Guild | None, user_id: int) -> datetime | None:
    """When the timeout of this member that is in force ends. None as well where Discord does not say so in time: forms
    cannot wait, and nothing is shortened then."""
    if guild is None:
        return None
    try:
        async with asyncio.timeout(_WAITS):
            member = await guild.fetch_member(user_id)
    except (discord.HTTPException, aiohttp.ClientError, OSError):  # TimeoutError is an OSError
        return None
    return member.timed_out_until if member.is_timed_out() else None


async def time_out(member: discord.Member, action: Action, terms: Terms, reason: str) -> Accepted | Unneeded | Declined:
    """Time the member out. A timeout in force is never shortened unless the terms say so."""
    running = member.timed_out_until if member.is_timed_out() else None
    end = end_of_timeout(action.new.length or LONGEST_TIMEOUT, now=discord.utils.utcnow())
    if terms.earlier is not None:
        if running is None:
            return Declined(why=_NOTHING_TO_CHANGE)
        if not terms.earlier.set_end(running):
            return Declined(why=f"{_another(running)} it was not changed.")
    elif running is not None and running >= end and not _is_meant(running, terms):
        return Unneeded(why=f"The member is already timed out until {at(running)}.")
    await member.timeout(end, reason=reason)
    return Accepted(note="" if running is None else f"Before, the member was timed out until {at(running)}.", until=end)


def _is_meant(running: datetime, terms: Terms) -> bool:
    """Is this the timeout that the moderator saw, and wants replaced?"""
    return terms.may_replace is not None and abs(running - terms.may_replace) <= _SHOWN_IN


async def end_timeout(member: discord.Member, terms: Terms, reason: str) -> Accepted | Unneeded | Declined:
    """End the timeout, if it is the one that the earlier action set."""
    running = member.timed_out_until if member.is_timed_out() else None
    if running is None:
        return _nothing_to_end(terms)
    if terms.earlier is not None and not terms.earlier.set_end(running):
        return Declined(why=f"{_another(running)} it stays.")
    if terms.keep_until is None or terms.keep_until <= discord.utils.utcnow():
        await member.timeout(None, reason=reason)
        return Accepted()
    if terms.keep_until >= running:
        return Declined(why=_WANTED)
    await member.timeout(terms.keep_until, reason=reason)
    return Accepted(note=f"Another case times the member out until {at(terms.keep_until)}, so that much stays.")


def _nothing_to_end(terms: Terms) -> Unneeded | Declined:
    """A timeout that ended by itself was not taken back; one that somebody lifted was."""
    end = terms.earlier.end if terms.earlier is not None else None
    return Declined(why=_ENDED) if end is not None and end <= discord.utils.utcnow() else Unneeded(why=_LIFTED)


async def existing_ban(guild: discord.Guild, user_id: int) -> discord.guild.BanEntry | None:
    """The ban of this person that is in force."""
    try:
        return await guild.fetch_ban(discord.Object(user_id))
    except discord.NotFound as error:
        if error.code != _UNKNOWN_BAN:
            raise
        return None


async def ban(guild: discord.Guild, user: discord.Object, reason: str) -> Accepted:
    """Ban somebody, and delete none of their messages: that is an action of its own."""
    await guild.ban(user, reason=reason, delete_message_seconds=0)
    return Accepted()


async def unban(
    guild: discord.Guild, user: discord.Object, case: Case, terms: Terms, reason: str
) -> Accepted | Unneeded | Declined:
    """Lift the ban, if it is the one that the case set."""
    found = await existing_ban(guild, user.id)
    if found is None:
        return Unneeded(why=_NOT_BANNED)
    if not _is_ban_of(case, terms, found.reason):
        return Declined(why=_ANOTHER_BAN)
    await guild.unban(user, reason=reason)
    return Accepted()


def _is_ban_of(case: Case, terms: Terms, reason: str | None) -> bool:
    if case.kind is CaseKind.MANUAL and terms.earlier is not None:
        return terms.earlier.new.reason == (reason or "").strip()[: len(terms.earlier.new.reason)]
    return is_of_case(reason or "", case.number)


def _another(running: datetime) -> str:
    return f"The timeout in force, until {at(running)}, was not set by this action, so"
