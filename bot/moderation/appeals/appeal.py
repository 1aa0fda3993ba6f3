"""An appeal: a member says that a decision about them was wrong, and a reviewer answers.

An appeal is known by its server, its case and its attempt: 1 for the first appeal of the case, 2 for the next. Of two
that are sent off at once one counts, because both would be the same attempt.
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

MAX_QUESTIONS = 4  #: of a server; a form of Discord holds five fields
MAX_QUESTION = 100  #: characters, the length of the line below a field's name
MAX_ANSWER = 1_000  #: characters
MAX_REASON = 1_000  #: of a reviewer
MAX_ASKED = 5  #: questions that reviewers ask about one appeal

#: Kept in English, and shown in the language of whoever reads them.
OUR_QUESTIONS = (
    # Translators: above the field of a form, at most 45 characters.
    marked("What happened, in your own words?"),
    # Translators: above the field of a form, at most 45 characters.
    marked("Why should the decision be changed?"),
)


class AppealState(StrEnum):
    """The state of an appeal. The values are stored."""

    OPEN = "open"  #: a reviewer has to look
    ASKED = "asked"  #: a reviewer asked the member something
    UPHELD = "upheld"  #: the decision is kept
    OVERTURNED = "overturned"  #: the decision was wrong, and is reversed


#: An appeal in one of these can still be answered.
UNDECIDED = frozenset({AppealState.OPEN, AppealState.ASKED})


@dataclass(frozen=True, slots=True, kw_only=True)
class AppealKey:
    """Which appeal."""

    guild_id: int
    case_number: int
    attempt: int  #: 1, 2, 3, ... of this case


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a member wrote, with the question as it read then."""

    question: str
    text: str | None  #: None once the retention time is over


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A reviewer's question about an appeal, and what the member answered."""

    by: int
    at: datetime
    question: str | None  #: None once the retention time is over
    answer: str | None = None  #: None while there is none, and once the retention time is over
    answered_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FreshAnswer:
    """What the judge says today, under one policy in force. It decides nothing."""

    policy_name: str
    version_number: int
    violation: bool | None  #: None where the judge came to no verdict
    rule_ids: tuple[str, ...] = ()
    score: float | None = None
    rationale: str = ""  #: or why there is no verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Fresh:
    """The message judged again for an appeal. `why_not` says why it was not."""

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
    """An appeal about to be sent off."""

    key: AppealKey
    member_id: int
    answers: tuple[Answer, ...]
    against: Decision | None = None  #: the case's decision at this moment; None where the bot acted by itself


@dataclass(frozen=True, slots=True, kw_only=True)
class Appeal:
    """An appeal as it is now."""

    key: AppealKey
    member_id: int
    state: AppealState
    answers: tuple[Answer, ...]
    against: Decision | None = None  #: as it was then; reversing it puts another one in its place
    asked: tuple[Asked, ...] = ()  #: oldest first
    fresh: Fresh | None = None  #: None until the judge was asked
    review: Review | None = None
    opened_at: datetime
    waiting_since: datetime  #: for a reviewer while OPEN, for the member while ASKED
    reminded_at: datetime | None = None
    told: NoticeState | None = None  #: whether the member heard of the outcome; None while there is none
    asking_reached: NoticeState | None = None  #: whether the newest question reached the member
    card_channel_id: int | None = None
    card_message_id: int | None = None  #: None while the card is to be posted

    @property
    def newest_question(self) -> Asked | None:
        """The question that waits for an answer, if one does."""
        return self.asked[-1] if self.state is AppealState.ASKED and self.asked else None


@dataclass(frozen=True, slots=True, kw_only=True)
class AppealSearch:
    """Which appeals are wanted; what is None does not matter."""

    member_id: int | None = None
    case_number: int | None = None
    states: frozenset[AppealState] = frozenset()  #: empty for all
    since: datetime | None = None  #: opened then or later
    until: datetime | None = None  #: opened before


class AppealReader(Protocol):
    """Finds appeals by their case."""

    async def get(self, key: AppealKey) -> Appeal | None:
        """The appeal of this key."""

    async def of_case(self, guild_id: int, number: int) -> tuple[Appeal, ...]:
        """The appeals of a case, by attempt."""


class NewestAppeals(Protocol):
    """The newest appeals of cases."""

    async def of_cases(self, guild_id: int, numbers: tuple[int, ...]) -> dict[int, Appeal]:
        """The newest appeal of each of these cases that has one."""


class AppealSearchStore(AppealReader, Protocol):
    """Searches appeals."""

    async def search(self, guild_id: int, wanted: AppealSearch, *, limit: int = 25) -> tuple[Appeal, ...]:
        """The newest first."""


class AppealSubmissions(AppealReader, Protocol):
    """What members send."""

    async def open(self, new: NewAppeal) -> Appeal | None:
        """Keep an appeal; None where this attempt was made before."""

    async def answer(self, key: AppealKey, text: str) -> Appeal | None:
        """ASKED -> OPEN, with the member's answer to the newest question. None where nothing was asked."""


class AppealDecisions(AppealReader, Protocol):
    """What reviewers do with appeals, and whether the member heard of it."""

    async def ask(self, key: AppealKey, asked: Asked) -> Appeal | None:
        """OPEN -> ASKED, with the question. None where it is not open."""

    async def decide(self, key: AppealKey, state: AppealState, review: Review) -> tuple[Appeal, bool] | None:
        """UPHELD or OVERTURNED, once: (appeal, True); else (the appeal as it is, False). None where there is no
        such appeal."""

    async def note_told(self, key: AppealKey, told: NoticeState) -> None:
        """Whether the member heard of the outcome."""

    async def note_asking(self, key: AppealKey, reached: NoticeState) -> None:
        """Whether the newest question reached the member."""


class AppealCardStore(Protocol):
    """Where the cards of appeals are, and what the judge says on them today."""

    async def card_posted(self, key: AppealKey, *, channel_id: int, message_id: int) -> None:
        """Its card is in the moderators' channel."""

    async def card_lost(self, key: AppealKey) -> None:
        """Its card was deleted: to be posted again."""

    async def note_fresh(self, key: AppealKey, fresh: Fresh) -> None:
        """Keep what the judge says today; nothing where the texts are purged already."""


class AppealQueue(Protocol):
    """Appeals that wait for somebody, or of which something is still to be done."""

    async def servers_with_unfinished(self, *, before: datetime) -> frozenset[int]:
        """The servers that have one, as `unfinished` says."""

    async def unfinished(self, guild_id: int, *, before: datetime, limit: int = 1_000) -> tuple[Appeal, ...]:
        """Of a server, oldest first: those that have no card, undecided ones that the judge was not asked about,
        and decided ones whose member was not told; each only if nothing happened to it since `before`."""

    async def waiting(self, guild_id: int, *, before: datetime) -> tuple[Appeal, ...]:
        """Undecided ones that have waited, and of which nobody was reminded, since `before`; oldest first."""

    async def servers_with_waiting(self) -> frozenset[int]:
        """The servers that have an undecided appeal."""

    async def note_reminder(self, key: AppealKey) -> None:
        """Reviewers were reminded now."""


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
        """Delete what members and reviewers wrote, and the judge's words, in appeals decided before this. Undecided
        ones keep their words: without them nobody could answer. How many were purged."""
