"""The forms behind the raid controls: for how long, why, and for slow mode where and how slow."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import discord

from bot.cogs.cards.shared.raid_controls import SLOWABLE
from bot.cogs.interactions.forms import opened_form
from bot.cogs.interactions.submitted_forms import BadForm, SubmittedForm
from bot.cogs.review.act_form import REASON, reason_field
from bot.moderation.cards.shared_card import GroupLine
from bot.moderation.cases.raid_control import ControlKind

FORM = r"bylaw:raid_form:(?P<guild>[0-9]{1,20}):(?P<group>[0-9]{1,18}):(?P<kind>" + "|".join(ControlKind) + ")"

_LENGTH, _CHANNEL, _SECONDS = "length", "channel", "seconds"
_MINUTE, _HOUR = 60, 3_600
LENGTHS = (
    ("15 minutes", 15 * _MINUTE),
    ("30 minutes", 30 * _MINUTE),
    ("1 hour", _HOUR),
    ("3 hours", 3 * _HOUR),
    ("6 hours", 6 * _HOUR),
    ("12 hours", 12 * _HOUR),
    ("24 hours", 24 * _HOUR),
)
USUAL_LENGTH = _HOUR
SLOW = (
    ("5 seconds", 5),
    ("10 seconds", 10),
    ("30 seconds", 30),
    ("1 minute", _MINUTE),
    ("2 minutes", 2 * _MINUTE),
    ("5 minutes", 5 * _MINUTE),
    ("15 minutes", 15 * _MINUTE),
    ("1 hour", _HOUR),
)
USUAL_SLOW = 30
_TITLES = {
    ControlKind.PAUSE_INVITES: "Pause invites",
    ControlKind.PAUSE_DMS: "Pause direct messages",
    ControlKind.SLOW_MODE: "Slow mode",
}
_HINTS = {
    ControlKind.PAUSE_INVITES: "Nobody can join with an invite until then",
    ControlKind.PAUSE_DMS: "Members who are no friends cannot write each other",
    ControlKind.SLOW_MODE: "Then the channel has the slow mode of before",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlForm:
    """The form as it was sent off."""

    guild_id: int
    group_id: int
    kind: ControlKind
    length: timedelta
    reason: str
    channel_id: int = 0
    seconds: int = 0


def control_form(
    kind: ControlKind, *, guild_id: int, group_id: int, lines: Sequence[GroupLine], guild: discord.Guild
) -> discord.ui.Modal:
    """The form for a control.

    Args:
        lines: the raid's cases. The channel in which most of them are is the one that is suggested.
    """
    made = opened_form(_TITLES[kind], f"bylaw:raid_form:{guild_id}:{group_id}:{kind}")
    if kind is ControlKind.SLOW_MODE:
        made.add_item(discord.ui.Label(text="Channel", component=_channel_menu(lines, guild)))
        slow = _menu(_SECONDS, SLOW, usual=USUAL_SLOW)
        made.add_item(discord.ui.Label(text="One message per member every", component=slow))
    lengths = _menu(_LENGTH, LENGTHS, usual=USUAL_LENGTH)
    made.add_item(discord.ui.Label(text="How long", description=_HINTS[kind], component=lengths))
    made.add_item(discord.ui.Label(text="Reason", description="For the other moderators", component=reason_field()))
    return made


def read_control_form(sent: SubmittedForm) -> ControlForm:
    """The form as it was sent off.

    Raises:
        BadForm: no form of ours looks like this.
    """
    kind = ControlKind(sent.ids["kind"])
    slows = kind is ControlKind.SLOW_MODE
    return ControlForm(
        guild_id=sent.number("guild"),
        group_id=sent.number("group"),
        kind=kind,
        length=timedelta(seconds=_chosen(sent, _LENGTH, LENGTHS)),
        reason=sent.values.get(REASON, "").strip(),
        channel_id=_channel(sent) if slows else 0,
        seconds=_chosen(sent, _SECONDS, SLOW) if slows else 0,
    )


def _menu(custom_id: str, options: Sequence[tuple[str, int]], *, usual: int) -> discord.ui.Select[Any]:
    choices = [discord.SelectOption(label=label, value=str(value), default=value == usual) for label, value in options]
    return discord.ui.Select(custom_id=custom_id, options=choices)


def _channel_menu(lines: Sequence[GroupLine], guild: discord.Guild) -> discord.ui.ChannelSelect[Any]:
    suggested = []
    for channel_id, _ in Counter(line.channel_id for line in lines).most_common():
        channel = guild.get_channel(channel_id)
        if channel is not None and channel.type in SLOWABLE:
            suggested = [channel]
            break
    return discord.ui.ChannelSelect(custom_id=_CHANNEL, channel_types=list(SLOWABLE), default_values=suggested)


def _chosen(sent: SubmittedForm, field: str, offered: Sequence[tuple[str, int]]) -> int:
    values = {str(value): value for _, value in offered}
    if sent.values.get(field) not in values:
        raise BadForm(field)
    return values[sent.values[field]]


def _channel(sent: SubmittedForm) -> int:
    chosen = sent.values.get(_CHANNEL, "")
    if not chosen.isascii() or not chosen.isdecimal() or len(chosen) > 19:
        raise BadForm(_CHANNEL)
    return int(chosen)
