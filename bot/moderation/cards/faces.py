"""Assembles the faces of cards from several stores."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

from bot.moderation.cards.face import CardFace
from bot.moderation.cases.action import CaseActions
from bot.moderation.cases.case import Case, Earlier, EarlierCases
from bot.moderation.cases.case_file import CaseFiles
from bot.moderation.cases.note import NoteStore
from bot.moderation.servers.server import ServerStore

REMEMBERED = 500  #: entries: rules of policy versions, of all servers; a few hundred bytes each


class FaceSource(Protocol):
    """Adds one kind of information to faces, such as notices or reports."""

    async def put_on(self, faces: tuple[CardFace, ...]) -> tuple[CardFace, ...]:
        """Return the same faces in the same order, with this source's information added. All are of one server. May be
        empty."""


class Faces:
    """Assembles faces, with a few queries for many cases of one server."""

    def __init__(
        self,
        *,
        cases: EarlierCases,
        actions: CaseActions,
        notes: NoteStore,
        servers: ServerStore,
        now: Callable[[], datetime],
        sources: Sequence[FaceSource] = (),
    ) -> None:
        self._cases = cases
        self._actions = actions
        self._notes = notes
        self._servers = servers
        self._now = now
        self._sources = sources

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
        for source in self._sources:
            faces = await source.put_on(faces)
        return faces

    async def _earlier(self, guild_id: int, numbers: tuple[int, ...]) -> dict[int, Earlier]:
        settings = await self._servers.get(guild_id)
        if settings is None:  # the server agreed to no retention time: nothing is cached
            return {}
        since = self._now() - timedelta(days=settings.retention_days)
        return await self._cases.earlier(guild_id, numbers, since=since)


class RuleWording:
    """The face source of the rule's wording at the time the message was judged.

    A policy version never changes, so its words are looked up once.
    """

    def __init__(self, files: CaseFiles) -> None:
        self._files = files
        self._known: dict[tuple[int, int, str], str] = {}

    async def put_on(self, faces: Sequence[CardFace]) -> tuple[CardFace, ...]:
        """The same faces, each with the clause of its first rule."""
        return tuple([replace(face, clause=await self._of(face.case)) for face in faces])

    async def _of(self, case: Case) -> str:
        if not case.rules:
            return ""
        first = case.rules[0].id
        key = (case.guild_id, case.source.version_id, first)
        if key not in self._known:
            rules = {rule.id: rule for rule in await self._files.rules_of(case)}
            while len(self._known) >= REMEMBERED:
                del self._known[next(iter(self._known))]
            self._known[key] = rules[first].breaks_it if first in rules else ""
        return self._known[key]
