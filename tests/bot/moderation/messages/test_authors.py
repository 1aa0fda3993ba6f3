"""Who wrote a message that was read from history, where somebody asks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from bot.moderation.messages.authors import Authors, AuthorsUnavailable, MemberFacts
from bot.moderation.messages.message_seen import MessageSeen
from guild_policies.scope import Scope

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
Factory = Callable[..., MessageSeen]


class Members:
    """A server with one member; others left."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    async def member(self, guild_id: int, member_id: int) -> MemberFacts | None:
        """Member 7 is staff and has role 70."""
        assert guild_id == 1
        self.asked.append(member_id)
        return MemberFacts(role_ids=frozenset({70}), joined_at=NOON, is_staff=True) if member_id == 7 else None


async def test_a_member_is_looked_up_once_a_minute(seen_factory: Factory) -> None:
    """A long history asks once a member; somebody who left is known to have left."""
    members, now = Members(), [0.0]
    authors = Authors(members, lambda: now[0])
    for _ in range(2):
        seen = await authors.complete(seen_factory())
        assert (seen.author_role_ids, seen.author_joined_at, seen.author_is_staff) == ({70}, NOON, True)
        assert await authors.complete(seen_factory(author_id=8)) == seen_factory(author_id=8)
    assert members.asked == [7, 8]
    now[0] = 61.0
    await authors.complete(seen_factory())
    assert members.asked == [7, 8, 7]


@pytest.mark.parametrize("known", [{"author_is_staff": False}, {"author_is_bot": True}])
async def test_nobody_is_looked_up_who_is_known(seen_factory: Factory, known: dict[str, bool]) -> None:
    """Live messages come with their author's roles, and bots and webhooks have none that count."""
    members = Members()
    await Authors(members, lambda: 0.0).complete(seen_factory(**known))
    assert members.asked == []


@pytest.mark.parametrize(
    ("scope", "asked"),
    [(Scope(), []), (Scope(exempt_roles=frozenset({1})), [7]), (Scope(newcomer_days=7), [7])],
)
async def test_nobody_is_looked_up_whom_no_scope_asks_about(
    seen_factory: Factory, scope: Scope, asked: list[int]
) -> None:
    """Most policies apply to everybody."""
    members = Members()
    await Authors(members, lambda: 0.0).for_scopes(seen_factory(), [scope])
    assert members.asked == asked


async def test_whoever_waited_is_looked_up_again(seen_factory: Factory) -> None:
    """The roles that came with a message may be old once its turn comes, and once something is to be done."""
    members = Members()
    authors, old = Authors(members, lambda: 0.0), seen_factory(author_is_staff=False)
    scope = Scope(exempt_roles=frozenset({70}))
    assert (await authors.for_scopes(old, [scope])).author_role_ids == frozenset()
    assert (await authors.for_scopes(old, [scope], has_waited=True)).author_role_ids == {70}
    assert (await authors.before_acting(old)).author_is_staff is True
    assert members.asked == [7, 7]


async def test_discord_does_not_say_who_somebody_is_now(seen_factory: Factory) -> None:
    """What came with the message counts then; where nothing did, it is asked again later."""

    class Unavailable:
        async def member(self, guild_id: int, member_id: int) -> MemberFacts | None:
            """Discord does not answer."""
            raise AuthorsUnavailable

    authors, known = Authors(Unavailable(), lambda: 0.0), seen_factory(author_is_staff=False)
    assert await authors.before_acting(known) == known
    with pytest.raises(AuthorsUnavailable):
        await authors.before_acting(seen_factory())
