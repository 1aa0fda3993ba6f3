"""Everything that a card shows: a case and what other stores know about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from bot.languages.translation import marked
from bot.moderation.cases.action import Action
from bot.moderation.cases.case import Case, CaseState, Earlier
from bot.moderation.cases.further_messages import FurtherMessage
from bot.moderation.cases.note import Note


class NoticeState(StrEnum):
    """Whether the member heard of it."""

    DELIVERED = "delivered"
    CLOSED = "closed"  #: Discord says that Bylaw cannot write to this member
    UNKNOWN = "unknown"  #: the message was sent off, and Discord did not say whether it arrived
    FAILED = "failed"  #: Discord did not take the direct message, for another reason or without one
    OFF = "off"  #: this server sends none


#: What moderators read where the member was not told, or perhaps not, in English until it is shown. Says no more than
#: Discord did.
NOT_TOLD = {
    NoticeState.CLOSED: marked(
        "The member could not be told: they do not accept direct messages from this server, or have blocked Bylaw."
    ),
    NoticeState.UNKNOWN: marked(
        "It is not known whether the member was told: Discord did not confirm the direct message."
    ),
    NoticeState.FAILED: marked("The member could not be told: Discord did not confirm the direct message."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AppealLine:
    """The newest appeal of the case, for one line of the card."""

    state: str  #: a value of `appeals.AppealState`
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferLine:
    """That the author was asked to edit the message, for one line of the card."""

    until: datetime
    told: NoticeState | None  #: None until the direct message was tried
    is_over: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Likelihood:
    """How likely a verdict is right, by what moderators decided about others like it."""

    probability: float  #: that they decide it to be a violation
    decisions: int  #: that it is counted from


@dataclass(frozen=True, slots=True, kw_only=True)
class Precedent:
    """A decided case whose message reads much like this one's."""

    number: int
    state: CaseState  #: VIOLATION or NOT_A_VIOLATION
    card_channel_id: int | None
    card_message_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CardFace:
    """A case as its card shows it."""

    case: Case
    clause: str = ""  #: what breaks the first rule, in the words of the version that the case was judged under
    actions: tuple[Action, ...] = ()
    notes: tuple[Note, ...] = ()  #: oldest first; the reasons of reopenings are among them
    earlier: Earlier = field(default_factory=Earlier)
    also: tuple[FurtherMessage, ...] = ()
    reports: int = 0  #: members who reported the message
    notice: NoticeState | None = None
    likelihood: Likelihood | None = None  #: None until enough was decided: then the score only puts cards in order
    appeal: AppealLine | None = None
    precedents: tuple[Precedent, ...] = ()  #: the nearest first
    neutral: str | None = None  #: what the judge found without anybody's words, where the card hides those
    offer: OfferLine | None = None
    copies: int = 0  #: small copies of its pictures that are kept
    quotes: bool = True  #: False where Discord refuses what members, the judge or moderators wrote

    @property
    def shielded(self) -> bool:
        """Are the words hidden behind a button?"""
        return self.neutral is not None
