"""The rules of raid controls: what setting and ending one changes. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.moderation.cases.raid_control import (
    LONGEST_CONTROL,
    NOTHING_BEFORE,
    Before,
    ControlKind,
    NewControl,
    RaidControl,
)
from bot.moderation.raids import whys
from bot.moderation.raids.edge import ChannelGone, InForce

SLOWEST = 21_600  #: seconds, Discord's limit
_CLOCKS_DIFFER = timedelta(seconds=30)  #: our clock and Discord's may differ by this much
_ROUNDED = timedelta(seconds=1)  #: tolerance between the end that was set and the one that Discord reports


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What to put in force."""

    wanted: InForce
    before: Before = NOTHING_BEFORE


@dataclass(frozen=True, slots=True, kw_only=True)
class Nothing:
    """Nothing to change. `why` is one plain sentence for moderators; empty if it ended as planned."""

    why: str = ""


def end_of_control(length: timedelta, *, now: datetime) -> datetime:
    """The end of a control of this length that begins now: a whole second, just below Discord's limit."""
    return (now + min(length, LONGEST_CONTROL - _CLOCKS_DIFFER)).replace(microsecond=0)


def checked(new: NewControl) -> None:
    """Check that Discord supports the control.

    Raises:
        ValueError: it doesn't.
    """
    if not timedelta() < new.length <= LONGEST_CONTROL:
        raise ValueError("a raid control lasts at most 24 hours")
    is_slow_mode = new.kind is ControlKind.SLOW_MODE
    if is_slow_mode != (new.channel_id != 0) or is_slow_mode != (new.seconds != 0):
        raise ValueError("slow mode has a channel and seconds, and nothing else has")
    if not 0 <= new.seconds <= SLOWEST:
        raise ValueError(f"slow mode has at most {SLOWEST:,} seconds")


def to_begin(control: RaidControl, found: InForce | ChannelGone, *, now: datetime) -> Change | Nothing:
    """What to put in force for this control. Never shortens a pause or a slow mode."""
    if isinstance(found, ChannelGone):
        return Nothing(why=whys.GONE)
    new = control.new
    if new.kind is ControlKind.SLOW_MODE:
        if found.seconds >= new.seconds:
            return Nothing(why=whys.SLOWER.format(seconds=found.seconds))
        return Change(wanted=InForce(seconds=new.seconds), before=Before(seconds=found.seconds))
    running = found.until if found.until is not None and found.until > now else None
    if running is not None and running >= control.until:
        return Nothing(why=whys.LONGER_PAUSE)
    return Change(wanted=InForce(until=control.until), before=Before(until=running))


def holds(control: RaidControl, found: InForce | ChannelGone) -> bool:
    """Is this control still in force as it was set?"""
    if isinstance(found, ChannelGone):
        return False
    if control.new.kind is ControlKind.SLOW_MODE:
        return found.seconds == control.new.seconds
    return found.until is not None and abs(found.until - control.until) <= _ROUNDED


def to_end(control: RaidControl, found: InForce | ChannelGone, *, now: datetime) -> Change | Nothing:
    """What to put in force when this control ends: what was before, unless somebody changed it meanwhile."""
    if isinstance(found, ChannelGone):
        return Nothing(why=whys.GONE)
    if control.new.kind is ControlKind.SLOW_MODE:
        if not holds(control, found):
            return Nothing(why=whys.OTHER_SLOW_MODE.format(seconds=found.seconds))
        return Change(wanted=InForce(seconds=control.before.seconds))
    if holds(control, found):
        earlier = control.before.until
        return Change(wanted=InForce(until=earlier if earlier is not None and earlier > now else None))
    return Nothing(why=whys.OTHER_END if found.until is not None and found.until > now else whys.LIFTED)
