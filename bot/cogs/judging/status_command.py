"""``/status``: is everything judged, and how old is what waits?"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.cogs.interactions.permission import admits_reviewer
from bot.cogs.interactions.reply import Reply, defer, send
from bot.cogs.interactions.wording import how_many
from bot.moderation.judging.status import Status, StatusLookup
from bot.moderation.servers.permissions import Access

REASONS_SHOWN = 3
_APPEALS_WAIT = "Cards of appeals wait"


class StatusCommand(commands.Cog):
    """One command for moderators."""

    def __init__(self, *, lookup: StatusLookup, access: Access) -> None:
        self._lookup = lookup
        self._access = access

    @app_commands.command(name="status", description="Is everything judged, and how old is what waits?")
    @app_commands.guild_only()
    @app_commands.default_permissions(manage_messages=True)
    async def status(self, interaction: discord.Interaction[Any]) -> None:
        """Show it to whoever asked."""
        await defer(interaction)
        if interaction.guild_id is not None and await admits_reviewer(interaction, self._access):
            await send(interaction, Reply(text=render_status(await self._lookup.of(interaction.guild_id))))


def render_status(status: Status) -> str:
    """The most important line first."""
    if not status.set_up:
        return "Bylaw is not set up in this server: an admin runs /setup."
    lines = [_backlog(status)]
    if status.catching_up is not None:
        left = how_many(status.catching_up.channels_left, "channel", "channels")
        read = how_many(status.catching_up.read, "message", "messages")
        lines.append(f"It was away and reads what was missed: {read} so far, {left} left.")
    lines += _cards(status)
    policies = how_many(status.policies, "policy is", "policies are")
    lines.append(f"{policies} in force. Judge: {status.judge}")
    return "\n".join(lines)


def _cards(status: Status) -> list[str]:
    """Which cards are not where they belong, and the real reason."""
    lines = [f"Cards for <#{channel_id}> go to the review channel: {why}" for channel_id, why in status.detours]
    if status.cards_waiting or status.cards_refused:
        waits = how_many(status.cards_waiting, "card waits", "cards wait") if status.cards_waiting else _APPEALS_WAIT
        shown = status.cards_refused[:REASONS_SHOWN]
        lines.append(f"{waits} to be posted{': ' if shown else '.'}{' '.join(shown)}")
    return lines


def _backlog(status: Status) -> str:
    if not status.waiting:
        return "**Everything is judged.**"
    waits = how_many(status.waiting, "message waits", "messages wait")
    return f"**{waits}, the oldest for {_age(status.age)}.**" + (" Bylaw is behind." if status.behind else "")


def _age(age: timedelta) -> str:
    """In the largest unit that says enough."""
    seconds = int(age.total_seconds())
    if seconds < 90:
        return how_many(seconds, "second", "seconds")
    if seconds < 5_400:
        return how_many(seconds // 60, "minute", "minutes")
    return how_many(seconds // 3_600, "hour", "hours")
