"""The face of a card: a case and what other stores know about it."""

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
    """Whether the member was told."""

    DELIVERED = "delivered"
    CLOSED = "closed"  #: Discord says that Bylaw cannot write to this member
    UNKNOWN = "unknown"  #: sent, but Discord didn't say whether it arrived
    FAILED = "failed"  #: Discord refused the direct message for another or an unknown reason
    OFF = "off"  #: this server sends no notices


#: What moderators read if the member wasn't told, or may not have been. English, translated when shown. Claims no more
#: than Discord said.
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
    """An offer to the author to edit the message, for one line of the card."""

    until: datetime
    told: NoticeState | None  #: None until the direct message was tried
    is_over: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Likelihood:
    """How likely a verdict is right, judging by moderators' decisions on similar ones."""

    probability: float  #: share that they decide is a violation
    decisions: int  #: decisions that it is based on


@dataclass(frozen=True, slots=True, kw_only=True)
class Precedent:
    """A decided case with a similar message."""

    number: int
    state: CaseState  #: VIOLATION or NOT_A_VIOLATION
    card_channel_id: int | None
    card_message_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CardFace:
    """A case as its card shows it."""

    case: Case
    clause: str = ""  #: what the first rule forbids, as worded in the version that the case was judged under
    actions: tuple[Action, ...] = ()
    notes: tuple[Note, ...] = ()  #: oldest first; includes reasons for reopening
    earlier: Earlier = field(default_factory=Earlier)
    also: tuple[FurtherMessage, ...] = ()
    reports: int = 0  #: members who reported the message
    notice: NoticeState | None = None
    likelihood: Likelihood | None = None  #: None until there are enough decisions
    appeal: AppealLine | None = None
    precedents: tuple[Precedent, ...] = ()  #: the nearest first
    neutral: str | None = None  #: the judge's findings without quotes, for cards that hide what members wrote
    offer: OfferLine | None = None
    copies: int = 0  #: small copies of its pictures that are kept
    quotes: bool = True  #: False if Discord refuses the texts of members, the judge or moderators

    @property
    def shielded(self) -> bool:
        """Are the words hidden behind a button?"""
        return self.neutral is not None
