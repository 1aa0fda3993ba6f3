"""Whose words a webhook posts."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bot.moderation.messages.message_seen import MessageSeen
from bot.moderation.messages.proxied import ProxiedMessages

Seen = Callable[..., MessageSeen]


def posted(seen_factory: Seen, message_id: int, author_id: int, text: str) -> MessageSeen:
    """A member's message."""
    return seen_factory(message_id=message_id, author_id=author_id, text=text)


def copied(seen_factory: Seen, text: str) -> MessageSeen:
    """What a webhook posted afterwards."""
    return seen_factory(message_id=900, author_id=5, text=text, author_is_bot=True, by_webhook=True)


@pytest.mark.parametrize(
    ("wrote", "gone", "author"),
    [
        ("L: the butler did it", False, 7),
        ("[the butler did it]", False, 7),
        ("nobody says the butler did it", False, 5),
        ("no no: the butler did it is nonsense", False, 5),
        ("see you all at seven tonight friends, the butler did it", True, 7),
    ],
)
def test_words_are_the_members_where_only_marks_are_around_them(
    seen_factory: Seen, wrote: str, gone: bool, author: int
) -> None:
    """Few of them as long as the message is there; a sentence that has the words in it is not their original."""
    proxied = ProxiedMessages(lambda: 0.0)
    proxied.keep(posted(seen_factory, 300, 7, wrote))
    if gone:
        proxied.gone(frozenset({300}))
    seen = proxied.attributed(copied(seen_factory, "the butler did it"))
    assert seen.author_id == author
    assert seen.original_gone is gone


def test_a_deleted_original_counts_before_a_newer_quote(seen_factory: Seen) -> None:
    """Ben quotes what Ana's proxy is about to post."""
    proxied = ProxiedMessages(lambda: 0.0)
    proxied.keep(posted(seen_factory, 300, 7, "Luna says: the butler did it"))
    proxied.keep(posted(seen_factory, 301, 8, "> the butler did it"))
    proxied.gone(frozenset({300}))
    assert proxied.attributed(copied(seen_factory, "the butler did it")).author_id == 7


def test_the_closest_message_counts_before_the_newest(seen_factory: Seen) -> None:
    """Where none is deleted yet."""
    proxied = ProxiedMessages(lambda: 0.0)
    proxied.keep(posted(seen_factory, 300, 7, "L: yes"))
    proxied.keep(posted(seen_factory, 301, 8, "so: yes"))
    assert proxied.attributed(copied(seen_factory, "yes")).author_id == 7
