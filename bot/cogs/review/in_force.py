"""Sets and ends timeouts on Discord, checking the one in force.

Discord stores one timeout per member, without who set it. It is identified by its end. What has to stay in force when
one is undone is worked out in `bot.moderation.review.kept_timeouts`.
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import aiohttp
import discord

from bot.cogs.interactions.wording import at
from bot.cogs.review.preconditions import sent
from bot.moderation.cases.action import LONGEST_TIMEOUT, Action, ActionKind, end_of_timeout
from bot.moderation.review import whys
from bot.moderation.review.enforcer import Accepted, Declined, Terms, Unheard, Unneeded
from bot.moderation.review.kept_timeouts import Kept

_SHOWN_IN = timedelta(seconds=1)  #: forms only have times in whole seconds
_WAITS = 1.0  #: seconds that a form waits for the timeout in force: Discord allows three


async def running_timeout(guild: discord.Guild | None, user_id: int) -> datetime | None:
    """The end of the member's timeout in force. Also None if Discord doesn't answer in time, because forms can't wait;
    then nothing is shortened."""
    if guild is None:
        return None
    try:
        async with asyncio.timeout(_WAITS):
            member = await guild.fetch_member(user_id)
    except (discord.HTTPException, aiohttp.ClientError, OSError):  # TimeoutError is an OSError
        return None
    return _running(member)


async def time_out(
    member: discord.Member, action: Action, terms: Terms, reason: str, *, now: datetime
) -> Accepted | Unneeded | Declined | Unheard:
    """Time the member out. A timeout in force is never shortened unless the terms say so."""
    running = _running(member)
    end = end_of_timeout(action.new.length or LONGEST_TIMEOUT, now=now)
    earlier = terms.earlier
    if earlier is not None:
        why_not = _why_not_changed(running, end, earlier, terms)
        if why_not is not None:
            return why_not
    elif running is not None and running >= end and not _is_meant(running, terms):
        why = whys.LONGER_IN_FORCE.format(moment=at(running))
        return Unneeded(why=why, until=end, earlier_until=running)
    before = earlier.earlier_until if earlier is not None else running
    if terms.notes_ends is not None:
        await terms.notes_ends(end, before)
    failed = await sent(member.timeout(end, reason=reason), ActionKind.TIMEOUT)
    if failed:
        return failed
    note = "" if running is None else whys.WAS_TIMED_OUT.format(moment=at(running))
    return Accepted(note=note, until=end, earlier_until=before)


def _running(member: discord.Member) -> datetime | None:
    return member.timed_out_until if member.is_timed_out() else None


def _is_meant(running: datetime, terms: Terms) -> bool:
    """Is this the timeout that the moderator saw and wants to replace?"""
    return terms.may_replace is not None and abs(running - terms.may_replace) <= _SHOWN_IN


def _why_not_changed(running: datetime | None, end: datetime, earlier: Action, terms: Terms) -> Declined | None:
    kept = terms.kept
    if running is None:
        return Declined(why=whys.NOTHING_TO_CHANGE)
    if not earlier.set_end(running):
        return Declined(
            why=_another(running, terms, whys.OTHERS_TIMEOUT_NOT_CHANGED, whys.SOMEBODYS_TIMEOUT_NOT_CHANGED),
            until=running,
        )
    if kept is None or kept.until <= end:
        return None
    return Declined(why=_kept(kept, kept.until, whys.CASE_KEEPS_LONGER, whys.SOMEBODY_KEEPS_LONGER))


async def end_timeout(
    member: discord.Member, terms: Terms, reason: str, *, now: datetime
) -> Accepted | Unneeded | Declined | Unheard:
    """End the timeout, if it is the one that the earlier action set, as far as nobody else wants it. Never extends
    it."""
    running, kept = _running(member), terms.kept
    if running is None:
        return _nothing_to_end(terms, now)
    if terms.earlier is not None and not terms.earlier.set_end(running):
        return Declined(
            why=_another(running, terms, whys.OTHERS_TIMEOUT_STAYS, whys.SOMEBODYS_TIMEOUT_STAYS), until=running
        )
    if kept is None or kept.until <= now:
        return await sent(member.timeout(None, reason=reason), ActionKind.REMOVE_TIMEOUT) or Accepted()
    if kept.until >= running:
        stays = _kept(kept, kept.asked_until, whys.CASE_KEEPS, whys.SOMEBODY_KEEPS)
        return Declined(why=f"{stays} {_who_decides(kept, terms)}", until=running)
    failed = await sent(member.timeout(kept.until, reason=reason), ActionKind.REMOVE_TIMEOUT)
    if failed:
        return failed
    left = kept.by if kept.until == kept.asked_until else None
    note = _kept(kept, kept.until, whys.CASE_KEEPS_REST, whys.SOMEBODY_KEEPS_REST)
    return Accepted(note=note, until=kept.until, left=left)


def _nothing_to_end(terms: Terms, now: datetime) -> Unneeded | Declined:
    """The result if no timeout is in force: one that ran out wasn't undone; one that somebody lifted was."""
    end = terms.earlier.end if terms.earlier is not None else None
    return Declined(why=whys.ENDED) if end is not None and end <= now else Unneeded(why=whys.LIFTED)


def _another(running: datetime, terms: Terms, of_case: str, of_somebody: str) -> str:
    numbers = [each.new.case_number for each in terms.others if each.set_end(running)]
    return of_case.format(number=numbers[-1], moment=at(running)) if numbers else of_somebody.format(moment=at(running))


def _kept(kept: Kept, until: datetime, by_case: str, by_somebody: str) -> str:
    if kept.by is not None:
        return by_case.format(number=kept.by.new.case_number, moment=at(until))
    return by_somebody.format(moment=at(until))


def _who_decides(kept: Kept, terms: Terms) -> str:
    if kept.by is not None:
        number = kept.by.new.case_number
        if number in terms.decided:
            return whys.REOPEN_THAT_CASE.format(number=number)
        return whys.DECIDE_THAT_CASE.format(number=number)
    return whys.REMOVE_IN_DISCORD
