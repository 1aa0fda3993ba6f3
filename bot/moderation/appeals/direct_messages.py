"""What members are written to in direct messages: values, which the edge puts into words and sends.

Tone is neutral. The rule is quoted, never the judge; moderators stay unnamed unless the server says otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from bot.moderation.appeals.appeal import AppealKey, AppealState
from bot.moderation.appeals.eligibility import MayAppeal, NoAppeal
from bot.moderation.cards.face import NoticeState
from bot.moderation.cases.action import Action
from bot.moderation.cases.case import Case
from guild_policies.policy import Rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something was done about a message of the member, or is about to be."""

    case: Case
    action: Action
    rules: tuple[Rule, ...]  #: as they read in the version that the case was judged under
    opening: str  #: the server's own first words; empty for ours
    moderator_id: int | None  #: named only where the server wants it
    can_appeal: bool
    appeal_hint: str  #: the server's own words about appeals, for where Bylaw takes none
    other_reason: str = ""  #: a moderator's own words, where they named no rule
    receipt: str = ""  #: the code of the receipt for the verdict; empty where there is none


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A reviewer asks the member something about an appeal."""

    key: AppealKey
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """An appeal was decided."""

    key: AppealKey
    state: AppealState  #: UPHELD or OVERTURNED
    reason: str
    taken_back: tuple[Action, ...] = ()
    not_taken_back: tuple[Action, ...] = ()
    timed_out_until: datetime | None = None  #: by something else than what was decided here
    reviewer_id: int | None = None  #: named only where the server wants it
    again: MayAppeal | NoAppeal | None = None  #: whether the member may appeal once more; None where it was reversed


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportOutcome:
    """A case was decided that the member reported, and they wanted to hear of it. Says nothing about anybody else."""

    reported_at: datetime
    acted: bool  #: something was done about it, and not taken back


@dataclass(frozen=True, slots=True, kw_only=True)
class EditRequest:
    """The member may edit a message before anybody decides about it."""

    case: Case
    rules: tuple[Rule, ...]  #: as they read in the version that the case was judged under
    until: datetime


DirectMessage = Notice | Question | Outcome | ReportOutcome | EditRequest


class Messenger(Protocol):
    """Writes to members. Never raises for what Discord refuses, and takes seconds at most."""

    async def send(self, guild_id: int, member_id: int, message: DirectMessage) -> NoticeState:
        """Whether the message arrived, as far as Discord says. Never `OFF`."""


@dataclass(slots=True)
class MemoryMessenger:
    """A messenger that keeps what it was given: for tests. Nobody accepts messages while `closed` is set."""

    sent: list[tuple[int, DirectMessage]] = field(default_factory=list)
    closed: bool = False

    async def send(self, guild_id: int, member_id: int, message: DirectMessage) -> NoticeState:
        """Keep the message, or fail."""
        del guild_id
        if self.closed:
            return NoticeState.CLOSED
        self.sent.append((member_id, message))
        return NoticeState.DELIVERED
