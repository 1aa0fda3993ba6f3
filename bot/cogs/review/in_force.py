"""Timeouts on Discord, set and ended with a look at the one in force.

Discord keeps one timeout of a member, and says neither who set it nor whether somebody counts on it. It is known by its
end. What has to stay of it when one is taken back is worked out in `bot.moderation.review.kept_timeouts`.
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import aiohttp
import discord

from bot.cogs.interactions.wording import at
from bot.cogs.review.preconditions import sent
from bot.moderation.cases.action import LONGEST_TIMEOUT, Action, ActionKind, end_of_timeout
from bot.moderation.review.enforcer import Accepted, Declined, Terms, Unheard, Unneeded
from bot.moderation.review.kept_timeouts import Kept

_SHOWN_IN = timedelta(seconds=1)  #: forms know moments to the second
_WAITS = 1.0  #: seconds for which a form waits for what is in force: Discord takes it for three

_ENDED = "This timeout is over, so there is nothing to undo."
_LIFTED = "The timeout was over already: somebody lifted it."
_NOTHING_TO_CHANGE = "The timeout was lifted in the meantime. To time the member out again, press Act…."


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
        why = f"The member is already timed out until {at(running)}."
        return Unneeded(why=why, until=end, earlier_until=running)
    before = earlier.earlier_until if earlier is not None else running
    if terms.notes_ends is not None:
        await terms.notes_ends(end, before)
    failed = await sent(member.timeout(end, reason=reason), ActionKind.TIMEOUT)
    if failed:
        return failed
    note = "" if running is None else f"Before, the member was timed out until {at(running)}."
    return Accepted(note=note, until=end, earlier_until=before)


def _running(member: discord.Member) -> datetime | None:
    return member.timed_out_until if member.is_timed_out() else None


def _is_meant(running: datetime, terms: Terms) -> bool:
    """Is this the timeout that the moderator saw, and wants replaced?"""
    return terms.may_replace is not None and abs(running - terms.may_replace) <= _SHOWN_IN


def _why_not_changed(running: datetime | None, end: datetime, earlier: Action, terms: Terms) -> Declined | None:
    kept = terms.kept
    if running is None:
        return Declined(why=_NOTHING_TO_CHANGE)
    if not earlier.set_end(running):
        return Declined(why=f"{_another(running, terms)} it was not changed.", until=running)
    if kept is None or kept.until <= end:
        return None
    why = f"{_kept(kept, kept.until)}, so this timeout cannot end before that."
    return Declined(why=f"{why} Choose a longer one, or press Undo timeout, which leaves that much.")


async def end_timeout(
    member: discord.Member, terms: Terms, reason: str, *, now: datetime
) -> Accepted | Unneeded | Declined | Unheard:
    """End the timeout, if it is the one that the earlier action set, as far as nobody else asks for it. Never makes it
    longer."""
    running, kept = _running(member), terms.kept
    if running is None:
        return _nothing_to_end(terms, now)
    if terms.earlier is not None and not terms.earlier.set_end(running):
        return Declined(why=f"{_another(running, terms)} it stays.", until=running)
    if kept is None or kept.until <= now:
        return await sent(member.timeout(None, reason=reason), ActionKind.REMOVE_TIMEOUT) or Accepted()
    if kept.until >= running:
        return Declined(
            why=f"{_kept(kept, kept.asked_until)}, so this timeout stays. {_who_decides(kept, terms)}", until=running
        )
    failed = await sent(member.timeout(kept.until, reason=reason), ActionKind.REMOVE_TIMEOUT)
    if failed:
        return failed
    left = kept.by if kept.until == kept.asked_until else None
    return Accepted(note=f"{_kept(kept, kept.until)}, so that much stays.", until=kept.until, left=left)


def _nothing_to_end(terms: Terms, now: datetime) -> Unneeded | Declined:
    """A timeout that ended by itself was not taken back; one that somebody lifted was."""
    end = terms.earlier.end if terms.earlier is not None else None
    return Declined(why=_ENDED) if end is not None and end <= now else Unneeded(why=_LIFTED)


def _another(running: datetime, terms: Terms) -> str:
    numbers = [each.new.case_number for each in terms.others if each.set_end(running)]
    who = f"Case {numbers[-1]}" if numbers else "Somebody else"
    return f"{who} set the timeout in force, until {at(running)}; it was not set by this action, so"


def _kept(kept: Kept, until: datetime) -> str:
    if kept.by is not None:
        return f"Case {kept.by.new.case_number} times the member out until {at(until)}"
    return f"Somebody had timed the member out until {at(until)} before, outside of any case"


def _who_decides(kept: Kept, terms: Terms) -> str:
    if kept.by is not None:
        number = kept.by.new.case_number
        if number in terms.decided:
            return f"If that is wrong, reopen case {number} and mark it as **Not a violation** first."
        return f"Decide case {number} first."
    return "To end it all the same, remove it in Discord."
