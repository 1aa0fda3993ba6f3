"""Turns a message into what the judge reads: the message with its parts, and the context."""

from __future__ import annotations

from collections.abc import Iterable

from bot.moderation.cases.case import ContextLine
from bot.moderation.messages.message_seen import MessageSeen
from bot.moderation.messages.recent_lines import LONGEST_LINE, shortened
from classifier import Content, Message, Standing
from classifier.folding import undisguised

_LONGEST_CONTEXT = 1_600  # characters of all earlier messages together: some 400 tokens of English
_LONGEST_TITLES = 300


def content_of(seen: MessageSeen) -> Content:
    """The judge's input. Speakers are letters, in reading order; names are never included."""
    speakers = Speakers()
    context = [*_place(seen), *_answered(seen, speakers), *_earlier(seen, speakers)]
    return Content(target=message_of(seen, speakers), context=tuple(context))


def speakers_of(seen: MessageSeen) -> tuple[tuple[str, int], ...]:
    """The speakers in the judge's input, in order of their letters."""
    speakers = Speakers()
    for _ in (*_answered(seen, speakers), *_earlier(seen, speakers), message_of(seen, speakers)):
        pass
    return speakers.known


class Speakers:
    """Gives each member a letter: A, B, ... Z, then A1, B1, ..."""

    def __init__(self) -> None:
        self._letters: dict[int, str] = {}

    @property
    def known(self) -> tuple[tuple[str, int], ...]:
        """(letter, member id), in the order in which they got them."""
        return tuple((letter, author_id) for author_id, letter in self._letters.items())

    def letter(self, author_id: int) -> str:
        """The letter of this member; on first use, the next free one."""
        number = len(self._letters)
        letter = f"{chr(ord('A') + number % 26)}{number // 26 or ''}"
        return self._letters.setdefault(author_id, letter)


def message_of(seen: MessageSeen, speakers: Speakers) -> Message:
    """The complete message to judge."""
    return Message(
        author=speakers.letter(seen.author_id),
        text=seen.text,
        forwarded=seen.forwarded,
        parts=seen.parts,
        plain=undisguised(seen.text),
    )


def _place(seen: MessageSeen) -> Iterable[Message]:
    titles = [title for title in seen.titles if title.strip()]
    if titles:
        yield Message(text=shortened(" / ".join(titles), _LONGEST_TITLES), standing=Standing.PLACE)


def _answered(seen: MessageSeen, speakers: Speakers) -> Iterable[Message]:
    if seen.answers is not None and seen.answers.text.strip():
        yield Message(
            author=speakers.letter(seen.answers.author_id),
            text=shortened(seen.answers.text, _LONGEST_CONTEXT // 2),
            standing=Standing.ANSWERED,
        )


def _earlier(seen: MessageSeen, speakers: Speakers) -> Iterable[Message]:
    """The newest lines that fit the context limit, oldest first, without the message that is replied to."""
    answered = (seen.answers.author_id, shortened(seen.answers.text, LONGEST_LINE)) if seen.answers else None
    fitting: list[ContextLine] = []
    room = _LONGEST_CONTEXT
    for line in reversed(seen.context):
        room -= len(line.text)
        if room < 0:
            break
        if (line.author_id, line.text) != answered:
            fitting.append(line)
    for line in reversed(fitting):
        yield Message(author=speakers.letter(line.author_id), text=line.text)
