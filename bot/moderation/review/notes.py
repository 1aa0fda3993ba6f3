"""Moderators' notes on cases, for each other."""

from __future__ import annotations

from bot.moderation.cards.posting import CardPosting
from bot.moderation.cases.case import CaseReader
from bot.moderation.cases.note import MAX_NOTE, Note, NoteKind, NoteStore


class Notes:
    """Stores and looks up notes."""

    def __init__(self, *, store: NoteStore, cases: CaseReader, cards: CardPosting) -> None:
        self._store = store
        self._cases = cases
        self._cards = cards

    async def add(
        self, guild_id: int, number: int, *, author_id: int, text: str, kind: NoteKind = NoteKind.NOTE
    ) -> Note | None:
        """Store a note and show it on the card. None if there is no such case.

        Raises:
            ValueError: the text is empty or longer than `MAX_NOTE` characters.
        """
        text = text.strip()
        if not 0 < len(text) <= MAX_NOTE:
            raise ValueError(f"a note has 1 to {MAX_NOTE} characters")
        case = await self._cases.get(guild_id, number)
        if case is None:
            return None
        note = await self._store.add(guild_id, number, author_id=author_id, text=text, kind=kind)
        await self._cards.refresh(case)
        return note

    async def of_case(self, guild_id: int, number: int) -> tuple[Note, ...]:
        """The notes on a case, oldest first."""
        return (await self._store.of_cases(guild_id, (number,))).get(number, ())
