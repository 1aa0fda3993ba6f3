"""The files of a message become its words, and what is not read of them is known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from bot.moderation.cases.attached_file import AttachedFile, NotRead
from bot.moderation.messages.attached_files import LONGEST_FILE, MOST_CHARACTERS, MOST_FILES, excerpt, with_files
from bot.moderation.messages.message_seen import Answered, MessageSeen
from bot.moderation.messages.reading_allowance import EXCERPT, SECONDS, ReadingAllowance
from bot.moderation.messages.reading_allowance import MOST_CHARACTERS as SHARE
from classifier.long_content import MOST_WINDOWS, WINDOW

Factory = Callable[..., MessageSeen]


@dataclass
class Cdn:
    """Hands out files by name, and remembers who asked."""

    files: dict[str, bytes]
    asked: list[str] = field(default_factory=list)

    async def fetch(self, file: AttachedFile) -> bytes | None:
        """The bytes; None for a file that is not there."""
        self.asked.append(file.name)
        return self.files.get(file.name)


def named(*names: str, **more: object) -> tuple[AttachedFile, ...]:
    """Files of these names."""
    return tuple(AttachedFile(name=name, size=10, **more) for name in names)  # type: ignore[arg-type]


async def test_a_file_is_asked_for_once_and_a_missing_one_again(seen_factory: Factory) -> None:
    """What could not be fetched is fetched later, and the rest is left in peace."""
    cdn = Cdn({"a.txt": b"first"})
    seen = await with_files(seen_factory(text="", files=named("a.txt", "b.txt"), fetch=cdn.fetch))
    assert [file.not_read for file in seen.files] == [None, NotRead.NOT_FETCHED]
    assert seen.fetch is not None
    cdn.files["b.txt"] = b"second"
    cdn.asked.clear()
    seen = await with_files(seen)
    assert (cdn.asked, seen.fetch) == (["b.txt"], None)
    assert "first" in seen.words
    assert "second" in seen.words
    assert await with_files(seen) is seen


async def test_pictures_are_not_fetched_and_their_descriptions_are_read(seen_factory: Factory) -> None:
    """Nor are their names read, which Discord does not show; that of a document it does."""
    cdn = Cdn({})
    files = (
        AttachedFile(name="cat.png", kind="image/png", description="a cat"),
        AttachedFile(name="book.pdf", kind="application/pdf"),
        AttachedFile(name="voice-message.ogg", kind="audio/ogg"),
    )
    seen = await with_files(seen_factory(text="", files=files, fetch=cdn.fetch))
    assert (cdn.asked, seen.words) == ([], "a cat\nbook.pdf")
    assert {file.not_read for file in seen.files} == {NotRead.NO_TEXT}


async def test_sizes_and_numbers_have_limits(seen_factory: Factory) -> None:
    """And every file says what was not read of it."""
    names = [f"{number}.txt" for number in range(MOST_FILES + 1)]
    cdn = Cdn(dict.fromkeys(names, b"x") | {"1.txt": b"y" * 40_000})
    files = (AttachedFile(name="0.txt", size=LONGEST_FILE + 1), *named(*names[1:]))
    seen = await with_files(seen_factory(text="", files=files, fetch=cdn.fetch))
    found = [file.not_read for file in seen.files]
    assert found == [NotRead.TOO_LARGE, *[NotRead.IN_PART] * 9, NotRead.TOO_MANY]
    assert len(seen.words) <= MOST_CHARACTERS + 2_000


async def test_a_reply_knows_what_the_other_files_said(seen_factory: Factory) -> None:
    """As context, so the rest of them does not count."""
    cdn = Cdn({"a.txt": b"who was it?"})
    answers = Answered(message_id=1, author_id=8, text="well", files=named("a.txt"), fetch=cdn.fetch)
    seen = await with_files(seen_factory(answers=answers))
    assert seen.answers is not None
    assert (seen.answers.text, seen.files) == ("well\na.txt\nwho was it?", ())


@pytest.mark.parametrize("length", [0, 99, 100, 101, 5_000])
def test_an_excerpt_has_both_ends(length: int) -> None:
    """And is no longer than asked for."""
    text = "".join(chr(0x4E00 + number) for number in range(length))
    short = excerpt(text, 100)
    assert len(short) <= 100
    assert (short[:20], short[-20:]) == (text[:20], text[-20:])


async def test_a_share_is_of_one_member_and_of_ten_minutes(seen_factory: Factory) -> None:
    """Then files are read whole again."""
    cdn = Cdn({"a.txt": b"x" * 20_000})
    allowance = ReadingAllowance()
    read = await with_files(seen_factory(text="", files=named("a.txt"), fetch=cdn.fetch))
    read = MessageSeen(**{name: getattr(read, name) for name in MessageSeen.__slots__})
    turns = [len(allowance.kept_to(read).words) for _ in range(SHARE // 20_000 + 1)]
    assert turns[0] == len(read.words)
    assert turns[-1] < 2_000
    later = seen_factory(text="", parts=read.parts, posted_at=read.posted_at + timedelta(seconds=SECONDS))
    assert len(allowance.kept_to(later).words) == len(read.words)
    other = seen_factory(text="", parts=read.parts, author_id=8)
    assert len(allowance.kept_to(other).words) == len(read.words)


@pytest.mark.parametrize("page", ["moderators.md", "admins.md"])
def test_the_manual_names_the_limits(page: str) -> None:
    """As they are."""
    text = (Path(__file__).parents[4] / "docs" / page).read_text(encoding="utf-8")
    for limit in (MOST_CHARACTERS, SHARE, EXCERPT, WINDOW):
        assert f"{limit:,}" in text
    assert f"first {MOST_FILES}" in text
    assert f"up to {MOST_WINDOWS}" in text
    assert LONGEST_FILE == 1 << 20
    assert "1 MB" in text
