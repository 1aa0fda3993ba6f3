"""A conversation in pieces: every message is judged once, and the pieces fit."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.moderation.messages.message_seen import MessageSeen
from bot.moderation.messages.windows import MOST_MESSAGES, windows
from classifier import Standing

Factory = Callable[..., MessageSeen]


def talk(seen_factory: Factory, *lengths: int, first: int = 1) -> list[MessageSeen]:
    """Messages of these lengths by two members in turn."""
    return [
        seen_factory(message_id=first + number, author_id=number % 2, text="x" * length)
        for number, length in enumerate(lengths)
    ]


@pytest.fixture(scope="session")
def factory() -> Factory:
    """The factory of messages, for property tests, which may not use one of a shorter life."""
    from datetime import UTC, datetime

    def make(**values: object) -> MessageSeen:
        fixed: dict[str, object] = {"guild_id": 1, "channel_id": 20, "posted_at": datetime(2026, 11, 21, tzinfo=UTC)}
        return MessageSeen(**{**fixed, **values})  # type: ignore[arg-type]  # the tests name real fields

    return make


@given(lengths=st.lists(st.integers(1, 400), max_size=80), size=st.integers(1, 1_000), overlap=st.integers(0, 500))
def test_every_message_is_judged_in_exactly_one_window(
    factory: Factory, lengths: list[int], size: int, overlap: int
) -> None:
    """In order, within the room where one message alone does not break it, with context from right before."""
    messages = talk(factory, *lengths)
    cut = windows(messages, size=size, overlap=overlap)
    assert [seen for window in cut for seen in window.messages] == messages
    for window in cut:
        assert len(window.messages) <= MOST_MESSAGES
        assert len(window.messages) == 1 or sum(len(seen.text) for seen in window.messages) <= size
        assert sum(len(seen.text) for seen in window.context) <= overlap
        start = messages.index(window.messages[0])
        assert list(window.context) == messages[start - len(window.context) : start]


def test_earlier_messages_are_the_context_of_the_first_window(seen_factory: Factory) -> None:
    """They were judged before and are shown, not judged."""
    earlier, new = talk(seen_factory, 10, 10), talk(seen_factory, 10, 10, first=5)
    (window,) = windows(new, earlier=earlier)
    assert (window.context, window.messages) == (tuple(earlier), tuple(new))


def test_a_window_becomes_a_numbered_conversation(seen_factory: Factory) -> None:
    """What is judged is numbered from 1 on, place and context are not; a number leads back to its message."""
    earlier = talk(seen_factory, 3)
    new = [seen_factory(message_id=5, author_id=1, text="a", titles=("films",)), seen_factory(message_id=6, text="b")]
    new[1] = seen_factory(message_id=6, author_id=9, text="b", titles=("films",))
    (window,) = windows(new, earlier=earlier)
    content = window.content()
    assert [(each.standing, each.author, each.text) for each in content.context] == [
        (Standing.PLACE, "A", "films"),
        (Standing.EARLIER, "A", "xxx"),
    ]
    assert [(each.author, each.text) for each in content.judged] == [("B", "a"), ("C", "b")]
    assert [window.numbered(number) for number in (0, 1, 2, 3)] == [None, new[0], new[1], None]


def test_nothing_to_judge_is_no_window() -> None:
    """A conversation whose messages were all deleted."""
    assert windows([]) == ()
