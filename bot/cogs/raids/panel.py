"""The panel of **Raid controls…**: what is in force, and the buttons that the moderator can use. Pure."""

from __future__ import annotations

from typing import Any

import discord

from bot.cogs.cards.shared.raid_controls import (
    PAUSE,
    SLOW,
    RaidButton,
    RaidClick,
    RaidEndButton,
    RaidEndClick,
    RaidVerb,
    control_line,
    detected_line,
    may_slow,
)
from bot.cogs.interactions.quoting import on_one_line
from bot.cogs.interactions.reply import Reply
from bot.languages.translation import _, marked
from bot.moderation.cases.raid_control import ControlKind, ControlState, RaidControl
from bot.moderation.raids.controls import Situation

_END_LABELS = {
    # Translators: a button: at most 80 characters.
    ControlKind.PAUSE_INVITES: marked("Allow invites again"),
    # Translators: a button: at most 80 characters.
    ControlKind.PAUSE_DMS: marked("Allow direct messages again"),
    # Translators: a button: at most 80 characters.
    ControlKind.SLOW_MODE: marked("End slow mode"),
}
_SLOW_MODES = 10  #: controls that can be ended from one panel
_REASON_LIMIT = 200
_PAUSES = {ControlKind.PAUSE_INVITES: RaidVerb.PAUSE_INVITES, ControlKind.PAUSE_DMS: RaidVerb.PAUSE_DMS}


def nothing_for_you() -> str:
    """Says which permissions raid controls need."""
    return _(
        "You need {pause} to pause invites or direct messages, and {slow} in a channel for slow mode, as you would "
        "without Bylaw.",
        pause=_(PAUSE[1]),
        slow=_(SLOW[1]),
    )


def panel(situation: Situation, *, group_id: int, guild: discord.Guild, reader: discord.Member) -> Reply:
    """The panel. Leaves out buttons that wouldn't work for this reader, and says why."""
    me, controls = guild.me, situation.controls
    noticed = detected_line(situation.detected) or _(
        "Discord itself noticed neither a raid nor spam in direct messages within the last day."
    )
    lines = [_("**Raid controls**"), noticed]
    lines += [_line(each) for each in controls] or [_("Nothing is in force.")]
    buttons: list[discord.ui.Item[Any]] = []
    if me.guild_permissions.manage_guild and reader.guild_permissions.manage_guild:
        for kind, verb in _PAUSES.items():
            running = next((each for each in controls if each.new.kind is kind), None)
            buttons += _end_or_begin(running, RaidClick(guild_id=guild.id, group_id=group_id, verb=verb), guild)
    slow_places = [each for each in guild.channels if may_slow(me, each) and may_slow(reader, each)]
    if slow_places:
        slow = RaidClick(guild_id=guild.id, group_id=group_id, verb=RaidVerb.SLOW_MODE)
        running_ones = [each for each in controls if each.new.kind is ControlKind.SLOW_MODE]
        buttons.append(RaidButton(slow))
        places = {each.id for each in slow_places}
        buttons += [_end(each, guild) for each in running_ones if _can_end(each, places)][:_SLOW_MODES]
    lines += _missing(me, reader, any_slow=bool(slow_places))
    return Reply(text="\n".join(lines), buttons=tuple(buttons))


def _line(control: RaidControl) -> str:
    reason = on_one_line(control.new.reason, _REASON_LIMIT)
    return f"{control_line(control)} {_('Reason: {reason}', reason=reason)}" if reason else control_line(control)


def _end_or_begin(running: RaidControl | None, click: RaidClick, guild: discord.Guild) -> list[discord.ui.Item[Any]]:
    """The button to end or to begin; neither while Discord is being asked."""
    if running is None:
        return [RaidButton(click)]
    return [_end(running, guild)] if running.state is ControlState.IN_FORCE else []


def _can_end(control: RaidControl, places: set[int]) -> bool:
    return control.state is ControlState.IN_FORCE and control.new.channel_id in places


def _end(control: RaidControl, guild: discord.Guild) -> discord.ui.Item[Any]:
    label = _(_END_LABELS[control.new.kind])
    channel = guild.get_channel(control.new.channel_id)
    if channel is not None:
        # Translators: a button, cut at 80 characters: End slow mode in #general.
        label = _("End slow mode in {channel}", channel=f"#{channel.name}")[:80]
    return RaidEndButton(RaidEndClick(guild_id=guild.id, control_id=control.id), label=label)


def _missing(me: discord.Member, reader: discord.Member, *, any_slow: bool) -> list[str]:
    if not me.guild_permissions.manage_guild:
        lacks = _("Bylaw lacks {permission}, so it cannot pause invites or direct messages.", permission=_(PAUSE[1]))
    elif not reader.guild_permissions.manage_guild:
        lacks = _("To pause invites or direct messages, you need {permission}.", permission=_(PAUSE[1]))
    else:
        lacks = ""
    slow = _("For slow mode, both you and Bylaw need {permission} in the channel.", permission=_(SLOW[1]))
    slow = "" if any_slow else slow
    return [f"-# {each}" for each in (lacks, slow) if each]
