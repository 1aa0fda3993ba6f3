"""Adds further messages to cards: where else the same member posted the same text."""

from __future__ import annotations

from dataclasses import replace

from bot.moderation.cards.face import CardFace
from bot.moderation.cases.case import Case
from bot.moderation.cases.further_messages import CaseMessageStore, FurtherMessage


class FurtherMessages:
    """Looks further messages up and adds them to faces (a `bot.moderation.cards.faces.FaceSource`)."""

    def __init__(self, messages: CaseMessageStore) -> None:
        self._messages = messages

    async def of(self, case: Case) -> tuple[FurtherMessage, ...]:
        """The further messages of one case."""
        return (await self._messages.of_cases(case.guild_id, (case.number,))).get(case.number, ())

    async def put_on(self, faces: tuple[CardFace, ...]) -> tuple[CardFace, ...]:
        """Return the same faces with further messages on them, using one query for all."""
        if not faces:
            return faces
        also = await self._messages.of_cases(faces[0].case.guild_id, tuple(face.case.number for face in faces))
        return tuple(replace(face, also=also.get(face.case.number, ())) for face in faces)
