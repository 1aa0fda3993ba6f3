"""What members may ask of their own data: all of it as a file, and their words erased.

Moderators keep the facts of a case (number, rule, decision, what was done), because a server must be able to say later
why it did something. They keep no words. What somebody still has to decide keeps its words until then: without them
nobody could decide it, and nobody could answer an appeal. It goes by itself afterwards.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """What an erasure did in one server."""

    guild_id: int
    member_id: int
    cases: int = 0  #: of the member, that lost all of their words
    appeals: int = 0
    reports: int = 0
    mentions: int = 0  #: cases of others that quoted the member: as context, by the judge, or with a mention
    other_texts: int = 0  #: notes, reasons, reports, appeals and pins of others that mentioned the member
    kept: int = 0  #: of all these, how many somebody still has to decide

    @property
    def is_over(self) -> bool:
        """Is nothing left to be done?"""
        return not self.kept

    @property
    def is_nothing(self) -> bool:
        """Was nothing of the member there?"""
        return not (self.cases or self.appeals or self.reports or self.mentions or self.other_texts or self.kept)


class MemberTexts(Protocol):
    """What is stored of and about a member. Raises what the stores raise."""

    async def export(self, member_id: int, *, guild_id: int | None = None, everything: bool = False) -> dict[str, Any]:
        """All that is kept of a member, as JSON knows it, without names of moderators and words of others.

        Args:
            everything: cases that nobody decided, too, which members are not told of.
        """

    async def servers(self) -> tuple[int, ...]:
        """The servers in which something may be kept of any member."""

    async def ask(self, guild_id: int, member_id: int, *, asked_by: int | None) -> None:
        """Write down that everything up to now is to be erased. Twice is the same as once, later."""

    async def erase(self, guild_id: int, member_id: int) -> Erased:
        """Erase what was asked for and can go, in small batches, and mark the cards that quote it as stale. May be
        repeated until it is over."""

    async def asked(self) -> tuple[tuple[int, int], ...]:
        """Server and member of everything that was asked for and is not over."""

    async def end(self, guild_id: int, member_id: int) -> None:
        """Forget a request that is over; one that is not stays."""


class RedrawsCards(Protocol):
    """Edits cards that quote what is no longer kept."""

    async def redraw_some(self, guild_id: int) -> int:
        """Edit the next few cards of a server; how many cases are done."""


class Privacy:
    """Answers members, and does what is left of what they asked for."""

    def __init__(
        self, *, texts: MemberTexts, cards: RedrawsCards, forget: Callable[[int], None] = lambda _: None
    ) -> None:
        """Nothing is read or written yet.

        Args:
            forget: drops what a member said from memory, where it waits to be shown beside the next case.
        """
        self._texts = texts
        self._cards = cards
        self._forget = forget

    async def export(self, guild_id: int, member_id: int) -> str:
        """A member's own data in a server, as JSON."""
        data = await self._texts.export(member_id, guild_id=guild_id)
        return await asyncio.to_thread(as_json, data)  # of thousands of cases, it takes seconds

    async def erase(self, guild_id: int, member_id: int) -> Erased:
        """A member wants their words gone."""
        self._forget(member_id)
        await self._texts.ask(guild_id, member_id, asked_by=member_id)
        return await self._go_on(guild_id, member_id)

    async def finish(self, serves: Callable[[int], bool]) -> int:
        """Erase what was still to be decided and is decided by now; how many requests are over."""
        over = 0
        for guild_id, member_id in await self._texts.asked():
            if serves(guild_id):
                over += (await self._go_on(guild_id, member_id)).is_over
        return over

    async def _go_on(self, guild_id: int, member_id: int) -> Erased:
        erased = await self._texts.erase(guild_id, member_id)
        await self._texts.end(guild_id, member_id)
        await self._cards.redraw_some(guild_id)
        return erased


def as_json(data: dict[str, Any]) -> str:
    """Data as a text for people and programs."""
    return json.dumps(data, ensure_ascii=False, indent=2) + "\n"
