"""``/status``: is everything judged, and how old is the backlog?"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.cogs.interactions.permission import admits_reviewer
from bot.cogs.interactions.reply import Reply, defer, send
from bot.languages.kept_sentences import retold
from bot.languages.translation import _, length, marked, ngettext, number
from bot.moderation.cards.refusals import CARD_REFUSALS
from bot.moderation.judging.status import Status, StatusLookup
from bot.moderation.servers.permissions import Access

REASONS_SHOWN = 3
_APPEALS_WAIT = marked("Cards of appeals are waiting to be posted.")


class StatusCommand(commands.Cog):
    """One command for moderators."""

    def __init__(self, *, lookup: StatusLookup, access: Access) -> None:
        self._lookup = lookup
        self._access = access

    @app_commands.command(name="status", description="Is everything judged, and how old is what waits?")
    @app_commands.guild_only()
    @app_commands.default_permissions(manage_messages=True)
    async def status(self, interaction: discord.Interaction[Any]) -> None:
        """Show the status to the moderator."""
        await defer(interaction)
        if interaction.guild_id is not None and await admits_reviewer(interaction, self._access):
            await send(interaction, Reply(text=render_status(await self._lookup.of(interaction.guild_id))))


def render_status(status: Status) -> str:
    """The most important line first."""
    if not status.set_up:
        return _("Bylaw is not set up in this server yet. An admin can run /setup.")
    lines = [_backlog(status)]
    if status.catching_up is not None:
        lines.append(
            _(
                "Bylaw was away and is reading what it missed. Messages read so far: {read}. Channels left: {left}.",
                read=number(status.catching_up.read),
                left=number(status.catching_up.channels_left),
            )
        )
    lines += _cards(status)
    in_force = ngettext("{n} policy is in force.", "{n} policies are in force.", status.policies)
    lines.append(f"{in_force} {_('Judge: {judge}', judge=status.judge)}")
    return "\n".join(lines)


def _cards(status: Status) -> list[str]:
    """The cards that are not in their channel, and why."""
    lines = [
        _("Cards for {channel} go to the review channel: {why}", channel=f"<#{channel_id}>", why=_kept(why))
        for channel_id, why in status.detours
    ]
    if status.cards_waiting or status.cards_refused:
        waits = _(_APPEALS_WAIT)
        if status.cards_waiting:
            waits = ngettext(
                "{n} card is waiting to be posted.", "{n} cards are waiting to be posted.", status.cards_waiting
            )
        lines.append(" ".join([waits, *map(_kept, status.cards_refused[:REASONS_SHOWN])]))
    return lines


def _kept(why: str) -> str:
    """Why a card was refused; it is kept in English."""
    return retold(why, CARD_REFUSALS)


def _backlog(status: Status) -> str:
    if not status.waiting:
        return _("**Everything is judged.**")
    waits = ngettext(
        "**{n} message is waiting, for {age}.**",
        "**{n} messages are waiting, the oldest for {age}.**",
        status.waiting,
        age=_age(status.age),
    )
    return " ".join([waits, _("Bylaw is behind.")]) if status.behind else waits


def _age(age: timedelta) -> str:
    """An age in its largest sensible unit."""
    seconds = int(age.total_seconds())
    if seconds < 90:
        return length(timedelta(seconds=seconds))
    if seconds < 5_400:
        return length(timedelta(minutes=seconds // 60))
    return length(timedelta(hours=seconds // 3_600))
