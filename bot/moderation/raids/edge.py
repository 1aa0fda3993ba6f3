"""The port that sets raid controls on Discord."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from bot.moderation.cases.raid_control import ControlKind, RaidControl
from bot.moderation.review.enforcer import Declined, Unheard


@dataclass(frozen=True, slots=True, kw_only=True)
class InForce:
    """What is in force on Discord now: the end of a pause, or the slow mode of a channel in seconds."""

    until: datetime | None = None
    seconds: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelGone:
    """The channel was deleted, and its slow mode with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Detected:
    """What Discord itself detected recently."""

    raid_at: datetime | None = None
    dm_spam_at: datetime | None = None


NOTHING_NOTICED = Detected()


class RaidEdge(Protocol):
    """Reads and sets raid controls on Discord. Doesn't raise when Discord refuses."""

    async def why_not(self, control: RaidControl, *, by: int | None) -> str:
        """Why permissions don't allow setting or ending it, in one sentence; empty if they do.

        Args:
            by: the moderator who asked; None for the automatic end.
        """

    async def look(self, control: RaidControl) -> InForce | ChannelGone | Declined:
        """Ask Discord what is in force now for this kind. Changes nothing."""

    async def put(self, control: RaidControl, wanted: InForce, *, by: int | None) -> Declined | Unheard | None:
        """Set the pause or the slow mode. None if Discord did."""

    def detected(self, guild_id: int) -> Detected:
        """What Discord itself detected in this server recently."""


@dataclass(slots=True)
class MemoryRaidEdge:
    """For tests: a fake of Discord's raid controls. Answers can be set."""

    pauses: dict[ControlKind, datetime | None] = field(default_factory=dict)
    slow_modes: dict[int, int] = field(default_factory=dict)  #: seconds by channel
    gone: set[int] = field(default_factory=set)  #: channels that were deleted
    lacks: str = ""  #: the answer to `why_not`
    unreachable: Declined | None = None  #: the answer to `look` while it is set
    refusal: Declined | Unheard | None = None  #: the answer to `put` while it is set
    does_it_all_the_same: bool = False  #: of a refusal that is `Unheard`
    noticed: Detected = NOTHING_NOTICED
    asked: list[InForce] = field(default_factory=list)  #: what was requested, in order

    async def why_not(self, control: RaidControl, *, by: int | None) -> str:
        """The answer that the test set."""
        del control, by
        return self.lacks

    async def look(self, control: RaidControl) -> InForce | ChannelGone | Declined:
        """What was set last."""
        if self.unreachable is not None:
            return self.unreachable
        if control.new.channel_id in self.gone:
            return ChannelGone()
        if control.new.kind is ControlKind.SLOW_MODE:
            return InForce(seconds=self.slow_modes.get(control.new.channel_id, 0))
        return InForce(until=self.pauses.get(control.new.kind))

    async def put(self, control: RaidControl, wanted: InForce, *, by: int | None) -> Declined | Unheard | None:
        """Record it, or refuse."""
        del by
        self.asked.append(wanted)
        if self.refusal is None or self.does_it_all_the_same:
            if control.new.kind is ControlKind.SLOW_MODE:
                self.slow_modes[control.new.channel_id] = wanted.seconds
            else:
                self.pauses[control.new.kind] = wanted.until
        return self.refusal

    def detected(self, guild_id: int) -> Detected:
        """The answer that the test set."""
        del guild_id
        return self.noticed
