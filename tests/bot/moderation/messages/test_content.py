"""What a judge gets to read of a message, and of what stands around it."""

from __future__ import annotations

from collections.abc import Callable

from bot.moderation.cases.case import ContextLine
from bot.moderation.messages.content import content_of
from bot.moderation.messages.message_seen import Answered, MessageSeen
from bot.moderation.messages.recent_lines import RecentLines
from classifier import Part, PartKind, Standing

Factory = Callable[..., MessageSeen]


def line(author_id: int, text: str) -> ContextLine:
    """One line of what was posted before."""
    return ContextLine(author_id=author_id, text=text)


def test_context_comes_in_reading_order_and_speakers_are_letters(seen_factory: Factory) -> None:
    """The place, the message replied to, then the last messages; one member has one letter throughout."""
    seen = seen_factory(
        author_id=7,
        text="me too",
        titles=("films", "The ship", "new, spoilers"),
        answers=Answered(message_id=200, author_id=8, text="who saw it?"),
        context=(line(7, "hi"), line(9, "I did")),
    )
    content = content_of(seen)
    assert [(each.standing, each.author, each.text) for each in content.context] == [
        (Standing.PLACE, "A", "films / The ship / new, spoilers"),
        (Standing.ANSWERED, "A", "who saw it?"),
        (Standing.EARLIER, "B", "hi"),
        (Standing.EARLIER, "C", "I did"),
    ]
    assert (content.target.author, content.target.text) == ("B", "me too")


def test_the_message_replied_to_is_not_shown_twice(seen_factory: Factory) -> None:
    """It is in the channel's last messages as well."""
    seen = seen_factory(answers=Answered(message_id=299, author_id=8, text="so?"), context=(line(8, "so?"),))
    assert [each.standing for each in content_of(seen).context] == [Standing.ANSWERED]


def test_context_has_bounded_room_and_the_newest_has_it_first(seen_factory: Factory) -> None:
    """A wall of text before the message pushes out older messages, not the prompt."""
    seen = seen_factory(context=tuple(line(1, f"{number}" * 200) for number in range(100, 110)))
    assert [each.text[:3] for each in content_of(seen).context] == ["108", "109"]


def test_parts_and_disguises_go_along(seen_factory: Factory) -> None:
    """A poll is judged with its message, and letters in disguise are spelt out beside the original."""
    poll = Part(kind=PartKind.POLL, text="yes\nno")
    target = content_of(seen_factory(text="fr\u200bee n1tro", parts=(poll,))).target
    assert (target.text, target.plain, target.parts) == ("fr\u200bee n1tro", "free nitro", (poll,))
    assert content_of(seen_factory(text="Grüße aus Köln")).target.plain == ""


def test_many_speakers_have_letters_of_their_own(seen_factory: Factory) -> None:
    """The alphabet does not end the list."""
    seen = seen_factory(context=tuple(line(number, "x") for number in range(1, 40)))
    letters = [each.author for each in content_of(seen).context]
    assert len(set(letters)) == 39
    assert letters[25:28] == ["Z", "A1", "B1"]


def test_no_more_lines_than_asked_for(seen_factory: Factory) -> None:
    """The server chooses how many; none is a choice, too."""
    recent = RecentLines()
    for number in (1, 2, 3):
        recent.keep(seen_factory(message_id=number, text=str(number), parts=(Part(kind=PartKind.STICKER, text="hi"),)))
    now = seen_factory(message_id=9)
    assert [each.text for each in recent.before(now, most=2)] == ["2\nhi", "3\nhi"]
    assert recent.before(now, most=0) == ()


def test_recent_lines_are_bounded(seen_factory: Factory) -> None:
    """In lines a channel, in channels, and in characters of a line."""
    recent = RecentLines(channels=2)
    for channel in (1, 2, 3):
        for number in range(10, 30):
            recent.keep(seen_factory(channel_id=channel, message_id=number, text=f"{number}" * 1_000))
    assert recent.before(seen_factory(channel_id=1, message_id=40), most=9) == ()
    kept = recent.before(seen_factory(channel_id=3, message_id=40), most=99)
    assert len(kept) == 11
    assert all(len(each.text) <= 500 for each in kept)
