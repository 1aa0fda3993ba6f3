"""Assembles what cards show, from the stores that each know a part of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from bot.moderation.cards.face import CardFace
from bot.moderation.cases.action import ActionStore
from bot.moderation.cases.case import Case, CaseStore, Earlier
from bot.moderation.cases.note import NoteStore
from bot.moderation.servers.server import ServerStore


class FacePart(Protocol):
    """Knows a part of what cards show."""

    async def put_on(self, faces: tuple[CardFace, ...]) -> tuple[CardFace, ...]:
        """The same faces in the same order, with this part on them. All are of one server; they may be none."""


class Faces:
    """Puts faces together: a few questions for many cases of one server."""

    def __init__(
        self,
        *,
        cases: CaseStore,
        actions: ActionStore,
        notes: NoteStore,
        servers: ServerStore,
        now: Callable[[], datetime],
        parts: Sequence[FacePart] = (),
    ) -> None:
        self._cases = cases
        self._actions = actions
        self._notes = notes
        self._servers = servers
        self._now = now
        self._parts = parts

    async def of(self, case: Case) -> CardFace:
        """The face of one case."""
        (face,) = await self.of_many((case,))
        return face

    async def of_many(self, cases: Sequence[Case]) -> tuple[CardFace, ...]:
        """The faces of cases of one server, in the same order."""
        if not cases:
            return ()
        guild_id, numbers = cases[0].guild_id, tuple(case.number for case in cases)
        actions = await self._actions.of_cases(guild_id, numbers)
        notes = await self._notes.of_cases(guild_id, numbers)
        earlier = await self._earlier(guild_id, numbers)
        faces = tuple(
            CardFace(
                case=case,
                actions=actions.get(case.number, ()),
                notes=notes.get(case.number, ()),
                earlier=earlier.get(case.number, Earlier()),
            )
            for case in cases
        )
        for part in self._parts:
            faces = await part.put_on(faces)
        return faces

    async def _earlier(self, guild_id: int, numbers: tuple[int, ...]) -> dict[int, Earlier]:
        settings = await self._servers.get(guild_id)
        if settings is None:  # no retention time was agreed on: nothing is remembered
            return {}
        since = self._now() - timedelta(days=settings.retention_days)
        return await self._cases.earlier(guild_id, numbers, since=since)
