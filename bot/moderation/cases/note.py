"""Notes on cases, and the port of their store."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from bot.moderation.servers.retention import PURGED_AT_A_TIME

MAX_NOTE = 1_000  #: characters


class NoteKind(StrEnum):
    """Why there is a note. The values are stored."""

    NOTE = "note"  #: a moderator had something to say
    REOPENED = "reopened"  #: the reason of a reopening
    DIFFERS = "differs"  #: the difference from similar cases that were decided differently


@dataclass(frozen=True, slots=True, kw_only=True)
class NewNote:
    """A note about to be kept."""

    guild_id: int
    case_number: int
    author_id: int
    kind: NoteKind
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What a moderator wrote on a case for the others. Members never see it."""

    id: int
    guild_id: int
    case_number: int
    author_id: int
    kind: NoteKind = NoteKind.NOTE
    text: str | None  #: None once the retention time is over
    at: datetime


class NoteStore(Protocol):
    """Notes of all servers; their texts are kept encrypted."""

    async def add(
        self, guild_id: int, number: int, *, author_id: int, text: str, kind: NoteKind = NoteKind.NOTE
    ) -> Note:
        """Keep a note, with an audit entry in the same transaction."""

    async def of_cases(self, guild_id: int, numbers: tuple[int, ...]) -> dict[int, tuple[Note, ...]]:
        """The notes of cases, oldest first, by case number. Cases without notes are left out."""

    async def purge_texts(self, guild_id: int, *, before: datetime, limit: int = PURGED_AT_A_TIME) -> int:
        """Delete the texts of notes written before this time. Returns how many were purged."""
