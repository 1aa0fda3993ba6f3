"""Who may do what."""

from __future__ import annotations

import pytest

from bot.moderation.servers.permissions import Person, may_review, may_write_policies
from bot.moderation.servers.server import ServerSettings

SETTINGS = ServerSettings(guild_id=1, review_channel_id=99, reviewer_role_id=50)
NO_ROLE = ServerSettings(guild_id=1, review_channel_id=99, reviewer_role_id=None)


def person(*roles: int, server: bool = False, messages: bool = False) -> Person:
    """A member with these roles and permissions."""
    return Person(id=7, role_ids=frozenset(roles), manages_server=server, manages_messages=messages)


@pytest.mark.parametrize(
    ("who", "settings", "allowed"),
    [
        (person(), SETTINGS, False),
        (person(), None, False),
        (person(50), SETTINGS, True),
        (person(50), NO_ROLE, False),
        (person(50), None, False),
        (person(51), SETTINGS, False),
        (person(messages=True), None, True),
        (person(server=True), None, True),
    ],
)
def test_reviewing_takes_the_role_or_a_permission(who: Person, settings: ServerSettings | None, allowed: bool) -> None:
    """The reviewer role, Manage Messages or Manage Server; nothing else."""
    assert may_review(who, settings) is allowed


def test_policies_are_for_those_who_manage_the_server() -> None:
    """Reviewers decide on cases; they do not write rules."""
    assert may_write_policies(person(server=True))
    assert not may_write_policies(person(50, messages=True))
