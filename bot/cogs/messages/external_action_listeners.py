"""Listens to Discord's AutoMod and audit log: actions outside Bylaw become cases, once each."""

from __future__ import annotations

import functools
from datetime import datetime, timedelta
from typing import Any

import discord
from discord.ext import commands

from bot.cogs.interactions.errors import surviving
from bot.cogs.interactions.open_tasks import OpenTasks
from bot.cogs.messages.held_events import HeldEvents
from bot.moderation.cases.action import ActionKind
from bot.moderation.cases.external_actions import AutoModHit, ExternalActions, HandAction

AUTOMOD_EVENT = "AUTO_MODERATION_ACTION_EXECUTION"

#: Discord's numbers: https://docs.discord.com/developers/resources/auto-moderation
_TRIGGERS = {
    1: "keywords",
    2: "harmful links",
    3: "spam",
    4: "Discord's own word lists",
    5: "too many mentions",
    6: "a member's profile",
}
_DONE = {
    1: "the message was blocked",
    2: "an alert was posted",
    3: "the member was timed out",
    4: "the member was kept from interacting",
}
_BY_HAND = {
    discord.AuditLogAction.kick: ActionKind.KICK,
    discord.AuditLogAction.ban: ActionKind.BAN,
}


class ExternalActionListeners(commands.Cog):
    """Receives the events."""

    def __init__(
        self, bot: commands.AutoShardedBot, *, bridge: ExternalActions, open_tasks: OpenTasks, held: HeldEvents
    ) -> None:
        self._bot = bot
        self._held = held
        self._bridge = bridge
        self._open_tasks = open_tasks

    async def cog_load(self) -> None:
        """Listen to AutoMod's raw events: discord.py calls every unknown kind of action “block_member_interactions”,
        and drops an event that lacks an expected field."""
        parsers = self._bot._connection.parsers  # noqa: SLF001  # no public event has what was really done
        parsers[AUTOMOD_EVENT] = functools.partial(self._bot.dispatch, "raw_automod_action")

    @commands.Cog.listener()
    async def on_raw_automod_action(self, data: dict[str, Any]) -> None:
        """AutoMod took one action on a message; a hit can cause several such events."""
        if self._open_tasks.closing:
            return
        with self._open_tasks.tracking():
            async with surviving("a hit of AutoMod"):
                hit = self._bridge.heard(automod_hit(data))
                await self._held.take_in("a hit of AutoMod", functools.partial(self._bridge.automod_hit, hit))

    @commands.Cog.listener()
    async def on_audit_log_entry_create(self, entry: discord.AuditLogEntry) -> None:
        """An entry was added to Discord's audit log."""
        own = self._bot.user
        if self._open_tasks.closing or own is None or entry.user_id in (None, own.id):
            return  # Bylaw's actions are recorded on its own cases
        with self._open_tasks.tracking():
            async with surviving("an entry of the audit log"):
                done = hand_action(entry)
                if done is not None:
                    take_in = functools.partial(self._bridge.by_hand, done)
                    await self._held.take_in("an entry of the audit log", take_in)


def automod_hit(data: dict[str, Any]) -> AutoModHit:
    """Convert an AutoMod event to our own type; kinds that Discord adds later are called unknown."""
    channel_id, trigger, action = data.get("channel_id"), data.get("rule_trigger_type", 0), data["action"]["type"]
    return AutoModHit(
        guild_id=int(data["guild_id"]),
        rule_id=int(data["rule_id"]),
        trigger=_TRIGGERS.get(trigger, f"a kind of rule that Bylaw does not know, number {trigger}"),
        member_id=int(data["user_id"]),
        channel_id=int(channel_id) if channel_id else None,
        text=data.get("content") or "",
        keyword=data.get("matched_keyword"),
        done=_DONE.get(action, f"something was done that Bylaw does not know, action number {action}"),
    )


def hand_action(entry: discord.AuditLogEntry) -> HandAction | None:
    """Convert an entry about a kick, a ban or a timeout to our own type; None for other entries."""
    until = _timed_out_until(entry, entry.after)
    kind = ActionKind.TIMEOUT if until is not None else _BY_HAND.get(entry.action)
    target: Any = entry.target
    if kind is None or target is None or entry.user_id is None:
        return None
    return HandAction(
        guild_id=entry.guild.id,
        entry_id=entry.id,
        kind=kind,
        member_id=target.id,
        by=entry.user_id,
        reason=entry.reason or "",
        length=None if until is None else timedelta(seconds=round((until - entry.created_at).total_seconds())),
        at=entry.created_at,
        until=until,
        earlier_until=_timed_out_until(entry, entry.before),
    )


def _timed_out_until(entry: discord.AuditLogEntry, change: Any) -> datetime | None:
    """The end of the timeout on this side of a change; None if there was none, or the entry isn't about a timeout."""
    if entry.action is not discord.AuditLogAction.member_update:
        return None
    until: datetime | None = getattr(change, "timed_out_until", None)
    return None if until is None or until <= entry.created_at else until
