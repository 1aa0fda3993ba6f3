"""Which events about a thread's title are about one change of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.moderation.judging.message_changes import TitleChanges
from bot.moderation.messages.message_seen import MessageSeen, title_edit

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
Factory = Callable[..., MessageSeen]


def given(seen_factory: Factory, title: str, seconds: float) -> MessageSeen:
    """A title that an event tells of."""
    at = NOON + timedelta(seconds=seconds)
    return replace(seen_factory(message_id=-9, text=title), posted_at=at, edit=title_edit(title, at))


def test_two_events_about_one_change_are_one(seen_factory: Factory) -> None:
    """Whichever is first, and also when the line is read once more after the next change."""
    changes = TitleChanges()
    first = changes.as_first_heard(given(seen_factory, "ships", 0))
    other = changes.as_first_heard(given(seen_factory, "boats", 60))
    assert first.edit != other.edit
    for seconds in (0.4, 5, 59):
        again = changes.as_first_heard(given(seen_factory, "ships", seconds))
        assert (again.edit, again.posted_at) == (first.edit, first.posted_at)


def test_a_title_that_is_given_again_is_another_change(seen_factory: Factory) -> None:
    """After another one, or after minutes in which nothing was heard."""
    changes = TitleChanges()
    heard = [
        changes.as_first_heard(given(seen_factory, title, seconds))
        for title, seconds in (("ships", 0), ("boats", 30), ("ships", 60), ("ships", 600))
    ]
    assert len({each.edit for each in heard}) == 4


def test_messages_are_left_alone(seen_factory: Factory) -> None:
    """They have a time of edit of their own."""
    changes = TitleChanges()
    seen = seen_factory(message_id=9, text="ships")
    assert changes.as_first_heard(seen) is seen
    assert changes.as_first_heard(seen) is seen
