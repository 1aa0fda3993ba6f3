"""Adds to cards whether the member was told, their newest appeal, and who reported the message."""

from __future__ import annotations

from dataclasses import replace

from bot.moderation.appeals.appeal import Appeal, NewestAppeals
from bot.moderation.appeals.notices import NoticeStore
from bot.moderation.cards.face import AppealLine, CardFace
from bot.moderation.members.report import ReportStore


class MemberFaceSource:
    """The face source of notices, appeals and reports."""

    def __init__(self, *, notices: NoticeStore, appeals: NewestAppeals, reports: ReportStore) -> None:
        self._notices = notices
        self._appeals = appeals
        self._reports = reports

    async def put_on(self, faces: tuple[CardFace, ...]) -> tuple[CardFace, ...]:
        """Return the same faces with notices, appeals and reports on them, using three queries for all."""
        if not faces:
            return faces
        guild_id, numbers = faces[0].case.guild_id, tuple(face.case.number for face in faces)
        notices = await self._notices.of_cases(guild_id, numbers)
        appeals = await self._appeals.of_cases(guild_id, numbers)
        reports = await self._reports.of_cases(guild_id, numbers)
        return tuple(
            replace(
                face,
                notice=notices.get(face.case.number),
                appeal=_line(appeals.get(face.case.number)),
                reports=reports.get(face.case.number, 0),
            )
            for face in faces
        )


def _line(appeal: Appeal | None) -> AppealLine | None:
    if appeal is None:
        return None
    return AppealLine(state=appeal.state.value, at=appeal.review.at if appeal.review else appeal.opened_at)
