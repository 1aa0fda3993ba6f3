"""Adds to cards that small copies are stored, and the case whose picture looks the same."""

from __future__ import annotations

from dataclasses import replace

from bot.moderation.cards.face import CardFace, Precedent
from bot.moderation.cases.case import Case, CaseKind, CaseReader
from bot.moderation.pictures.picture import PictureStore
from bot.moderation.pictures.watch import SAME


class PictureFaceSource:
    """The face source of pictures."""

    def __init__(self, pictures: PictureStore, cases: CaseReader) -> None:
        self._pictures = pictures
        self._cases = cases

    async def put_on(self, faces: tuple[CardFace, ...]) -> tuple[CardFace, ...]:
        """Return the same faces with pictures on them, using one query for all, and one for each case about the same
        picture."""
        about = [face.case for face in faces if face.case.evidence.files or face.case.kind is CaseKind.SAME_PICTURE]
        if not about:
            return faces  # the most common case: needs no query
        numbers = tuple(case.number for case in about)
        kept = await self._pictures.how_many_copies(faces[0].case.guild_id, numbers)
        return tuple([await self._with(face, kept.get(face.case.number, 0)) for face in faces])

    async def _with(self, face: CardFace, copies: int) -> CardFace:
        number = same_as(face.case)
        other = None if number is None else await self._cases.get(face.case.guild_id, number)
        before = () if other is None else (_precedent(other),)
        return replace(face, copies=copies, precedents=(*before, *face.precedents))


def same_as(case: Case) -> int | None:
    """The number of the case that has the same picture; None for a case about something else."""
    found, _, number = case.judged.method.partition(":")
    return int(number) if case.kind is CaseKind.SAME_PICTURE and found == SAME and number.isdecimal() else None


def _precedent(case: Case) -> Precedent:
    return Precedent(
        number=case.number,
        state=case.state,
        card_channel_id=case.card_channel_id,
        card_message_id=case.card_message_id,
    )
