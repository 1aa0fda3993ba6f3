"""Offers to edit a message in time, so that nothing else happens: the values, and who gets an offer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from bot.moderation.cards.face import NoticeState
from bot.moderation.cases.case import CardState, Case, CaseKind, CaseState
from bot.moderation.messages.message_seen import MessageSeen

TIME_TO_EDIT = timedelta(minutes=15)
NEWS_FOR = timedelta(hours=1)  #: versions older than this get no offer
MOST_OF_MEMBER = 3  #: offers to one member per day
MOST_OF_SERVER = 10  #: offers of a server within `TIME_TO_EDIT`; more of them would be a flood of direct messages

#: The severities that a server may choose, with those that each covers.
SEVERITIES = {"": frozenset[str](), "low": frozenset({"low"}), "medium": frozenset({"low", "medium"})}


class OfferState(StrEnum):
    """The state of an offer. The values are stored."""

    OFFERED = "offered"
    MENDED = "mended"  #: an edit in time breaks no rule, and the case is closed
    LAPSED = "lapsed"  #: the time is over; an edit made in time and judged late still counts
    ENDED = "ended"  #: the member could not be told


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOffer:
    """An offer about to be made."""

    guild_id: int
    case_number: int
    message_id: int
    member_id: int
    edit: int  #: the version of the message that was judged


@dataclass(frozen=True, slots=True, kw_only=True)
class EditOffer:
    """An offer as it is now."""

    new: NewOffer
    state: OfferState
    told: NoticeState | None  #: None until the direct message was tried
    offered_at: datetime  #: by Discord's clock, as edits are timed
    due_at: datetime  #: an edit that was made until then counts


class OfferStore(Protocol):
    """Offers of all servers. Every method is one transaction; offering and mending write their audit entries in it."""

    async def add(self, new: NewOffer, *, at: datetime) -> EditOffer | None:
        """Store an offer made at this moment by Discord's clock. None if the message had one before or is part of
        another case, its case isn't open, or `MOST_OF_MEMBER` or `MOST_OF_SERVER` is reached."""

    async def note_told(self, offer: EditOffer, told: NoticeState) -> None:
        """Record whether the member was told. If not, the offer is over."""

    async def of_cases(self, guild_id: int, numbers: tuple[int, ...]) -> dict[int, EditOffer]:
        """The offers in these cases, by number."""

    async def mend(self, guild_id: int, message_id: int) -> Case | None:
        """Close the case about this message as mended, if there was an offer, the last known edit was made in time and
        judged clear under the policy of the case, no edit since the offer broke a rule, the message still exists,
        nobody reported it, nothing else belongs to the case, and the case is open without actions. Returns the case
        if it was closed now; otherwise None, and nothing was changed."""

    async def due(self, *, at: datetime) -> tuple[EditOffer, ...]:
        """Offers whose time is over by Discord's clock and that weren't handled since; of all servers, oldest first."""

    async def lapse(self, offer: EditOffer) -> None:
        """Record that its time is over."""


class OfferLetters(Protocol):
    """Sends offers to members. Doesn't raise when Discord refuses, and takes seconds at most."""

    async def offer(self, case: Case, *, until: datetime) -> NoticeState:
        """Ask the author of the case's message to edit it."""


def could_be_offered(case: Case) -> bool:
    """Could this case have led to an offer, whatever happened to it since?"""
    severities = {rule.severity for rule in case.judged.rules}
    return case.kind is CaseKind.VIOLATION and any(severities <= allowed for allowed in SEVERITIES.values())


def may_be_offered(case: Case, seen: MessageSeen, *, up_to: str, now: datetime) -> bool:
    """May the author be asked to edit this message? Only if the judge found a violation of low enough severity, the
    author can edit the message, it hasn't changed since it was judged, and the case has its own card: in a raid
    nobody is asked.

    Args:
        seen: the message that the case was opened about.
        up_to: the highest severity; a key of `SEVERITIES`, others mean none.
    """
    evidence = case.evidence
    severities = {rule.severity for rule in case.judged.rules}
    reads_as_judged = (evidence.message_id, evidence.edit) == (seen.message_id, seen.edit)
    can_edit = not (seen.is_title or seen.forwarded or seen.by_webhook or seen.app_id or seen.author_is_bot)
    untouched = not (evidence.gone or evidence.overtaken or evidence.edited)
    return (
        case.kind is CaseKind.VIOLATION
        and case.state is CaseState.OPEN
        and case.card_state is CardState.POSTED
        and bool(severities)
        and severities <= SEVERITIES.get(up_to, frozenset())
        and reads_as_judged
        and can_edit
        and untouched
        and now - seen.moment <= NEWS_FOR
    )
