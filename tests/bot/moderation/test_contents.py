"""What a judge gets to read of a message, and of what stands around it."""

from __future__ import annotations

from collections.abc import Callable

from bot.moderation.contents import content_of
from bot.moderation.recent import Recent, RecentMessages
from bot.moderation.seen import Answered, MessageSeen
from classifier import Part, PartKind, Standing

Factory = Callable[..., MessageSeen]


def test_context_comes_in_reading_order_and_speakers_are_letters(seen_factory: Factory) -> None:
    """The place, the message replied to, then the last messages; one member has one letter throughout."""
    seen = seen_factory(
        author_id=7,
        text="me too",
        titles=("films", "The ship", "new, spoilers"),
        answers=Answered(message_id=200, author_id=8, text="who saw it?"),
    )
    earlier = (
        Recent(message_id=298, author_id=7, text="hi"),
        Recent(message_id=299, author_id=9, text="I did", forwarded=True),
    )
    content = content_of(seen, earlier)
    assert [(each.standing, each.author, each.text) for each in content.context] == [
        (Standing.PLACE, "A", "films / The ship / new, spoilers"),
        (Standing.ANSWERED, "A", "who saw it?"),
        (Standing.EARLIER, "B", "hi"),
        (Standing.EARLIER, "C", "I did"),
    ]
    assert (content.target.author, content.target.text) == ("B", "me too")
    assert content.context[3].forwarded


def test_the_message_replied_to_is_not_shown_twice(seen_factory: Factory) -> None:
    """It stands in the channel's last messages as well."""
    seen = seen_factory(answers=Answered(message_id=299, author_id=8, text="so?"))
    content = content_of(seen, (Recent(message_id=299, author_id=8, text="so?"),))
    assert [each.standing for each in content.context] == [Standing.ANSWERED]


def test_context_has_bounded_room_and_the_newest_has_it_first(seen_factory: Factory) -> None:
    """A wall of text before the message pushes out older messages, not the prompt."""
    earlier = tuple(Recent(message_id=number, author_id=1, text=f"{number}" * 200) for number in range(100, 110))
    content = content_of(seen_factory(), earlier)
    assert [each.text[:3] for each in content.context] == ["108", "109"]


def test_parts_and_disguises_go_along(seen_factory: Factory) -> None:
    """A poll is judged with its message, and letters in disguise are spelt out beside the original."""
    poll = Part(kind=PartKind.POLL, text="yes\nno")
    target = content_of(seen_factory(text="fr\u200bee n1tro", parts=(poll,))).target
    assert (target.text, target.plain, target.parts) == ("fr\u200bee n1tro", "free nitro", (poll,))
    assert content_of(seen_factory(text="Grüße aus Köln")).target.plain == ""


def test_many_speakers_have_letters_of_their_own(seen_factory: Factory) -> None:
    """The alphabet does not end the list."""
    earlier = tuple(Recent(message_id=number, author_id=number, text="x") for number in range(1, 40))
    letters = [each.author for each in content_of(seen_factory(), earlier).context]
    assert len(set(letters)) == 39
    assert letters[25:28] == ["Z", "A1", "B1"]


def test_recent_messages_are_those_before(seen_factory: Factory) -> None:
    """In the order of posting, only of this channel, and no more than asked for."""
    recent = RecentMessages()
    for number in (303, 301, 302):
        recent.add(seen_factory(message_id=number, text=str(number)))
    recent.add(seen_factory(message_id=299, channel_id=21))
    now = seen_factory(message_id=303)
    assert [each.text for each in recent.before(now, most=4)] == ["301", "302"]
    assert [each.text for each in recent.before(now, most=1)] == ["302"]
    assert recent.before(now, most=0) == ()


def test_recent_messages_follow_edits_and_deletions(seen_factory: Factory) -> None:
    """An edit keeps its place, a deleted message is gone at once, and so is a deleted channel's whole memory."""
    recent = RecentMessages()
    for number in (1, 2, 3):
        recent.add(seen_factory(message_id=number, text="old"))
    recent.add(seen_factory(message_id=1, text="new", parts=(Part(kind=PartKind.STICKER, text="wave"),)))
    recent.gone(20, frozenset({2}))
    recent.gone(21, frozenset({3}))
    now = seen_factory(message_id=9)
    assert [each.text for each in recent.before(now, most=9)] == ["new\nwave", "old"]
    recent.channel_gone(20)
    assert recent.before(now, most=9) == ()


def test_recent_messages_are_bounded(seen_factory: Factory) -> None:
    """In messages a channel, in channels, and in characters of a message."""
    recent = RecentMessages(per_channel=2, channels=2)
    for channel in (1, 2, 3):
        for number in (10, 11, 12):
            recent.add(seen_factory(channel_id=channel, message_id=number, text=f"{number}" * 1_000))
    assert recent.before(seen_factory(channel_id=1, message_id=20), most=9) == ()
    kept = recent.before(seen_factory(channel_id=3, message_id=20), most=9)
    assert [each.text[:2] for each in kept] == ["11", "12"]
    assert all(len(each.text) <= 500 for each in kept)
