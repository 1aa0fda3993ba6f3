"""Sets and lifts bans on Discord, checking who set the one in force.

Anybody can write a reason that looks like ours, so a reason alone proves nothing. Discord's audit log says who banned.
It keeps 45 days: older bans are recognised by their whole reason, which names the case and who acted.
"""

from __future__ import annotations

import discord

from bot.cogs.review.audit_reason import is_written_for, names_case
from bot.cogs.review.preconditions import sent
from bot.moderation.cases.action import MAX_REASON, Action, ActionKind
from bot.moderation.cases.case import Case, CaseKind
from bot.moderation.review import whys
from bot.moderation.review.enforcer import Accepted, Declined, Terms, Unheard, Unneeded

_UNKNOWN_BAN = 10_026
_MOST_ENTRIES = 1_000  #: ban entries read from the audit log: ten requests


async def existing_ban(guild: discord.Guild, user_id: int) -> discord.guild.BanEntry | None:
    """The current ban of this person."""
    try:
        return await guild.fetch_ban(discord.Object(user_id))
    except discord.NotFound as error:
        if error.code != _UNKNOWN_BAN:
            raise
        return None


async def ban(guild: discord.Guild, user: discord.Object, reason: str) -> Accepted | Declined | Unheard:
    """Ban somebody, without deleting messages, which is a separate action."""
    return await sent(guild.ban(user, reason=reason, delete_message_seconds=0), ActionKind.BAN) or Accepted()


async def unban(
    guild: discord.Guild, user: discord.Object, case: Case, terms: Terms, reason: str
) -> Accepted | Unneeded | Declined | Unheard:
    """Lift the ban, if it is the one that the case set."""
    found = await existing_ban(guild, user.id)
    if found is None:
        return Unneeded(why=whys.NOT_BANNED)
    if terms.earlier is not None:
        why_not = await _why_not_ours(guild, case, terms.earlier, found.reason or "")
        if why_not:
            return Declined(why=why_not)
    return await sent(guild.unban(user, reason=reason), ActionKind.UNBAN) or Accepted()


async def _why_not_ours(guild: discord.Guild, case: Case, earlier: Action, reason: str) -> str:
    """Why the ban in force may not be the one that this action set; empty if it is."""
    if case.kind is not CaseKind.MANUAL and not is_written_for(reason, earlier):
        return whys.ANOTHER_BAN
    if not guild.me.guild_permissions.view_audit_log:
        return whys.CANNOT_TELL_WHOSE_BAN
    seen = 0
    async for entry in guild.audit_logs(limit=_MOST_ENTRIES, action=discord.AuditLogAction.ban):
        seen += 1
        if entry.target is not None and entry.target.id == earlier.new.target_id:
            return "" if _is_entry_of(entry, case, guild.me.id) else whys.ANOTHER_BAN
    if seen == _MOST_ENTRIES:
        return whys.TOO_MANY_BANS_TO_TELL.format(n=f"{_MOST_ENTRIES:,}")
    kept = earlier.new.reason  # as the moderator wrote it; empty once its retention time is over
    known = case.kind is not CaseKind.MANUAL or (kept and kept == reason.strip()[:MAX_REASON])
    return "" if known else whys.ANOTHER_BAN


def _is_entry_of(entry: discord.AuditLogEntry, case: Case, own_id: int) -> bool:
    """Was this ban set by this case? A ban by hand becomes a case with the id of its entry."""
    if case.kind is CaseKind.MANUAL:
        return entry.id == case.evidence.message_id
    return entry.user_id == own_id and names_case(entry.reason or "", case.number)
