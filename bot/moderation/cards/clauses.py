"""The rule's own words for cards: a `FacePart`. A policy version never changes, so its words are looked up once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.moderation.cards.face import CardFace
from bot.moderation.cases.case import Case
from bot.moderation.cases.case_file import CaseFiles

REMEMBERED = 500  #: rules of versions, of all servers; a few hundred bytes each


class Clauses:
    """Knows what breaks a rule, as its policy said it then."""

    def __init__(self, files: CaseFiles) -> None:
        self._files = files
        self._known: dict[tuple[int, int, str], str] = {}

    async def put_on(self, faces: Sequence[CardFace]) -> tuple[CardFace, ...]:
        """The same faces, each with the clause of its first rule."""
        return tuple([replace(face, clause=await self._of(face.case)) for face in faces])

    async def _of(self, case: Case) -> str:
        if not case.judged.rules:
            return ""
        first = case.judged.rules[0].id
        key = (case.guild_id, case.judged.version_id, first)
        if key not in self._known:
            rules = {rule.id: rule for rule in await self._files.rules_of(case)}
            while len(self._known) >= REMEMBERED:
                del self._known[next(iter(self._known))]
            self._known[key] = rules[first].breaks_it if first in rules else ""
        return self._known[key]
