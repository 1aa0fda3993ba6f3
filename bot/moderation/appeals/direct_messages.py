"""Direct messages to members, as values: the cogs put them into words and send them.

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
    """Tells a member that action was taken about their message, or will be."""

    case: Case
    action: Action
    rules: tuple[Rule, ...]  #: as worded in the version that the case was judged under
    opening: str  #: the server's own first words; empty for ours
    moderator_id: int | None  #: named only where the server wants it
    can_appeal: bool
    appeal_hint: str  #: the server's own words about appeals, if it doesn't take them through Bylaw
    other_reason: str = ""  #: a moderator's own words, if they named no rule
    receipt: str = ""  #: code of the verdict's receipt; empty if there is none


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A reviewer's question to the member about an appeal."""

    key: AppealKey
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Tells a member how their appeal was decided."""

    key: AppealKey
    state: AppealState  #: UPHELD or OVERTURNED
    reason: str
    taken_back: tuple[Action, ...] = ()
    not_taken_back: tuple[Action, ...] = ()
    timed_out_until: datetime | None = None  #: by something other than this case
    reviewer_id: int | None = None  #: named only where the server wants it
    again: MayAppeal | NoAppeal | None = None  #: may the member appeal again? None if the decision was reversed


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportOutcome:
    """Tells a member that a case they reported was decided, if they asked to know. Says nothing about anybody else."""

    reported_at: datetime
    acted: bool  #: action was taken and not undone


@dataclass(frozen=True, slots=True, kw_only=True)
class EditRequest:
    """Offers a member to edit a message before a moderator decides about it."""

    case: Case
    rules: tuple[Rule, ...]  #: as worded in the version that the case was judged under
    until: datetime


DirectMessage = Notice | Question | Outcome | ReportOutcome | EditRequest


class Messenger(Protocol):
    """Sends direct messages to members. Doesn't raise when Discord refuses, and takes seconds at most."""

    async def send(self, guild_id: int, member_id: int, message: DirectMessage) -> NoticeState:
        """Send it. Says whether the message arrived, as far as Discord knows. Never `OFF`."""


@dataclass(slots=True)
class MemoryMessenger:
    """For tests: a messenger that keeps what it was given. While `closed` is set, no member accepts messages."""

    sent: list[tuple[int, DirectMessage]] = field(default_factory=list)
    closed: bool = False

    async def send(self, guild_id: int, member_id: int, message: DirectMessage) -> NoticeState:
        """Keep the message, or fail."""
        del guild_id
        if self.closed:
            return NoticeState.CLOSED
        self.sent.append((member_id, message))
        return NoticeState.DELIVERED
