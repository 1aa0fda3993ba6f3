"""An appeal: a member says that a decision about them was wrong, and a reviewer answers.

Server, case and attempt identify an appeal: attempt 1 is the first appeal of the case, 2 the next. If two are submitted
at the same time, only one is kept, because both have the same attempt.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from bot.languages.translation import marked
from bot.moderation.cards.face import NoticeState
from bot.moderation.cases.case import Decision
from bot.moderation.servers.retention import PURGED_AT_A_TIME, KeepsTexts

MAX_QUESTIONS = 4  #: of a server; a Discord form has at most five fields
MAX_QUESTION = 100  #: characters, the length of the line below a field's name
MAX_ANSWER = 1_000  #: characters
MAX_REASON = 1_000  #: of a reviewer
MAX_ASKED = 5  #: questions that reviewers ask about one appeal

#: Stored in English, translated when they are shown.
OUR_QUESTIONS = (
    # Translators: above the field of a form, at most 45 characters.
    marked("What happened, in your own words?"),
    # Translators: above the field of a form, at most 45 characters.
    marked("Why should the decision be changed?"),
)


class AppealState(StrEnum):
    """The state of an appeal. The values are stored."""

    OPEN = "open"  #: a reviewer has to look
    ASKED = "asked"  #: a reviewer asked the member a question
    UPHELD = "upheld"  #: the decision is kept
    OVERTURNED = "overturned"  #: the decision was wrong, and is reversed


#: An appeal in one of these can still be answered.
UNDECIDED = frozenset({AppealState.OPEN, AppealState.ASKED})


@dataclass(frozen=True, slots=True, kw_only=True)
class AppealKey:
    """Identifies an appeal."""

    guild_id: int
    case_number: int
    attempt: int  #: 1, 2, 3, ... within this case


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A member's answer, with the question as it was worded at the time."""

    question: str
    text: str | None  #: None once the retention time is over


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A reviewer's question about an appeal, and the member's answer."""

    by: int
    at: datetime
    question: str | None  #: None once the retention time is over
    answer: str | None = None  #: None until the member answers, and once the retention time is over
    answered_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FreshAnswer:
    """The judge's answer today under one policy in force. For information only: it decides nothing."""

    policy_name: str
    version_number: int
    violation: bool | None  #: None if the judge reached no verdict
    rule_ids: tuple[str, ...] = ()
    score: float | None = None
    rationale: str = ""  #: or why there is no verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Fresh:
    """The result of judging the message again for an appeal. `why_not` says why that wasn't possible."""

    answers: tuple[FreshAnswer, ...] = ()
    why_not: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """How an appeal was decided."""

    reviewer_id: int
    at: datetime
    reason: str | None  #: in the reviewer's words, which the member reads; None once the retention time is over


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAppeal:
    """An appeal about to be submitted."""

    key: AppealKey
    member_id: int
    answers: tuple[Answer, ...]
    against: Decision | None = None  #: the case's decision at this moment; None if the bot acted automatically


@dataclass(frozen=True, slots=True, kw_only=True)
class Appeal:
    """An appeal as it is now."""

    key: AppealKey
    member_id: int
    state: AppealState
    answers: tuple[Answer, ...]
    against: Decision | None = None  #: when the appeal was submitted; a reversal replaces it on the case
    asked: tuple[Asked, ...] = ()  #: oldest first
    fresh: Fresh | None = None  #: None until the judge was asked
    review: Review | None = None
    opened_at: datetime
    waiting_since: datetime  #: since when: for a reviewer while OPEN, for the member while ASKED
    reminded_at: datetime | None = None
    told: NoticeState | None = None  #: whether the member was told the outcome; None until there is one
    asking_reached: NoticeState | None = None  #: whether the newest question reached the member
    card_channel_id: int | None = None
    card_message_id: int | None = None  #: None until the card is posted

    @property
    def newest_question(self) -> Asked | None:
        """The question that is waiting for an answer, if any."""
        return self.asked[-1] if self.state is AppealState.ASKED and self.asked else None


@dataclass(frozen=True, slots=True, kw_only=True)
class AppealSearch:
    """A filter for appeals. A field that is None matches everything."""

    member_id: int | None = None
    case_number: int | None = None
    states: frozenset[AppealState] = frozenset()  #: empty for all
    since: datetime | None = None  #: opened at this time or later
    until: datetime | None = None  #: opened before


class AppealReader(Protocol):
    """Finds appeals by their case."""

    async def get(self, key: AppealKey) -> Appeal | None:
        """The appeal with this key."""

    async def of_case(self, guild_id: int, number: int) -> tuple[Appeal, ...]:
        """The appeals of a case, by attempt."""


class NewestAppeals(Protocol):
    """The newest appeals of cases."""

    async def of_cases(self, guild_id: int, numbers: tuple[int, ...]) -> dict[int, Appeal]:
        """The newest appeal of each of these cases. Cases without appeals are left out."""


class AppealSearchStore(AppealReader, Protocol):
    """Searches appeals."""

    async def search(self, guild_id: int, wanted: AppealSearch, *, limit: int = 25) -> tuple[Appeal, ...]:
        """Matching appeals, newest first."""


class AppealSubmissions(AppealReader, Protocol):
    """What members send."""

    async def open(self, new: NewAppeal) -> Appeal | None:
        """Store an appeal. None if this attempt exists already."""

    async def answer(self, key: AppealKey, text: str) -> Appeal | None:
        """ASKED -> OPEN, with the member's answer to the newest question. None if no question is open."""


class AppealDecisions(AppealReader, Protocol):
    """What reviewers do with appeals, and whether the member was told."""

    async def ask(self, key: AppealKey, asked: Asked) -> Appeal | None:
        """OPEN -> ASKED, with the question. None if it isn't open."""

    async def decide(self, key: AppealKey, state: AppealState, review: Review) -> tuple[Appeal, bool] | None:
        """UPHELD or OVERTURNED, once: (appeal, True). If it was decided before, (the appeal as it is, False). None if
        there is no such appeal."""

    async def note_told(self, key: AppealKey, told: NoticeState) -> None:
        """Record whether the member was told the outcome."""

    async def note_asking(self, key: AppealKey, reached: NoticeState) -> None:
        """Record whether the newest question reached the member."""


class AppealCardStore(Protocol):
    """Where the cards of appeals are, and the judge's answers today that they show."""

    async def card_posted(self, key: AppealKey, *, channel_id: int, message_id: int) -> None:
        """Its card is in the moderators' channel."""

    async def card_lost(self, key: AppealKey) -> None:
        """Its card was deleted and has to be posted again."""

    async def note_fresh(self, key: AppealKey, fresh: Fresh) -> None:
        """Store the judge's answer today. Does nothing if the texts were purged already."""


class AppealQueue(Protocol):
    """Appeals that are waiting for somebody, or that still need work by the bot."""

    async def servers_with_unfinished(self, *, before: datetime) -> frozenset[int]:
        """The servers with at least one appeal that `unfinished` would return."""

    async def unfinished(self, guild_id: int, *, before: datetime, limit: int = 1_000) -> tuple[Appeal, ...]:
        """Unfinished appeals of a server, oldest first: those without a card, undecided ones that the judge wasn't
        asked about, and decided ones whose member wasn't told. Leaves out appeals that changed after `before`."""

    async def waiting(self, guild_id: int, *, before: datetime) -> tuple[Appeal, ...]:
        """Undecided appeals that have been waiting since `before` without a reminder after it; oldest first."""

    async def servers_with_waiting(self) -> frozenset[int]:
        """The servers with an undecided appeal."""

    async def note_reminder(self, key: AppealKey) -> None:
        """Record that reviewers were reminded now."""


class AppealStore(
    AppealSubmissions,
    AppealDecisions,
    AppealCardStore,
    AppealQueue,
    AppealSearchStore,
    NewestAppeals,
    KeepsTexts,
    Protocol,
):
    """Appeals of all servers. Services name the smaller port that they need.

    Every method is one transaction; changes write their audit entries in it.
    """

    async def purge_texts(self, guild_id: int, *, before: datetime, limit: int = PURGED_AT_A_TIME) -> int:
        """Delete what members and reviewers wrote, and the judge's words, in appeals decided before this time.
        Undecided appeals keep their texts, because reviewers need them. Returns how many were purged."""
