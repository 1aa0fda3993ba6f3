"""A backtest as a job that is kept: what is to be judged, what was answered so far, and its state."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from bot.moderation.messages.message_seen import jump_link
from classifier import Effort
from guild_policies.backtest import Compared, Comparison, in_words, summarise

KEPT_PER_SERVER = 20  #: of the backtests that have ended


class BacktestState(StrEnum):
    """The state of a backtest."""

    RUNNING = "running"  #: or to be taken up again after a restart
    DONE = "done"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseToJudge:
    """A case that the team decided. Its text stays with the case."""

    number: int
    channel_id: int
    message_id: int
    violation: bool  #: what the team decided


@dataclass(frozen=True, slots=True, kw_only=True)
class NewBacktest:
    """A backtest about to be started."""

    guild_id: int
    policy_id: int
    policy_name: str
    draft_revision: int
    text: str  #: of the draft, which may be edited meanwhile
    days: int
    effort: Effort | None
    threshold: float
    started_by: int
    shown_channel_id: int | None = None  #: of its progress message
    shown_message_id: int | None = None
    cases: tuple[CaseToJudge, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Backtest:
    """A backtest as it is now."""

    id: int  #: unique over all servers
    guild_id: int
    policy_id: int
    policy_name: str
    draft_revision: int
    text: str
    days: int
    effort: Effort | None
    threshold: float
    state: BacktestState
    started_by: int
    started_at: datetime
    ended_at: datetime | None
    shown_channel_id: int | None
    shown_message_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BacktestCase:
    """A case of a backtest, and what came of it. `result` is None while it was not judged."""

    case: CaseToJudge
    result: Compared[int] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BacktestReport:
    """What a backtest found so far, and in the end."""

    backtest: Backtest
    cases: tuple[BacktestCase, ...]

    @property
    def total(self) -> int:
        """How many cases there are to judge."""
        return len(self.cases)

    @property
    def done(self) -> int:
        """How many of them were judged."""
        return sum(each.result is not None for each in self.cases)

    @property
    def comparison(self) -> Comparison[int]:
        """The draft beside the team, by case number; the worst disagreements first."""
        return summarise(each.result for each in self.cases if each.result is not None)

    @property
    def in_words(self) -> str:
        """The outcome in a sentence or two."""
        return in_words(self.comparison)

    def jump_link(self, case_number: int) -> str:
        """Discord's address of the message that a case is about. Raises `KeyError`."""
        case = {each.case.number: each.case for each in self.cases}[case_number]
        return jump_link(self.backtest.guild_id, case.channel_id, case.message_id)


class BacktestStore(Protocol):
    """Backtests of all servers. Every method is one transaction; beginning and ending write their audit entry in it.

    A backtest of another server is none: methods answer with nothing for it.
    """

    async def start(self, new: NewBacktest) -> Backtest:
        """Keep a new backtest. Of those that have ended, the server keeps the last `KEPT_PER_SERVER`."""

    async def shown_in(self, guild_id: int, backtest_id: int, *, channel_id: int, message_id: int) -> None:
        """Remember where the progress message is."""

    async def keep(self, guild_id: int, backtest_id: int, results: tuple[Compared[int], ...]) -> None:
        """Keep results, by case number. Doing it twice is the same as once."""

    async def end(
        self, guild_id: int, backtest_id: int, *, state: BacktestState, actor_id: int | None
    ) -> Backtest | None:
        """End a backtest that runs; None if there is none that does."""

    async def find(self, guild_id: int, backtest_id: int) -> Backtest | None:
        """The backtest with this id."""

    async def cases(self, guild_id: int, backtest_id: int) -> tuple[BacktestCase, ...]:
        """Its cases, newest first."""

    async def unfinished(self) -> tuple[Backtest, ...]:
        """The backtests of all servers that run or have to be taken up again, oldest first."""
