"""Tells members that they may edit a message. Implements `bot.moderation.mending.offer.OfferLetters`."""

from __future__ import annotations

from datetime import datetime

from bot.moderation.appeals.direct_messages import EditRequest, Messenger
from bot.moderation.cards.face import NoticeState
from bot.moderation.cases.case import Case
from bot.moderation.cases.case_file import CaseFiles


class EditLetters:
    """Sends one direct message for each offer, and tries it once."""

    def __init__(self, *, messenger: Messenger, files: CaseFiles) -> None:
        self._messenger = messenger
        self._files = files

    async def offer(self, case: Case, *, until: datetime) -> NoticeState:
        """Ask the author of the case's message to edit it."""
        letter = EditRequest(case=case, rules=await self._files.rules_of(case), until=until)
        return await self._messenger.send(case.guild_id, case.evidence.author_id, letter)
