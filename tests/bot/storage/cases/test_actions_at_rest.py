"""What lies on the disk of acting on cases: words cannot be read there, and go for good."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.keys import UNREADABLE, Cipher, new_key
from bot.moderation.cases.action import ActionKind, NewAction
from bot.moderation.cases.case import CaseKind, ContextLine, Evidence, Judged, NewCase
from bot.storage.cases.actions import SqlActionStore
from bot.storage.cases.cases import SqlCaseStore
from bot.storage.cases.notes import SqlNoteStore

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
LATER = datetime(2026, 6, 1, tzinfo=UTC)
WORDS = ("zebra crossing", "giraffe house", "antelope gate")
BAN = NewAction(guild_id=1, case_number=1, kind=ActionKind.BAN, target_id=7, by=77, reason=WORDS[1])


class Kept:
    """The stores under one key."""

    def __init__(self, engine: AsyncEngine) -> None:
        cipher = Cipher((new_key().encode(),))
        self.cases = SqlCaseStore(engine, now=lambda: NOON, cipher=cipher)
        self.actions = SqlActionStore(engine, now=lambda: NOON, cipher=cipher)
        self.notes = SqlNoteStore(engine, now=lambda: NOON, cipher=cipher)

    async def fill(self) -> None:
        """A case with a line of context, an action with a reason, a note."""
        evidence = Evidence(
            channel_id=10,
            message_id=500,
            author_id=7,
            edit=0,
            text=None,
            forwarded=False,
            posted_at=NOON,
            context=(ContextLine(author_id=8, text=WORDS[0]),),
        )
        judged = Judged(
            policy_id=3,
            policy_name="harassment",
            version_id=40,
            version_number=2,
            rules=(),
            score=None,
            rationale="",
            reasoning=None,
            method="lite",
            judge="lite:1",
            prompt_fingerprint=None,
        )
        await self.cases.open(NewCase(guild_id=1, kind=CaseKind.UNDECIDED, evidence=evidence, judged=judged))
        await self.actions.add(BAN)
        await self.notes.add(1, 1, author_id=77, text=WORDS[2])


def content_of(folder: Path) -> bytes:
    """The bytes of every file of a folder."""
    return b"".join(path.read_bytes() for path in folder.iterdir())


async def test_words_cannot_be_read_in_the_files(tmp_path: Path, file_engine: AsyncEngine) -> None:
    """Neither what members said before, nor moderators' reasons and notes."""
    await Kept(file_engine).fill()
    content = content_of(tmp_path)
    assert b"harassment" in content
    assert not any(word.encode() in content for sentence in WORDS for word in sentence.split())


async def test_words_of_a_lost_key_say_so(file_engine: AsyncEngine) -> None:
    """Context is simply missing: it only helps to read."""
    await Kept(file_engine).fill()
    kept = Kept(file_engine)
    case = await kept.cases.get(1, 1)
    assert case is not None
    assert case.evidence.context == ()
    assert (await kept.actions.of_cases(1, (1,)))[1][0].new.reason == UNREADABLE
    assert (await kept.notes.of_cases(1, (1,)))[1][0].text == UNREADABLE


async def test_purged_words_are_not_merely_unreadable(file_engine: AsyncEngine) -> None:
    """The encrypted bytes themselves are removed."""
    kept = Kept(file_engine)
    await kept.fill()
    for store in (kept.cases, kept.actions, kept.notes):
        assert await store.purge_texts(1, before=LATER) == 1
    async with file_engine.connect() as connection:
        for column, table in (
            ("context_encrypted", "cases"),
            ("reason_encrypted", "case_actions"),
            ("text_encrypted", "case_notes"),
        ):
            assert (await connection.execute(text(f"SELECT {column} FROM {table}"))).scalars().all() == [None]
