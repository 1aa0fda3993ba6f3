"""What prevents an action, in one plain sentence each: before Discord is asked, and when it refuses."""

from __future__ import annotations

from collections.abc import Awaitable

import aiohttp
import discord

from bot.cogs.interactions.action_words import NEEDED
from bot.cogs.interactions.translate import is_staff
from bot.languages.translation import marked
from bot.moderation.cases.action import UNDONE_BY, ActionKind
from bot.moderation.review import whys
from bot.moderation.review.enforcer import Declined, Unheard

AGAINST_MEMBERS = frozenset({ActionKind.TIMEOUT, ActionKind.KICK, ActionKind.BAN})

_BY_CODE = {
    10_003: whys.CHANNEL_GONE,
    10_007: whys.LEFT,
    10_013: whys.NO_SUCH_ACCOUNT,
    30_035: whys.TOO_MANY_BANS,
    50_083: whys.THREAD_ARCHIVED,
    60_003: whys.NEEDS_TWO_FACTORS,
}
_WHO_CAN_UNDO = {ActionKind.TIMEOUT: whys.WHO_CAN_UNDO_TIMEOUT, ActionKind.BAN: whys.WHO_CAN_UNDO_BAN}
_SOME_PERMISSION = marked("the permission")  #: if an action needs none of its own
_TROUBLE_FROM = 500  #: from this status on, it is a problem of Discord's


def what_bylaw_lacks(kind: ActionKind, has: discord.Permissions, where: str = "") -> str | None:
    """Why Bylaw lacks the permission for it.

    Args:
        has: Bylaw's permissions, in the server or in the channel that it is about.
        where: the mention of that channel.
    """
    if kind not in NEEDED:
        return None
    permission, label = NEEDED[kind]
    if getattr(has, permission):
        return None
    if where:
        label = label if has.view_channel else "View Channel"  # without it, Discord removes all other permissions
        return whys.LACKS_IN_CHANNEL.format(permission=label, channel=where)
    return whys.LACKS.format(permission=label)


def what_moderator_lacks(
    kind: ActionKind,
    moderator_id: int,
    moderator: discord.Member | None,
    where: discord.abc.GuildChannel | None = None,
) -> str | None:
    """Why Bylaw doesn't do it for this moderator: they lack the permission to do it by hand.

    Args:
        moderator: None if they left the server.
        where: the channel that it is about; the whole server otherwise.
    """
    if kind not in NEEDED:
        return None
    permission, label = NEEDED[kind]
    who = f"<@{moderator_id}>"
    if moderator is None:
        return whys.MODERATOR_LEFT.format(moderator=who)
    has = moderator.guild_permissions if where is None else where.permissions_for(moderator)
    if getattr(has, permission):
        return None
    if where is not None:
        return whys.MODERATOR_LACKS_IN_CHANNEL.format(moderator=who, permission=label, channel=f"<#{where.id}>")
    undone = next((each for each, by in UNDONE_BY.items() if by is kind), None)
    lacks = whys.MODERATOR_LACKS.format(moderator=who, permission=label)
    return lacks if undone is None else f"{lacks} {_WHO_CAN_UNDO[undone].format(permission=label)}"


def why_untouchable(guild: discord.Guild, target_id: int) -> str | None:
    """Why no action against this member is possible, judging by their id alone."""
    if target_id == guild.me.id:
        return whys.ITSELF
    return whys.OWNER if target_id == guild.owner_id else None


def why_immune(target: discord.Member, *, reviews: bool) -> str | None:
    """Why Bylaw takes no action against this member, whoever asks.

    Args:
        reviews: they have the reviewer role of this server.
    """
    if target.bot:
        return whys.BOT
    if target.guild_permissions.administrator:
        return whys.ADMIN
    return whys.ON_THE_TEAM if reviews or is_staff(target) else None


def why_out_of_reach(target: discord.Member, *, moderator: discord.Member | None) -> str | None:
    """Says whose role is too low to act against this member.

    Args:
        moderator: the moderator; None for Bylaw itself.
    """
    guild = target.guild
    if target.top_role >= guild.me.top_role and guild.owner_id != guild.me.id:
        return whys.RANKS_ABOVE_BYLAW
    if moderator is not None and moderator.id != guild.owner_id and target.top_role >= moderator.top_role:
        return whys.RANKS_ABOVE_MODERATOR
    return None


async def sent(request: Awaitable[object], kind: ActionKind) -> Declined | Unheard | None:
    """Ask Discord to do something; None if it did. After a connection problem, the result is unknown."""
    return await answered(request, forbidden=_forbidden(kind))


async def answered(request: Awaitable[object], *, forbidden: str) -> Declined | Unheard | None:
    """The same for requests that aren't actions.

    Args:
        forbidden: what a moderator reads if Discord doesn't allow it.
    """
    try:
        await request
    except discord.HTTPException as error:
        if error.status >= _TROUBLE_FROM:
            return Unheard(why=whys.NO_CLEAR_ANSWER.format(status=error.status))
        return Declined(why=meaning(error, forbidden=forbidden))
    except (aiohttp.ClientError, OSError):  # TimeoutError is an OSError
        return Unheard(why=whys.NO_ANSWER)
    return None


def in_words(error: discord.HTTPException, kind: ActionKind) -> str:
    """Explain Discord's refusal, and what to do about it. For errors before anything was requested."""
    return meaning(error, forbidden=_forbidden(kind))


def meaning(error: discord.HTTPException, *, forbidden: str) -> str:
    """The same for requests that aren't actions."""
    if error.code in _BY_CODE:
        return _BY_CODE[error.code]
    if error.status == 403:
        return forbidden
    if error.status == 429:
        return whys.BUSY
    if error.status >= _TROUBLE_FROM:
        return whys.TROUBLE.format(status=error.status)
    return whys.REFUSED.format(status=error.status, code=error.code)


def _forbidden(kind: ActionKind) -> str:
    permission = NEEDED[kind][1] if kind in NEEDED else _SOME_PERMISSION
    return whys.ROLES_OR_PERMISSION.format(permission=permission)
