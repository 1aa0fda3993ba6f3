"""Discord's AutoMod and Discord's audit log, taken in: what happens elsewhere becomes cases, once each."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import discord
from discord.ext import commands

from bot.cogs.interactions.errors import surviving
from bot.cogs.interactions.open_tasks import OpenTasks
from bot.moderation.cases.action import ActionKind
from bot.moderation.cases.external_actions import AutoModHit, ExternalActions, HandAction

_TRIGGERS = {
    discord.AutoModRuleTriggerType.keyword: "keywords",
    discord.AutoModRuleTriggerType.spam: "spam",
    discord.AutoModRuleTriggerType.keyword_preset: "Discord's own word lists",
    discord.AutoModRuleTriggerType.mention_spam: "too many mentions",
    discord.AutoModRuleTriggerType.member_profile: "a member's profile",
}
_DONE = {
    discord.AutoModRuleActionType.block_message: "the message was blocked",
    discord.AutoModRuleActionType.send_alert_message: "an alert was posted",
    discord.AutoModRuleActionType.timeout: "the member was timed out",
    discord.AutoModRuleActionType.block_member_interactions: "the member was kept from interacting",
}
_BY_HAND = {
    discord.AuditLogAction.kick: ActionKind.KICK,
    discord.AuditLogAction.ban: ActionKind.BAN,
}


class ExternalActionListeners(commands.Cog):
    """Takes events in."""

    def __init__(self, bot: commands.AutoShardedBot, *, bridge: ExternalActions, open_tasks: OpenTasks) -> None:
        self._bot = bot
        self._bridge = bridge
        self._open_tasks = open_tasks

    @commands.Cog.listener()
    async def on_automod_action(self, execution: discord.AutoModAction) -> None:
        """AutoMod did one thing about a message; a hit can come as several of these."""
        if self._open_tasks.closing:
            return
        with self._open_tasks.tracking():
            async with surviving("a hit of AutoMod"):
                await self._bridge.automod_hit(automod_hit(execution))

    @commands.Cog.listener()
    async def on_audit_log_entry_create(self, entry: discord.AuditLogEntry) -> None:
        """Somebody did something that Discord writes down."""
        own = self._bot.user
        if self._open_tasks.closing or own is None or entry.user_id in (None, own.id):
            return  # what Bylaw does stands on its own cases
        with self._open_tasks.tracking():
            async with surviving("an entry of the audit log"):
                done = hand_action(entry)
                if done is not None:
                    await self._bridge.by_hand(done)


def automod_hit(execution: discord.AutoModAction) -> AutoModHit:
    """An event of AutoMod in our own words."""
    return AutoModHit(
        guild_id=execution.guild_id,
        rule_id=execution.rule_id,
        trigger=_TRIGGERS.get(execution.rule_trigger_type, "another kind of rule"),
        member_id=execution.user_id,
        channel_id=execution.channel_id,
        text=execution.content,
        keyword=execution.matched_keyword,
        done=_DONE.get(execution.action.type, "something else was done"),
    )


def hand_action(entry: discord.AuditLogEntry) -> HandAction | None:
    """A kick, a ban or a timeout in our own words; None for all else that stands in the audit log."""
    length = _timeout(entry)
    kind = ActionKind.TIMEOUT if length is not None else _BY_HAND.get(entry.action)
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
        length=length,
        at=entry.created_at,
    )


def _timeout(entry: discord.AuditLogEntry) -> timedelta | None:
    """How long somebody was timed out; None where that is not what the entry is about, or it was ended."""
    if entry.action is not discord.AuditLogAction.member_update:
        return None
    until = getattr(entry.after, "timed_out_until", None)
    if until is None or until <= entry.created_at:
        return None
    return timedelta(seconds=round((until - entry.created_at).total_seconds()))
