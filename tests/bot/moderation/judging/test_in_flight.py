"""Deletions of messages that are being judged."""

from __future__ import annotations

from collections.abc import Callable

from bot.moderation.judging.in_flight import MessagesInFlight
from bot.moderation.messages.message_seen import MessageSeen

Factory = Callable[..., MessageSeen]


def test_a_deletion_is_remembered_while_judging(seen_factory: Factory) -> None:
    """Only messages under way are marked, and the mark goes with them."""
    under_way = MessagesInFlight()
    with under_way.while_judging(seen_factory()):
        under_way.mark_gone(frozenset({300, 301}))
        assert under_way.is_gone(seen_factory())
        assert not under_way.is_gone(seen_factory(message_id=301))
    assert not under_way.is_gone(seen_factory())


def test_a_deleted_channel_takes_its_messages_along(seen_factory: Factory) -> None:
    """Messages of other channels are not touched."""
    under_way = MessagesInFlight()
    there, elsewhere = seen_factory(), seen_factory(message_id=301, channel_id=21)
    with under_way.while_judging(there), under_way.while_judging(elsewhere):
        under_way.mark_channel_gone(20)
        assert under_way.is_gone(there)
        assert not under_way.is_gone(elsewhere)


def test_two_edits_of_one_message_share_the_mark(seen_factory: Factory) -> None:
    """The end of the first judgement does not forget what the second still needs."""
    under_way = MessagesInFlight()
    with under_way.while_judging(seen_factory(edit=1)):
        with under_way.while_judging(seen_factory()):
            under_way.mark_gone(frozenset({300}))
        assert under_way.is_gone(seen_factory(edit=1))
