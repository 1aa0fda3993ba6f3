"""Reads the files of a message: their texts, their names if members see those, and the alt texts of pictures.

Every path calls `with_files` before it judges or shows a message: live, edited, from history, reported, checked.
"""

from __future__ import annotations

from dataclasses import replace

from bot.moderation.cases.attached_file import UNKNOWN, AttachedFile, NotRead
from bot.moderation.messages.file_text import Expected, expected, text_of
from bot.moderation.messages.message_seen import Fetch, MessageSeen
from classifier import Part, PartKind

MOST_FILES = 10  #: files read per message; Discord's limit
LONGEST_FILE = 1_048_576  #: bytes; larger files are not fetched
MOST_CHARACTERS = 28_000  #: characters of one message's files: as much as the judge's windows cover completely
_FETCHES = 2  #: times that a file is asked for
_SHORTEST_EXCERPT = 900  # characters
_GAP = "\n[…]\n"
_VOICE_MESSAGE = "voice-message.ogg"  # Discord's name for all of them


async def with_files(seen: MessageSeen) -> MessageSeen:
    """The message with the texts of its files, and of the files of the message it replies to.

    `fetch` is None in the result, unless Discord didn't deliver a file: call again later, and only that one is fetched.
    """
    if seen.fetch is not None:
        parts, files = await _read(seen.files, seen.fetch)
        left = seen.fetch if any(file.not_read is NotRead.NOT_FETCHED for file in files) else None
        seen = replace(seen, parts=(*seen.parts, *parts), files=files, fetch=left)
    answers = seen.answers
    if answers is not None and answers.fetch is not None:
        parts, files = await _read(answers.files, answers.fetch)
        text = "\n".join(each for each in (answers.text, *(part.text for part in parts)) if each)
        seen = replace(seen, answers=replace(answers, text=text, files=files, fetch=None))
    return seen


def unknown_files(seen: MessageSeen) -> tuple[AttachedFile, ...]:
    """The files whose text is unknown."""
    return tuple(file for file in seen.files if file.not_read in UNKNOWN)


def excerpt(text: str, room: int) -> str:
    """The beginning, the middle and the end of a text that is too long."""
    if len(text) <= room:
        return text
    third = max(1, (room - 2 * len(_GAP)) // 3)
    middle = (len(text) - third) // 2
    return _GAP.join((text[:third], text[middle : middle + third], text[-third:]))


async def _read(files: tuple[AttachedFile, ...], fetch: Fetch) -> tuple[tuple[Part, ...], tuple[AttachedFile, ...]]:
    """The texts of the files, and the files with what wasn't read of them."""
    room = MOST_CHARACTERS
    parts, known = [], []
    for place, file in enumerate(files):
        if file.not_read is not NotRead.NOT_FETCHED:
            known.append(file)
            continue
        text, not_read = await _text(file, fetch) if place < MOST_FILES else ("", NotRead.TOO_MANY)
        if len(text) > room:
            text, not_read = excerpt(text, max(room, _SHORTEST_EXCERPT)), NotRead.IN_PART
        room = max(0, room - len(text))
        said = "\n".join(each for each in (_shown_name(file), file.description, text) if each.strip())
        if said:
            parts.append(Part(kind=PartKind.FILE, text=said))
        known.append(replace(file, not_read=not_read))
    return tuple(parts), tuple(known)


async def _text(file: AttachedFile, fetch: Fetch) -> tuple[str, NotRead | None]:
    """The text of a file, or why there is none."""
    likely = expected(file)
    surely = likely is Expected.TEXT
    if likely is Expected.NO_TEXT:
        return "", NotRead.NO_TEXT
    if file.size > LONGEST_FILE:
        return "", NotRead.TOO_LARGE if surely else NotRead.NO_TEXT
    for _ in range(_FETCHES):
        data = await fetch(file)
        if data is not None:
            text = text_of(data, file)
            return ("", NotRead.NO_TEXT) if text is None else (text, None)
    return "", NotRead.NOT_FETCHED


def _shown_name(file: AttachedFile) -> str:
    """The name, if Discord shows it: it doesn't for pictures, videos and voice messages."""
    kind = file.kind.split(";")[0].lower()
    is_seen = kind.startswith(("image/", "video/")) and kind != "image/svg+xml"
    return "" if is_seen or file.name == _VOICE_MESSAGE else file.name
