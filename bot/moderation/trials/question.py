"""Five questions: messages that the judge invented near the line of a policy, and what moderators say about them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Protocol

from bot.moderation.servers.retention import KeepsTexts


class QuestionAnswer(StrEnum):
    """What a moderator says about an invented message. The values are stored."""

    BREAKS = "breaks"  #: it breaks the rule that it is about
    FINE = "fine"
    SKIPPED = "skipped"  #: it is no good question
    CLOSED = "closed"  #: nobody answered it before its rule was gone; Bylaw's own word, with no moderator


NOT_PINNED = 0  #: in the place of a pin's id: the answer was refused as a pinned example, and is not tried again


@dataclass(frozen=True, slots=True, kw_only=True)
class NewQuestion:
    """A message about to be asked about."""

    text: str  #: invented; nobody wrote it
    rule_id: str  #: the rule that it is about
    found: tuple[str, ...]  #: the rules that the judge found broken; empty if it found it clear


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question as it is now."""

    id: int  #: unique over all servers
    guild_id: int
    policy_id: int
    place: int  #: in its week, counted from 1
    text: str | None  #: None once the retention time is over, or where its key is lost
    rule_id: str
    found: tuple[str, ...]
    answer: QuestionAnswer | None = None
    answered_by: int | None = None
    pin_id: int | None = None  #: of the pinned example that the answer became; None before that, or `NOT_PINNED`

    @property
    def differs(self) -> bool:
        """Does the answer differ from what the judge makes of the policy?"""
        if self.answer is QuestionAnswer.BREAKS:
            return self.rule_id not in self.found
        return self.answer is QuestionAnswer.FINE and bool(self.found)

    @property
    def waits_for_pin(self) -> bool:
        """Was it answered, and is still to be pinned?"""
        return self.answer in (QuestionAnswer.BREAKS, QuestionAnswer.FINE) and self.pin_id is None


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionWeek:
    """The questions of a week."""

    guild_id: int
    week: date  #: its Monday
    policy_id: int
    policy_name: str  #: when they were written
    version_number: int  #: that the judge read
    channel_id: int | None = None  #: where moderators were told
    message_id: int | None = None
    questions: tuple[Question, ...] = ()

    @property
    def answered(self) -> int:
        """How many moderators answered."""
        return sum(each.answer not in (None, QuestionAnswer.CLOSED) for each in self.questions)

    @property
    def open(self) -> tuple[Question, ...]:
        """Those that can still be answered, in their order."""
        return tuple(each for each in self.questions if each.answer is None and each.text is not None)

    @property
    def closed(self) -> tuple[Question, ...]:
        """Those that nobody answered before their rule was gone, in their order."""
        return tuple(each for each in self.questions if each.answer is QuestionAnswer.CLOSED)

    @property
    def differing(self) -> tuple[Question, ...]:
        """Those whose answer differs from the policy, in their order."""
        return tuple(each for each in self.questions if each.differs)


class QuestionStore(KeepsTexts, Protocol):
    """The questions of all servers. Every method is one transaction; changes write their audit entry in it."""

    async def ask(self, week: QuestionWeek, questions: tuple[NewQuestion, ...]) -> QuestionWeek:
        """Keep a week's questions, perhaps none. A week that has its questions already comes back as it is."""

    async def week(self, guild_id: int, week: date) -> QuestionWeek | None:
        """The questions of a week."""

    async def week_of(self, guild_id: int, question_id: int) -> QuestionWeek | None:
        """The week that a question of this server is in."""

    async def posted(self, guild_id: int, week: date, *, channel_id: int, message_id: int) -> None:
        """Moderators were told of a week's questions."""

    async def answer(self, guild_id: int, question_id: int, answer: QuestionAnswer, *, by: int | None) -> bool:
        """Keep an answer if there is none and the text is still kept; True if it was kept. `by` is None if the
        question is closed."""

    async def pinned(self, guild_id: int, question_id: int, pin_id: int) -> None:
        """The answer became this pinned example, or none at all (`NOT_PINNED`). Doing it twice is the same as once."""

    async def last_asked(self, guild_id: int) -> dict[int, date]:
        """The last week of each policy that had one, by its id."""

    async def texts(self, guild_id: int, policy_id: int, *, limit: int) -> tuple[str, ...]:
        """The texts of the last questions about a policy that are still kept, oldest first."""

    async def waiting_for_pins(self, guild_id: int) -> tuple[Question, ...]:
        """Questions that were answered and are not pinned, because a process stopped in between."""


def monday(moment: datetime) -> date:
    """The Monday of a moment's week."""
    return moment.date() - timedelta(days=moment.weekday())
