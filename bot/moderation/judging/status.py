"""The status of a server for moderators."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from bot.moderation.cards.posting import CardPosting
from bot.moderation.judging.backlog import Backlog
from bot.moderation.messages.catch_up import CatchUp, Progress
from bot.moderation.messages.watermarks import Watermarks
from bot.moderation.policies.in_force import PoliciesInForce
from bot.moderation.servers.server import ServerStore
from classifier import Judge


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """One server, at this moment."""

    set_up: bool
    waiting: int = 0  #: messages that are being judged or wait for it
    age: timedelta = timedelta()  #: age of the oldest of them
    behind: bool = False
    catching_up: Progress | None = None
    cards_waiting: int = 0
    cards_refused: tuple[str, ...] = ()  #: why, each reason once
    detours: tuple[tuple[int, str], ...] = ()  #: channels whose cards go to the review channel, and why
    policies: int = 0
    judge: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingWork:
    """Reports pending work: messages in flight, their age, and progress of catching up after downtime."""

    marks: Watermarks
    backlog: Backlog
    catch_up: CatchUp


class StatusLookup:
    """Assembles the status of a server."""

    def __init__(
        self, *, servers: ServerStore, cards: CardPosting, in_force: PoliciesInForce, judge: Judge, work: PendingWork
    ) -> None:
        self._servers = servers
        self._cards = cards
        self._in_force = in_force
        self._judge = judge
        self._work = work

    async def of(self, guild_id: int) -> Status:
        """The status of a server."""
        if await self._servers.get(guild_id) is None:
            return Status(set_up=False)
        backlog = self._work.backlog.of(guild_id)
        in_force = await self._in_force.all_of(guild_id)
        names = {policy.version.id for policy in (*in_force.messages, *in_force.conversations)}
        refusals = self._cards.refusals
        return Status(
            set_up=True,
            waiting=self._work.marks.count_under_way(guild_id),
            age=backlog.age,
            behind=backlog.behind,
            catching_up=self._work.catch_up.progress(guild_id),
            cards_waiting=await self._cards.count_waiting(guild_id),
            cards_refused=refusals.reasons(guild_id),
            detours=refusals.detours(guild_id),
            policies=len(names),
            judge=self._judge.name,
        )
