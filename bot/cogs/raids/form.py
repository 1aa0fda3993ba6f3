"""The forms of raid controls: how long, why, and for slow mode where and how slow."""

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
from bot.languages.translation import _, length, marked
from bot.moderation.cards.shared_card import GroupLine
from bot.moderation.cases.raid_control import ControlKind

FORM = r"bylaw:raid_form:(?P<guild>[0-9]{1,20}):(?P<group>[0-9]{1,18}):(?P<kind>" + "|".join(ControlKind) + ")"

_LENGTH, _CHANNEL, _SECONDS = "length", "channel", "seconds"
_MINUTE, _HOUR = 60, 3_600
LENGTHS = (15 * _MINUTE, 30 * _MINUTE, _HOUR, 3 * _HOUR, 6 * _HOUR, 12 * _HOUR, 24 * _HOUR)  #: seconds
USUAL_LENGTH = _HOUR
SLOW = (5, 10, 30, _MINUTE, 2 * _MINUTE, 5 * _MINUTE, 15 * _MINUTE, _HOUR)  #: seconds between two messages
USUAL_SLOW = 30
_TITLES = {
    # Translators: the title of a form, at most 45 characters.
    ControlKind.PAUSE_INVITES: marked("Pause invites"),
    # Translators: the title of a form, at most 45 characters.
    ControlKind.PAUSE_DMS: marked("Pause direct messages"),
    # Translators: the title of a form, at most 45 characters.
    ControlKind.SLOW_MODE: marked("Slow mode"),
}
_HINTS = {
    # Translators: in a form, at most 100 characters.
    ControlKind.PAUSE_INVITES: marked("Nobody can join with an invite until then"),
    # Translators: in a form, at most 100 characters.
    ControlKind.PAUSE_DMS: marked("Until then, members who are not friends cannot write to each other"),
    # Translators: in a form, at most 100 characters.
    ControlKind.SLOW_MODE: marked("Then the channel gets its earlier slow mode back"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlForm:
    """The submitted form."""

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
        lines: the raid's cases. The channel with most of them is suggested.
    """
    made = opened_form(_(_TITLES[kind]), f"bylaw:raid_form:{guild_id}:{group_id}:{kind}")
    if kind is ControlKind.SLOW_MODE:
        # Translators: in a form, at most 45 characters.
        made.add_item(discord.ui.Label(text=_("Channel"), component=_channel_menu(lines, guild)))
        slow = _menu(_SECONDS, SLOW, usual=USUAL_SLOW)
        # Translators: in a form, at most 45 characters; how long follows below.
        made.add_item(discord.ui.Label(text=_("One message per member every"), component=slow))
    lengths = _menu(_LENGTH, LENGTHS, usual=USUAL_LENGTH)
    made.add_item(discord.ui.Label(text=_("How long"), description=_(_HINTS[kind]), component=lengths))
    # Translators: in a form, at most 100 characters.
    hint = _("For the other moderators")
    made.add_item(discord.ui.Label(text=_("Reason"), description=hint, component=reason_field()))
    return made


def read_control_form(sent: SubmittedForm) -> ControlForm:
    """Read the submitted form.

    Raises:
        BadForm: it doesn't match any of our forms.
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


def _menu(custom_id: str, offered: Sequence[int], *, usual: int) -> discord.ui.Select[Any]:
    choices = [
        discord.SelectOption(label=length(timedelta(seconds=each)), value=str(each), default=each == usual)
        for each in offered
    ]
    return discord.ui.Select(custom_id=custom_id, options=choices)


def _channel_menu(lines: Sequence[GroupLine], guild: discord.Guild) -> discord.ui.ChannelSelect[Any]:
    suggested = []
    for channel_id, _count in Counter(line.channel_id for line in lines).most_common():
        channel = guild.get_channel(channel_id)
        if channel is not None and channel.type in SLOWABLE:
            suggested = [channel]
            break
    return discord.ui.ChannelSelect(custom_id=_CHANNEL, channel_types=list(SLOWABLE), default_values=suggested)


def _chosen(sent: SubmittedForm, field: str, offered: Sequence[int]) -> int:
    values = {str(value): value for value in offered}
    if sent.values.get(field) not in values:
        raise BadForm(field)
    return values[sent.values[field]]


def _channel(sent: SubmittedForm) -> int:
    chosen = sent.values.get(_CHANNEL, "")
    if not chosen.isascii() or not chosen.isdecimal() or len(chosen) > 19:
        raise BadForm(_CHANNEL)
    return int(chosen)
