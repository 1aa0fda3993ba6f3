"""Weekly questions: messages that the judge invented near the threshold of a policy, and moderators' answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Protocol

from bot.moderation.servers.retention import KeepsTexts


class QuestionAnswer(StrEnum):
    """A moderator's answer about an invented message. The values are stored."""

    BREAKS = "breaks"  #: it breaks the rule that it is about
    FINE = "fine"
    SKIPPED = "skipped"  #: it isn't a good question
    CLOSED = "closed"  #: its rule was removed before anybody answered; set by Bylaw, without a moderator


NOT_PINNED = 0  #: in place of a pin's id: the answer was refused as a pinned example, and isn't tried again


@dataclass(frozen=True, slots=True, kw_only=True)
class NewQuestion:
    """A new question."""

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
    text: str | None  #: None once the retention time is over, or if its key is lost
    rule_id: str
    found: tuple[str, ...]
    answer: QuestionAnswer | None = None
    answered_by: int | None = None
    pin_id: int | None = None  #: of the pinned example that the answer became; None before that, or `NOT_PINNED`

    @property
    def differs(self) -> bool:
        """Does the answer differ from the judge's verdict?"""
        if self.answer is QuestionAnswer.BREAKS:
            return self.rule_id not in self.found
        return self.answer is QuestionAnswer.FINE and bool(self.found)

    @property
    def waits_for_pin(self) -> bool:
        """Was it answered, but not pinned yet?"""
        return self.answer in (QuestionAnswer.BREAKS, QuestionAnswer.FINE) and self.pin_id is None


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionWeek:
    """The questions of a week."""

    guild_id: int
    week: date  #: its Monday
    policy_id: int
    policy_name: str  #: when they were written
    version_number: int  #: the version that the judge read
    channel_id: int | None = None  #: where moderators were told, None before that
    message_id: int | None = None
    questions: tuple[Question, ...] = ()

    @property
    def answered(self) -> int:
        """How many moderators answered."""
        return sum(each.answer not in (None, QuestionAnswer.CLOSED) for each in self.questions)

    @property
    def open(self) -> tuple[Question, ...]:
        """Questions that can still be answered, in order."""
        return tuple(each for each in self.questions if each.answer is None and each.text is not None)

    @property
    def closed(self) -> tuple[Question, ...]:
        """Questions whose rule was removed before anybody answered, in order."""
        return tuple(each for each in self.questions if each.answer is QuestionAnswer.CLOSED)

    @property
    def differing(self) -> tuple[Question, ...]:
        """Questions whose answer differs from the verdict, in order."""
        return tuple(each for each in self.questions if each.differs)


class QuestionStore(KeepsTexts, Protocol):
    """The questions of all servers. Every method is one transaction; changes write their audit entry in it."""

    async def ask(self, week: QuestionWeek, questions: tuple[NewQuestion, ...]) -> QuestionWeek:
        """Store a week's questions, which may be empty. A week that has its questions already is returned unchanged."""

    async def week(self, guild_id: int, week: date) -> QuestionWeek | None:
        """The questions of a week."""

    async def week_of(self, guild_id: int, question_id: int) -> QuestionWeek | None:
        """The week that a question of this server is in."""

    async def posted(self, guild_id: int, week: date, *, channel_id: int, message_id: int) -> None:
        """Record that moderators were told of a week's questions."""

    async def answer(self, guild_id: int, question_id: int, answer: QuestionAnswer, *, by: int | None) -> bool:
        """Store an answer if there is none and the text is still stored. True if it was stored. `by` is None if the
        question is closed."""

    async def pinned(self, guild_id: int, question_id: int, pin_id: int) -> None:
        """Record that the answer became this pinned example, or was refused as one (`NOT_PINNED`). Idempotent."""

    async def last_asked(self, guild_id: int) -> dict[int, date]:
        """The last week in which each policy had questions, by policy id."""

    async def texts(self, guild_id: int, policy_id: int, *, limit: int) -> tuple[str, ...]:
        """The texts of the last questions about a policy, if still stored, oldest first."""

    async def waiting_for_pins(self, guild_id: int) -> tuple[Question, ...]:
        """Questions that were answered and are not pinned, because a process stopped in between."""


def monday(moment: datetime) -> date:
    """The Monday of the week of this time."""
    return moment.date() - timedelta(days=moment.weekday())
