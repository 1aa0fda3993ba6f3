"""Search data of cases and notes: rules of cases, and marks of the words of notes.

The texts of notes are encrypted, so the database cannot search them. A word's mark is a keyed digest of the word: the
same word gives the same mark, and nobody can recover the word without the key. Marks differ between servers. They do
reveal to a reader of the database which notes share a word, and how common a word is.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.keys import Cipher
from bot.moderation.cases.case import NewCase
from bot.moderation.cases.ground import Ground
from bot.moderation.lookups.search import words_of
from bot.storage.database.engine import insert_if_absent
from bot.storage.tables.lookups import case_rules, note_words

_BATCH = 500


async def write_rules(connection: AsyncConnection, opened: Iterable[tuple[int, NewCase]]) -> None:
    """Write the rules of cases that are being opened, each with its number."""
    rows = [
        {"guild_id": new.guild_id, "rule_key": key, "number": number}
        for number, new in opened
        for key in sorted({rule_key(rule.id) for rule in new.judged.rules})
    ]
    if rows:
        await connection.execute(insert_if_absent(connection, case_rules), rows)


async def write_named_rule(connection: AsyncConnection, guild_id: int, number: int, ground: Ground | None) -> None:
    """Write the rule that a moderator named for a case, replacing any that was named before."""
    named = case_rules.c.named_policy_id.is_not(None)
    await connection.execute(
        delete(case_rules).where(case_rules.c.guild_id == guild_id, case_rules.c.number == number, named)
    )
    rule = None if ground is None else ground.rule
    if rule is not None:
        row = {"guild_id": guild_id, "rule_key": rule_key(rule.id), "number": number, "named_policy_id": rule.policy_id}
        await connection.execute(insert_if_absent(connection, case_rules), [row])


async def write_words(
    connection: AsyncConnection, guild_id: int, number: int, *, note_id: int, text: str, cipher: Cipher
) -> None:
    """Store the marks of the words of a note that is being written."""
    marks = sorted({mark_of(cipher, guild_id, word) for word in words_of(text)})
    rows = [{"guild_id": guild_id, "word": mark, "case_number": number, "note_id": note_id} for mark in marks]
    if rows:
        await connection.execute(insert_if_absent(connection, note_words).values(rows))


async def forget_words(connection: AsyncConnection, note_ids: Iterable[int]) -> None:
    """Delete the marks of notes whose texts are being deleted."""
    ids = list(note_ids)
    for start in range(0, len(ids), _BATCH):
        await connection.execute(delete(note_words).where(note_words.c.note_id.in_(ids[start : start + _BATCH])))


def rule_key(rule_id: str) -> str:
    """A rule's id, normalised for comparison."""
    return rule_id.strip().casefold()


def mark_of(cipher: Cipher, guild_id: int, word: str) -> int:
    """The mark of a word in a server, under the newest key."""
    return cipher.mark(f"{guild_id}:{word}")


def marks_of(cipher: Cipher, guild_id: int, word: str) -> tuple[int, ...]:
    """All marks that the word may have: notes written before a key rotation have an older one."""
    return cipher.marks(f"{guild_id}:{word}")
