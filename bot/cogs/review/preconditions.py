"""What stands in the way of an action, in one plain sentence each: before Discord is asked, and when it refuses."""

from __future__ import annotations

from collections.abc import Awaitable

import aiohttp
import discord

from bot.cogs.interactions.action_words import NEEDED, UNDO_LABELS
from bot.cogs.interactions.translate import is_staff
from bot.moderation.cases.action import UNDONE_BY, ActionKind
from bot.moderation.review.enforcer import Declined, Unheard

AGAINST_MEMBERS = frozenset({ActionKind.TIMEOUT, ActionKind.KICK, ActionKind.BAN})

NOT_HERE = "Bylaw is not connected to this server at the moment. Try again later."
NO_CONNECTION = "Discord could not be reached, so nothing was done. Try again in a minute."
LEFT = "The member is not in this server any more."

_ITSELF = "Bylaw does nothing to itself."
_OWNER = "The member owns this server, and nobody can act against its owner."
_BOT = "The member is a bot, and Bylaw does nothing to bots. Server Settings, Integrations is the place to remove it."
_ADMIN = "The member is an administrator: Discord lets nobody time them out, and Bylaw does nothing to the team."
_ON_THE_TEAM = "The member is on the team of this server, and Bylaw does nothing to the team."
_RANKS_ABOVE_BYLAW = (
    "The member's highest role stands level with Bylaw's or above it. Move Bylaw's role up in Server Settings, Roles."
)
_RANKS_ABOVE_MODERATOR = (
    "The member's highest role stands level with the moderator's or above it, so Discord would refuse them, too."
)
_ROLES_OR_PERMISSION = (
    "Discord does not let Bylaw do that. Check that Bylaw has {permission} and that its role stands above the member's."
)
_BY_CODE = {
    10_003: "The channel is gone.",
    10_007: LEFT,
    10_013: "Discord knows no such account any more.",
    30_035: "Discord's limit for bans of people who are not in the server is reached. Try again tomorrow.",
    50_083: "The thread is archived, and Discord changes nothing in it until somebody opens it again.",
    60_003: (
        "This server asks its moderators for two-factor authentication, and the account that Bylaw belongs to has none."
    ),
}
_BUSY = "Discord asks Bylaw to slow down. Try again in a minute."
_TROUBLE = "Discord had trouble (error {status}), so nothing was done. Try again in a minute."
_LOOK = "so it may or may not have been done. Look in Discord, then try again."
_NO_ANSWER = f"The connection to Discord broke, {_LOOK}"
_NO_CLEAR_ANSWER = f"Discord had trouble (error {{status}}), {_LOOK}"
_TROUBLE_FROM = 500  #: the status from which on Discord has trouble of its own
_REFUSED = "Discord refused (error {status}, code {code})."


def what_bylaw_lacks(kind: ActionKind, has: discord.Permissions, where: str = "") -> str | None:
    """Why Bylaw may not do it at all.

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
        label = label if has.view_channel else "View Channel"  # without that, Discord takes everything else away, too
        return f"Bylaw lacks {label} in {where}. Open that channel's settings, Permissions, and allow it."
    return f"Bylaw lacks {label}. Give it to Bylaw's role in Server Settings, Roles."


def what_moderator_lacks(
    kind: ActionKind,
    moderator_id: int,
    moderator: discord.Member | None,
    where: discord.abc.GuildChannel | None = None,
) -> str | None:
    """Why Bylaw does not do it for this moderator: they may not do it by hand.

    Args:
        moderator: None for somebody who is not in the server any more.
        where: the channel that it is about; the whole server otherwise.
    """
    if kind not in NEEDED:
        return None
    permission, label = NEEDED[kind]
    if moderator is None:
        return f"<@{moderator_id}> is not in this server any more, so Bylaw does nothing for them."
    has = moderator.guild_permissions if where is None else where.permissions_for(moderator)
    if getattr(has, permission):
        return None
    if where is not None:
        return f"<@{moderator_id}> lacks {label} in <#{where.id}>, so Bylaw does not do it for them."
    undone = next((each for each, by in UNDONE_BY.items() if by is kind), None)
    who_can = "" if undone is None else f" Whoever has {label} can press {UNDO_LABELS[undone]}."
    return f"<@{moderator_id}> lacks {label}, so Bylaw does not do it for them.{who_can}"


def why_untouchable(guild: discord.Guild, target_id: int) -> str | None:
    """Why nothing can be done to this member, as far as their id alone tells."""
    if target_id == guild.me.id:
        return _ITSELF
    return _OWNER if target_id == guild.owner_id else None


def why_immune(target: discord.Member, *, reviews: bool) -> str | None:
    """Why Bylaw does nothing to this member, whoever asks for it.

    Args:
        reviews: they have the reviewer role of this server.
    """
    if target.bot:
        return _BOT
    if target.guild_permissions.administrator:
        return _ADMIN
    return _ON_THE_TEAM if reviews or is_staff(target) else None


def why_out_of_reach(target: discord.Member, *, moderator: discord.Member | None) -> str | None:
    """Whose role stands too low to act against this member.

    Args:
        moderator: who wants it; None for Bylaw itself.
    """
    guild = target.guild
    if target.top_role >= guild.me.top_role and guild.owner_id != guild.me.id:
        return _RANKS_ABOVE_BYLAW
    if moderator is not None and moderator.id != guild.owner_id and target.top_role >= moderator.top_role:
        return _RANKS_ABOVE_MODERATOR
    return None


async def sent(request: Awaitable[object], kind: ActionKind) -> Declined | Unheard | None:
    """Ask Discord to do something; None where it did. After trouble on the way, nobody knows whether it did."""
    return await answered(request, forbidden=_forbidden(kind))


async def answered(request: Awaitable[object], *, forbidden: str) -> Declined | Unheard | None:
    """The same for what is no action.

    Args:
        forbidden: what a moderator reads where Discord does not let Bylaw do it.
    """
    try:
        await request
    except discord.HTTPException as error:
        if error.status >= _TROUBLE_FROM:
            return Unheard(why=_NO_CLEAR_ANSWER.format(status=error.status))
        return Declined(why=meaning(error, forbidden=forbidden))
    except (aiohttp.ClientError, OSError):  # TimeoutError is an OSError
        return Unheard(why=_NO_ANSWER)
    return None


def in_words(error: discord.HTTPException, kind: ActionKind) -> str:
    """What it means that Discord refused, and what can be done about it. Of trouble, before anything was asked for."""
    return meaning(error, forbidden=_forbidden(kind))


def meaning(error: discord.HTTPException, *, forbidden: str) -> str:
    """The same for what is no action."""
    if error.code in _BY_CODE:
        return _BY_CODE[error.code]
    if error.status == 403:
        return forbidden
    if error.status == 429:
        return _BUSY
    if error.status >= _TROUBLE_FROM:
        return _TROUBLE.format(status=error.status)
    return _REFUSED.format(status=error.status, code=error.code)


def _forbidden(kind: ActionKind) -> str:
    _, label = NEEDED.get(kind, ("", "the permission"))
    return _ROLES_OR_PERMISSION.format(permission=label)
