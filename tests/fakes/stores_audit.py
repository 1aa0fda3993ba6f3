"""The audit log and the notes of cases in memory, for tests."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime

from bot.moderation.cases.audit import AuditEntry
from bot.moderation.cases.note import Note, NoteKind
from bot.moderation.servers.retention import PURGED_AT_A_TIME
from bot.storage.audit import entries, entries_of_review
from classifier.content import clean_text
from guild_policies.store.port import PolicyChange


class MemoryAuditLog:
    """`bot.moderation.cases.audit.AuditLog` as a list."""

    def __init__(self) -> None:
        self._entries: list[AuditEntry] = []

    def add(self, new: Iterable[AuditEntry]) -> None:
        """Add entries, oldest first."""
        self._entries += new

    def record_policy_change(self, change: PolicyChange) -> None:
        """The hook of `tests.fakes.policy_store.MemoryPolicyStore`."""
        self.add([entries.policy_changed(change)])

    async def entries(self, guild_id: int, *, subject: str | None = None, limit: int = 50) -> tuple[AuditEntry, ...]:
        """Entries of a server, newest first."""
        found = [
            entry
            for entry in reversed(self._entries)
            if entry.guild_id == guild_id and subject in (None, entry.subject)
        ]
        return tuple(found[:limit])


class MemoryNoteStore:
    """`bot.moderation.cases.note.NoteStore` as a list."""

    def __init__(self, *, now: Callable[[], datetime], audit: MemoryAuditLog) -> None:
        self._now = now
        self._audit = audit
        self._notes: list[Note] = []

    async def add(
        self, guild_id: int, number: int, *, author_id: int, text: str, kind: NoteKind = NoteKind.NOTE
    ) -> Note:
        """Keep a note."""
        note = self.keep(guild_id, number, author_id=author_id, kind=kind, text=text)
        self._audit.add([entries_of_review.note_added(note)])
        return note

    def keep(self, guild_id: int, number: int, *, author_id: int, kind: NoteKind, text: str) -> Note:
        """Keep a note without an entry: for whatever writes an entry of its own."""
        note = Note(
            id=len(self._notes) + 1,
            guild_id=guild_id,
            case_number=number,
            author_id=author_id,
            kind=kind,
            text=clean_text(text),
            at=self._now(),
        )
        self._notes.append(note)
        return note

    async def of_cases(self, guild_id: int, numbers: tuple[int, ...]) -> dict[int, tuple[Note, ...]]:
        """The notes of cases, oldest first."""
        found: dict[int, tuple[Note, ...]] = {}
        for note in self._notes:
            if note.guild_id == guild_id and note.case_number in numbers:
                found[note.case_number] = (*found.get(note.case_number, ()), note)
        return found

    async def purge_texts(self, guild_id: int, *, before: datetime, limit: int = PURGED_AT_A_TIME) -> int:
        """Delete the texts of notes written before this time. Returns how many were purged."""
        old = [note for note in self._notes if note.guild_id == guild_id and note.at < before and note.text is not None]
        del old[limit:]
        for note in old:
            self._notes[note.id - 1] = replace(note, text=None)
        self._audit.add([entries_of_review.note_purged(note, at=self._now()) for note in old])
        return len(old)
