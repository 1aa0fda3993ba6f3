"""Notes on cases in the database, encrypted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import datetime

from sqlalchemy import RowMapping, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.keys import UNREADABLE, Cipher
from bot.moderation.cases.note import NewNote, Note, NoteKind
from bot.moderation.servers.retention import PURGED_AT_A_TIME
from bot.storage.audit import entries_of_review
from bot.storage.audit.log import write_entries
from bot.storage.cases.marks import forget_words, write_words
from bot.storage.cases.stale_cards import mark_stale
from bot.storage.database.engine import reading, writing
from bot.storage.tables.actions import case_notes
from classifier.content import clean_text


async def write_note(connection: AsyncConnection, new: NewNote, *, at: datetime, cipher: Cipher) -> Note:
    """Store a note within the current transaction; the caller writes the audit entry."""
    new = replace(new, text=clean_text(new.text))
    result = await connection.execute(
        insert(case_notes).values(
            guild_id=new.guild_id,
            case_number=new.case_number,
            author_id=new.author_id,
            kind=new.kind.value,
            text_encrypted=cipher.encrypt(new.text),
            written_at=at,
        )
    )
    (note_id,) = result.inserted_primary_key or (0,)
    await write_words(connection, new.guild_id, new.case_number, note_id=note_id, text=new.text, cipher=cipher)
    return Note(id=note_id, at=at, **asdict(new))


class SqlNoteStore:
    """`bot.moderation.cases.note.NoteStore` over SQLite or PostgreSQL. Raises `StorageError`."""

    def __init__(self, engine: AsyncEngine, *, now: Callable[[], datetime], cipher: Cipher) -> None:
        self._engine = engine
        self._now = now
        self._cipher = cipher

    async def add(
        self, guild_id: int, number: int, *, author_id: int, text: str, kind: NoteKind = NoteKind.NOTE
    ) -> Note:
        """Store a note."""
        new = NewNote(guild_id=guild_id, case_number=number, author_id=author_id, kind=kind, text=text)
        async with writing(self._engine) as connection:
            note = await write_note(connection, new, at=self._now(), cipher=self._cipher)
            await write_entries(connection, [entries_of_review.note_added(note)])
        return note

    async def of_cases(self, guild_id: int, numbers: tuple[int, ...]) -> dict[int, tuple[Note, ...]]:
        """The notes of cases, oldest first."""
        query = (
            select(case_notes)
            .where(case_notes.c.guild_id == guild_id, case_notes.c.case_number.in_(numbers))
            .order_by(case_notes.c.id)
        )
        found: dict[int, tuple[Note, ...]] = {}
        async with reading(self._engine) as connection:
            for row in (await connection.execute(query)).mappings():
                note = self._note(row)
                found[note.case_number] = (*found.get(note.case_number, ()), note)
        return found

    async def purge_texts(self, guild_id: int, *, before: datetime, limit: int = PURGED_AT_A_TIME) -> int:
        """Delete the texts of notes written before this time. Returns how many were purged."""
        old = select(case_notes.c.id).where(
            case_notes.c.guild_id == guild_id,
            case_notes.c.written_at < before,
            case_notes.c.text_encrypted.is_not(None),
        )
        some = case_notes.c.id.in_(old.order_by(case_notes.c.id).limit(limit))
        purge = update(case_notes).where(some).values(text_encrypted=None).returning(case_notes)
        async with writing(self._engine) as connection:
            purged = [self._note(row) for row in (await connection.execute(purge)).mappings()]
            purged.sort(key=lambda note: note.id)
            await forget_words(connection, (note.id for note in purged))
            at = self._now()
            await write_entries(connection, [entries_of_review.note_purged(note, at=at) for note in purged])
            await mark_stale(connection, guild_id, [note.case_number for note in purged], at=at)
        return len(purged)

    def _note(self, row: RowMapping) -> Note:
        token = row["text_encrypted"]
        return Note(
            id=row["id"],
            guild_id=row["guild_id"],
            case_number=row["case_number"],
            author_id=row["author_id"],
            kind=NoteKind(row["kind"]),
            text=None if token is None else self._cipher.decrypt(token) or UNREADABLE,
            at=row["written_at"],
        )
