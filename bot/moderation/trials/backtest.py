"""A backtest as a stored job: its cases, the answers so far, and its state."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from bot.moderation.messages.message_seen import jump_link
from classifier import Effort
from guild_policies.backtest import Compared, Comparison, in_words, summarise

KEPT_PER_SERVER = 20  #: ended backtests kept per server


class BacktestState(StrEnum):
    """The state of a backtest."""

    RUNNING = "running"  #: or to be resumed after a restart
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
    text: str  #: revision of the draft, which may be edited meanwhile
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
    """A case of a backtest, with its result; None until it was judged."""

    case: CaseToJudge
    result: Compared[int] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BacktestReport:
    """The results of a backtest, so far or final."""

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
        """The draft compared with the team, by case number; the worst disagreements first."""
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

    A backtest of another server is treated as not found.
    """

    async def start(self, new: NewBacktest) -> Backtest:
        """Store a new backtest. Of ended ones, only the server's last `KEPT_PER_SERVER` are kept."""

    async def shown_in(self, guild_id: int, backtest_id: int, *, channel_id: int, message_id: int) -> None:
        """Remember where the progress message is."""

    async def keep(self, guild_id: int, backtest_id: int, results: tuple[Compared[int], ...]) -> None:
        """Store results, by case number. Idempotent."""

    async def end(
        self, guild_id: int, backtest_id: int, *, state: BacktestState, actor_id: int | None
    ) -> Backtest | None:
        """End a running backtest. None if it isn't running."""

    async def find(self, guild_id: int, backtest_id: int) -> Backtest | None:
        """The backtest with this id."""

    async def cases(self, guild_id: int, backtest_id: int) -> tuple[BacktestCase, ...]:
        """Its cases, newest first."""

    async def unfinished(self) -> tuple[Backtest, ...]:
        """The running backtests of all servers and those to resume, oldest first."""
