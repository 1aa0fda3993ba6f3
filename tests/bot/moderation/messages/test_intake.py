"""Which messages are judged, and which answers serve twice."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bot.moderation.messages.intake import SameText, Skip, reason_to_skip
from bot.moderation.messages.message_seen import MessageSeen
from bot.moderation.servers.server import ServerSettings
from classifier import Verdict

SETTINGS = ServerSettings(guild_id=1, review_channel_id=99, reviewer_role_id=None)
Factory = Callable[..., MessageSeen]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"author_id": 1000}, Skip.OWN),
        ({"is_system": True}, Skip.SYSTEM),
        ({"author_is_bot": True}, Skip.BOT),
        ({"text": ""}, Skip.EMPTY),
        ({"text": " \n\t"}, Skip.EMPTY),
        ({"channel_id": 99}, Skip.REVIEW_CHANNEL),
        ({}, None),
        ({"text": "👍"}, None),
    ],
)
def test_each_message_has_at_most_one_reason_not_to_be_judged(
    seen_factory: Factory, changes: dict[str, object], reason: Skip | None
) -> None:
    """Own, system, bot, empty and moderators' messages are skipped; everything else is judged."""
    assert reason_to_skip(seen_factory(**changes), SETTINGS, own_id=1000) is reason


def test_a_server_without_setup_is_not_judged(seen_factory: Factory) -> None:
    """Before /setup nothing is read."""
    assert reason_to_skip(seen_factory(), None, own_id=1000) is Skip.NOT_SET_UP


def test_the_same_text_is_remembered_for_a_while(
    seen_factory: Factory, verdict_factory: Callable[..., Verdict]
) -> None:
    """Within the time the verdict comes back; after it, and for another version or text, none does."""
    clock = [100.0]
    same_text = SameText(lambda: clock[0], seconds=10)
    verdict = verdict_factory()
    same_text.keep(33, seen_factory(), verdict)
    assert same_text.find(33, seen_factory(message_id=301, author_id=8)) is verdict
    assert same_text.find(34, seen_factory()) is None
    assert same_text.find(33, seen_factory(text="another")) is None
    assert same_text.find(33, seen_factory(forwarded=True)) is None
    clock[0] = 110.1
    assert same_text.find(33, seen_factory()) is None


def test_the_memory_for_texts_is_bounded(seen_factory: Factory, verdict_factory: Callable[..., Verdict]) -> None:
    """The oldest verdict leaves first."""
    same_text = SameText(lambda: 0.0, kept=2)
    for text in ("a", "b", "c"):
        same_text.keep(1, seen_factory(text=text), verdict_factory())
    assert same_text.find(1, seen_factory(text="a")) is None
    assert same_text.find(1, seen_factory(text="b")) is not None


def test_lone_surrogates_do_not_hurt(seen_factory: Factory, verdict_factory: Callable[..., Verdict]) -> None:
    """JSON can carry half a character; it has a digest like any other text."""
    same_text = SameText(lambda: 0.0)
    same_text.keep(1, seen_factory(text="\ud800"), verdict_factory())
    assert same_text.find(1, seen_factory(text="\ud800")) is not None
