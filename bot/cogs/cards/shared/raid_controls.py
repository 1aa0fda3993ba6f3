"""Raid controls on the card of a raid: its button, what is in force, and what Discord itself detected."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

import discord

from bot.cogs.interactions.action_words import ended
from bot.cogs.interactions.click_button import ClickButton, Look
from bot.cogs.interactions.wording import at
from bot.languages.kept_sentences import retold
from bot.languages.translation import _, length, marked
from bot.moderation.cases.raid_control import ControlKind, ControlState, RaidControl
from bot.moderation.raids.edge import NOTHING_NOTICED, Detected
from bot.moderation.raids.whys import RAID_WHYS

PAUSE = ("manage_guild", marked("Manage Server"))  #: the permission for a pause, and its English name
SLOW = ("manage_channels", marked("Manage Channels"))  #: the permission for slow mode in its channel

#: Channel types with slow mode.
SLOWABLE = (
    discord.ChannelType.text,
    discord.ChannelType.forum,
    discord.ChannelType.voice,
    discord.ChannelType.stage_voice,
)
SHOWN = 5  #: controls in force shown on a card
_LATELY = timedelta(hours=24)


class RaidVerb(StrEnum):
    """What a button does. The values are in custom_ids and never change."""

    CONTROLS = "controls"
    PAUSE_INVITES = "pause_invites"
    PAUSE_DMS = "pause_dms"
    SLOW_MODE = "slow_mode"


_LABELS = {
    # Translators: a button that opens a panel to pause invites or slow a channel down: at most 80 characters.
    RaidVerb.CONTROLS: marked("Raid controls…"),
    # Translators: a button: at most 80 characters.
    RaidVerb.PAUSE_INVITES: marked("Pause invites…"),
    # Translators: a button: at most 80 characters.
    RaidVerb.PAUSE_DMS: marked("Pause direct messages…"),
    # Translators: a button: at most 80 characters.
    RaidVerb.SLOW_MODE: marked("Slow mode…"),
}
_NOUNS = {
    ControlKind.PAUSE_INVITES: marked("Pause of invites"),
    ControlKind.PAUSE_DMS: marked("Pause of direct messages"),
    ControlKind.SLOW_MODE: marked("Slow mode of {length} in {channel}"),
}
_IN_FORCE = {
    ControlKind.PAUSE_INVITES: marked("⏸️ Invites are paused until {moment}, by {member}"),
    ControlKind.PAUSE_DMS: marked("⏸️ Direct messages between members are paused until {moment}, by {member}"),
    ControlKind.SLOW_MODE: marked("⏸️ Slow mode of {length} in {channel} until {moment}, by {member}"),
}
_LINES = {
    # Translators: {what}: Pause of invites, or: Slow mode of 30 seconds in #general.
    ControlState.PENDING: marked("⏳ {what}: under way, by {member}"),
    ControlState.ENDING: marked("⏳ {what}: about to end"),
    ControlState.UNCERTAIN: marked("❓ {what}: it is not known yet whether it was done, by {member}"),
    ControlState.REFUSED: marked("❌ {what}: not done, by {member}"),
    ControlState.ENDED: marked("▶️ {what}: over, set by {member}"),
}
_ENDED_BY = marked("▶️ {what}: over, set by {member}, ended by {ender}")


@dataclass(frozen=True, slots=True, kw_only=True)
class RaidClick:
    """Somebody clicked such a button. Dispatched as ``raid_click`` behind the interaction."""

    guild_id: int
    group_id: int
    verb: RaidVerb


class RaidButton(
    ClickButton[RaidClick],
    template=r"bylaw:raid:(?P<guild>[0-9]{1,20}):(?P<group>[0-9]{1,18}):(?P<verb>" + "|".join(RaidVerb) + ")",
):
    """A button for raid controls."""

    event = "raid_click"

    @staticmethod
    def look(click: RaidClick) -> Look:
        """The button for a click."""
        custom_id = f"bylaw:raid:{click.guild_id}:{click.group_id}:{click.verb}"
        return Look(custom_id, _(_LABELS[click.verb]), discord.ButtonStyle.secondary)

    @staticmethod
    def read(ids: re.Match[str]) -> RaidClick:
        """The click that a custom_id describes."""
        return RaidClick(guild_id=int(ids["guild"]), group_id=int(ids["group"]), verb=RaidVerb(ids["verb"]))


@dataclass(frozen=True, slots=True, kw_only=True)
class RaidEndClick:
    """Somebody ends a control. Dispatched as ``raid_end_click`` behind the interaction."""

    guild_id: int
    control_id: int


class RaidEndButton(
    ClickButton[RaidEndClick],
    template=r"bylaw:raid_end:(?P<guild>[0-9]{1,20}):(?P<control>[0-9]{1,18})",
):
    """A button that ends a control early."""

    event = "raid_end_click"

    @staticmethod
    def look(click: RaidEndClick) -> Look:
        """The button for a click."""
        return Look(f"bylaw:raid_end:{click.guild_id}:{click.control_id}", _("End it"), discord.ButtonStyle.primary)

    @staticmethod
    def read(ids: re.Match[str]) -> RaidEndClick:
        """The click that a custom_id describes."""
        return RaidEndClick(guild_id=int(ids["guild"]), control_id=int(ids["control"]))


@dataclass(frozen=True, slots=True, kw_only=True)
class RaidView:
    """Discord's facts for a raid's card: the controls to offer, and what Discord detected."""

    offers_controls: bool = False
    detected: Detected = NOTHING_NOTICED


NOTHING_TO_OFFER = RaidView()


def raid_view(guild: discord.Guild | None) -> RaidView:
    """The current facts of a server."""
    if guild is None:
        return NOTHING_TO_OFFER
    may = guild.me.guild_permissions.manage_guild or any(may_slow(guild.me, each) for each in guild.channels)
    return RaidView(offers_controls=may, detected=detected_in(guild))


def may_slow(member: discord.Member, channel: discord.abc.GuildChannel) -> bool:
    """May this member set slow mode there, and does the channel type have it?"""
    has = channel.permissions_for(member)
    return channel.type in SLOWABLE and has.view_channel and has.manage_channels


def detected_in(guild: discord.Guild) -> Detected:
    """What Discord itself detected in this server within the last day."""
    since = discord.utils.utcnow() - _LATELY
    raid_at, spam_at = guild.raid_detected_at, guild.dm_spam_detected_at
    return Detected(
        raid_at=raid_at if raid_at is not None and raid_at > since else None,
        dm_spam_at=spam_at if spam_at is not None and spam_at > since else None,
    )


def detected_line(detected: Detected) -> str:
    """What Discord itself detected, on one line; empty if nothing."""
    raid = at(detected.raid_at, "R") if detected.raid_at else ""
    spam = at(detected.dm_spam_at, "R") if detected.dm_spam_at else ""
    if raid and spam:
        return _("🛡️ Discord itself noticed a raid {raid} and spam in direct messages {spam}.", raid=raid, spam=spam)
    if raid:
        return _("🛡️ Discord itself noticed a raid {when}.", when=raid)
    return _("🛡️ Discord itself noticed spam in direct messages {when}.", when=spam) if spam else ""


def control_line(control: RaidControl) -> str:
    """A control on one line, without the moderator's reason, which is only shown on request."""
    new, state = control.new, control.state
    place = {"length": length(timedelta(seconds=new.seconds)), "channel": f"<#{new.channel_id}>"}
    who = {"member": f"<@{new.by}>", "ender": f"<@{control.ended_by}>"}
    if state is ControlState.IN_FORCE:
        moment = f"{at(control.until)} ({at(control.until, 'R')})"
        said = _(_IN_FORCE[new.kind], moment=moment, **place, **who)
    else:
        was_ended = state is ControlState.ENDED and control.ended_by is not None
        said = _(_ENDED_BY if was_ended else _LINES[state], what=_(_NOUNS[new.kind], **place), **who)
    return f"{ended(said)} {why(control)}".strip()


def why(control: RaidControl) -> str:
    """Why a control failed; stored in English."""
    return retold(control.why, RAID_WHYS)


def in_force(controls: tuple[RaidControl, ...]) -> str:
    """The controls of a card that are not over, one line each; only the last if there are many."""
    lines = [control_line(each) for each in controls if each.is_open]
    return "\n".join(lines[-SHOWN:])
