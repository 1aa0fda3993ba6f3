"""A try-out as it is stored: a draft that judges live messages silently, its counts and its differences."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from bot.moderation.messages.message_seen import jump_link

KEPT_PER_SERVER = 20  #: ended and reported try-outs kept per server
MAX_DIFFERENCES = 500  #: differences stored per try-out; all are counted


@dataclass(frozen=True, slots=True, kw_only=True)
class TryOutCounts:
    """Counts of messages by outcome."""

    judged: int = 0  #: by the draft, with a verdict
    newly_flagged: int = 0
    no_longer_flagged: int = 0
    undecided: int = 0
    left_out: int = 0  #: left out for lack of time

    def __add__(self, other: TryOutCounts) -> TryOutCounts:
        return TryOutCounts(
            judged=self.judged + other.judged,
            newly_flagged=self.newly_flagged + other.newly_flagged,
            no_longer_flagged=self.no_longer_flagged + other.no_longer_flagged,
            undecided=self.undecided + other.undecided,
            left_out=self.left_out + other.left_out,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A message on which the draft and the version in force differ. Ids and numbers, never its text."""

    channel_id: int
    message_id: int
    edit: int
    newly_flagged: bool  #: False: only flagged by the version in force
    rule_ids: tuple[str, ...]  #: rules broken, according to the side that flagged it
    score: float  #: under the draft
    score_published: float | None  #: the same under the version in force; None if there was none


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTryOut:
    """A try-out about to be started."""

    guild_id: int
    policy_id: int
    policy_name: str
    draft_revision: int
    text: str  #: of the draft, which may be edited meanwhile
    channel_id: int | None  #: a channel with its threads, a category or a thread; None for wherever the policy applies
    report_channel_id: int
    started_by: int
    ends_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TryOut:
    """A try-out as it is now."""

    id: int  #: unique over all servers
    guild_id: int
    policy_id: int
    policy_name: str
    draft_revision: int
    text: str
    channel_id: int | None
    report_channel_id: int
    started_by: int
    started_at: datetime
    ends_at: datetime
    ended_at: datetime | None
    told: bool  #: the report was posted
    counts: TryOutCounts = field(default_factory=TryOutCounts)


@dataclass(frozen=True, slots=True, kw_only=True)
class TryOutReport:
    """The results of a try-out: its differences, most certain first."""

    try_out: TryOut
    differences: tuple[Difference, ...]

    @property
    def in_words(self) -> str:
        """The outcome in a sentence or two."""
        counts = self.try_out.counts
        if not counts.judged:
            return "The draft judged no message in this time."
        messages = "message" if counts.judged == 1 else "messages"
        said = f"The draft judged {counts.judged} {messages}"
        if not counts.newly_flagged + counts.no_longer_flagged:
            said += " and would have changed nothing."
        else:
            said += (
                f": it would newly flag {counts.newly_flagged} and no longer flag {counts.no_longer_flagged} of them."
            )
        if counts.undecided + counts.left_out:
            said += f" {counts.undecided + counts.left_out} more got no verdict."
        return said

    def jump_link(self, difference: Difference) -> str:
        """Discord's address of the message."""
        return jump_link(self.try_out.guild_id, difference.channel_id, difference.message_id)


def in_order(differences: Iterable[Difference]) -> tuple[Difference, ...]:
    """Newly flagged messages first; within each kind, those that the draft is most certain about first."""
    by_kind: dict[bool, list[Difference]] = {True: [], False: []}
    for each in differences:
        by_kind[each.newly_flagged].append(each)
    newly = sorted(by_kind[True], key=lambda each: (-each.score, each.message_id))
    return (*newly, *sorted(by_kind[False], key=lambda each: (each.score, each.message_id)))


class TriedAlready(Exception):
    """The policy already has a running try-out."""


class TryOutStore(Protocol):
    """Try-outs of all servers. Every method is one transaction; beginning and ending write their audit entry in it.

    A try-out of another server is treated as not found.
    """

    async def start(self, new: NewTryOut) -> TryOut:
        """Store a new try-out. Of ended and reported ones, only the server's last `KEPT_PER_SERVER` are kept.
        Raises `TriedAlready`."""

    async def running(self, guild_id: int | None = None) -> tuple[TryOut, ...]:
        """Running try-outs, oldest first; of all servers if `guild_id` is None."""

    async def add(self, try_out_id: int, counts: TryOutCounts, differences: tuple[Difference, ...]) -> None:
        """Add to the counts, and store differences up to `MAX_DIFFERENCES`; a second one for the same message is
        dropped."""

    async def end(self, guild_id: int, try_out_id: int, *, actor_id: int | None) -> TryOut | None:
        """End a running try-out. None if it isn't running."""

    async def not_told(self) -> tuple[TryOut, ...]:
        """Try-outs of all servers that have ended and whose report was not posted, oldest first."""

    async def told(self, guild_id: int, try_out_id: int) -> None:
        """Record that the report was posted."""

    async def find(self, guild_id: int, try_out_id: int) -> TryOut | None:
        """The try-out with this id."""

    async def differences(self, guild_id: int, try_out_id: int) -> tuple[Difference, ...]:
        """The stored differences, most certain first."""
