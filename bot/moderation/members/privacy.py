"""Members' rights to their data: an export of all of it, and erasure of their words.

The facts of a case (number, rule, decision, actions) are kept, because a server must be able to say later why it acted.
Words are erased. Undecided cases and appeals keep their words until they are decided, because moderators need them;
they are erased automatically afterwards.
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
    cases: int = 0  #: cases of the member that lost all their words
    appeals: int = 0
    reports: int = 0
    mentions: int = 0  #: cases of others that quoted the member: as context, by the judge, or with a mention
    other_texts: int = 0  #: notes, reasons, reports, appeals and pins of others that mentioned the member
    kept: int = 0  #: of all these, those that are still undecided

    @property
    def is_over(self) -> bool:
        """Is nothing left to erase?"""
        return not self.kept

    @property
    def is_nothing(self) -> bool:
        """Was there nothing about the member?"""
        return not (self.cases or self.appeals or self.reports or self.mentions or self.other_texts or self.kept)


class MemberTexts(Protocol):
    """Exports and erases what is stored by and about a member. Raises what the stores raise."""

    async def export(self, member_id: int, *, guild_id: int | None = None, everything: bool = False) -> dict[str, Any]:
        """Everything stored about a member as JSON values, without names of moderators and words of others.

        Args:
            everything: include undecided cases, which members aren't told about.
        """

    async def servers(self) -> tuple[int, ...]:
        """The servers that may have data about any member."""

    async def ask(self, guild_id: int, member_id: int, *, asked_by: int | None) -> None:
        """Store a request to erase everything up to now. A second request replaces the first."""

    async def erase(self, guild_id: int, member_id: int) -> Erased:
        """Erase what was requested and may be erased, in small batches, and mark the cards that quote it as stale.
        Repeat until it is over."""

    async def asked(self) -> tuple[tuple[int, int], ...]:
        """Server and member of every unfinished request."""

    async def end(self, guild_id: int, member_id: int) -> None:
        """Delete a finished request. Does nothing if it isn't finished."""


class RedrawsCards(Protocol):
    """Edits cards that quote deleted texts."""

    async def redraw_some(self, guild_id: int) -> int:
        """Edit the next few cards of a server. Returns how many cases are done."""


class Privacy:
    """Handles members' requests, and finishes those that are pending."""

    def __init__(
        self, *, texts: MemberTexts, cards: RedrawsCards, forget: Callable[[int], None] = lambda _: None
    ) -> None:
        """Nothing is read or written yet.

        Args:
            forget: drops what a member said from memory, where it is kept as context of the next case.
        """
        self._texts = texts
        self._cards = cards
        self._forget = forget

    async def export(self, guild_id: int, member_id: int) -> str:
        """Export a member's own data in a server, as JSON."""
        data = await self._texts.export(member_id, guild_id=guild_id)
        return await asyncio.to_thread(as_json, data)  # of thousands of cases, it takes seconds

    async def erase(self, guild_id: int, member_id: int) -> Erased:
        """Erase a member's words."""
        self._forget(member_id)
        await self._texts.ask(guild_id, member_id, asked_by=member_id)
        return await self._go_on(guild_id, member_id)

    async def finish(self, serves: Callable[[int], bool]) -> int:
        """Erase what was undecided before and is decided now. Returns how many requests are over."""
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
    """Data as indented JSON, readable for people and programs."""
    return json.dumps(data, ensure_ascii=False, indent=2) + "\n"
