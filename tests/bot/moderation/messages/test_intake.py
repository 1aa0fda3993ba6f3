"""Which messages are judged, and why others are not."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bot.moderation.messages.intake import Skip, reason_to_skip
from bot.moderation.messages.message_seen import MessageSeen
from bot.moderation.servers.server import ServerSettings

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
