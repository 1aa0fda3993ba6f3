"""The contract of `ServerStore`, over every implementation."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

from bot.moderation.servers.server import ServerSettings

Stores = Any  # the fixture of conftest.py, which no test can import

SETTINGS = ServerSettings(guild_id=1, review_channel_id=50, reviewer_role_id=None)


async def test_a_server_that_was_never_set_up(stores: Stores) -> None:
    """There is nothing to know about it, and nothing to tell."""
    assert await stores.servers.get(1) is None
    assert await stores.servers.all() == ()
    assert await stores.servers.tell_once(1) is False
    await stores.servers.trouble_over(1)
    assert await stores.servers.get(1) is None


async def test_settings_come_back_as_they_were_saved(stores: Stores) -> None:
    """Each server has its own."""
    other = ServerSettings(guild_id=2**63 - 1, review_channel_id=51, reviewer_role_id=9, retention_days=7)
    await stores.servers.save(other, actor_id=77)
    await stores.servers.save(SETTINGS, actor_id=77)
    assert await stores.servers.get(1) == SETTINGS
    assert await stores.servers.get(2**63 - 1) == other
    assert await stores.servers.all() == (SETTINGS, other)


async def test_saving_again_replaces(stores: Stores) -> None:
    """The last settings count, whole; each time leaves an audit entry of its own."""
    await stores.servers.save(replace(SETTINGS, reviewer_role_id=9), actor_id=77)
    await stores.servers.save(replace(SETTINGS, retention_days=3), actor_id=78)
    assert await stores.servers.get(1) == replace(SETTINGS, retention_days=3)
    assert [(entry.actor_id, entry.subject) for entry in await stores.audit.entries(1)] == [
        (78, "settings"),
        (77, "settings"),
    ]


async def test_servers_saved_at_once_are_all_kept(stores: Stores) -> None:
    """Concurrency loses no server, and the same server saved twice at once is one."""
    await asyncio.gather(*(stores.servers.save(replace(SETTINGS, guild_id=1 + n // 2), actor_id=77) for n in range(12)))
    assert [settings.guild_id for settings in await stores.servers.all()] == [1, 2, 3, 4, 5, 6]


async def test_trouble_is_told_once(stores: Stores) -> None:
    """One of all callers is the one that tells an admin, until the trouble is over."""
    await stores.servers.save(SETTINGS, actor_id=77)
    answers = await asyncio.gather(*(stores.servers.tell_once(1) for _ in range(6)))
    assert sorted(answers) == [False] * 5 + [True]
    assert (await stores.servers.get(1)).card_trouble_told
    await stores.servers.trouble_over(1)
    await stores.servers.trouble_over(1)
    assert await stores.servers.get(1) == SETTINGS
    assert await stores.servers.tell_once(1) is True


async def test_trouble_of_one_server_is_its_own(stores: Stores) -> None:
    """Telling one server's admin says nothing about another's."""
    for guild in (1, 2):
        await stores.servers.save(replace(SETTINGS, guild_id=guild), actor_id=77)
    assert await stores.servers.tell_once(1)
    assert not (await stores.servers.get(2)).card_trouble_told
    assert await stores.servers.tell_once(2)
