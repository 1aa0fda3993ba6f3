"""What members and reviewers write is encrypted in the database, and a lost key ends in a sentence."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from bot.keys import UNREADABLE, Cipher, new_key
from bot.moderation.appeals.appeal import Answer, AppealKey, AppealState, Asked, Fresh, NewAppeal, Review
from bot.moderation.members.report import NewReport
from bot.storage.database.engine import create_engine
from bot.storage.members.appeals import SqlAppealStore
from bot.storage.members.reports import SqlReportStore
from bot.storage.tables.cases import metadata

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
KEY = AppealKey(guild_id=1, case_number=1, attempt=1)
SECRET = "rosebud"


def a_cipher() -> Cipher:
    """A cipher with a key of its own."""
    return Cipher((new_key().encode(),))


def bytes_in(folder: Path) -> bytes:
    """Everything that the files of a folder hold."""
    return b"".join(path.read_bytes() for path in folder.iterdir())


async def test_words_are_not_in_the_file_and_a_lost_key_is_survived(tmp_path: Path) -> None:
    """No word is readable in the file; without the key the appeal can still be answered and decided."""
    file = tmp_path / "bylaw.sqlite3"
    engine = create_engine(f"sqlite:///{file}")
    async with engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
    cipher = a_cipher()
    appeals = SqlAppealStore(engine, now=lambda: NOON, cipher=cipher)
    reports = SqlReportStore(engine, now=lambda: NOON, cipher=cipher)
    new = NewReport(guild_id=1, message_id=2, edit=0, reporter_id=7)
    await reports.file(new)
    await reports.attach(new, 1)
    await reports.add_words(1, 2, 7, SECRET)
    await appeals.open(NewAppeal(key=KEY, member_id=7, answers=(Answer(question=SECRET, text=SECRET),)))
    await appeals.note_fresh(KEY, Fresh(why_not=SECRET))
    await appeals.ask(KEY, Asked(by=8, at=NOON, question=SECRET))
    lost = SqlAppealStore(engine, now=lambda: NOON, cipher=a_cipher())
    found = await lost.get(KEY)
    assert found is not None
    assert (found.answers[0].text, found.asked, found.newest_question) == (UNREADABLE, (), None)
    assert found.fresh == Fresh(why_not=UNREADABLE)
    answered = await lost.answer(KEY, "new words")
    assert answered is not None
    assert (answered.asked[0].question, answered.asked[0].answer) == (UNREADABLE, "new words")
    review = Review(reviewer_id=8, at=NOON, reason=SECRET)
    await appeals.decide(KEY, AppealState.UPHELD, review)
    decided = await lost.get(KEY)
    assert decided is not None
    assert decided.review is not None
    assert decided.review.reason == UNREADABLE
    lost_reports = SqlReportStore(engine, now=lambda: NOON, cipher=a_cipher())
    assert [each.words for each in await lost_reports.of_case(1, 1)] == [UNREADABLE]
    await engine.dispose()
    assert SECRET.encode() not in bytes_in(tmp_path)
