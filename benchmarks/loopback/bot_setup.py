"""Gets a bot ready for the loopback Discord: a server that is set up, and no long pauses."""

from __future__ import annotations

import asyncio
import types
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import discord

from benchmarks.loopback.payloads import GUILD, OWNER
from bot.app import BylawBot
from bot.keys import load_keys
from bot.moderation.messages.watermarks import WHOLE_SERVER, id_at
from bot.moderation.policies.consequences import ConsequenceMode, ConsequenceSetting
from bot.moderation.policies.outcomes import Published
from bot.moderation.policies.publishing import Publishing
from bot.moderation.servers.server import ServerSettings
from bot.settings import Settings
from bot.wiring.stores import open_stores, utc_now

POLICY = """# Butlers

Nobody names the butler.

## Rules
### R1 Naming the butler
Severity: high
Breaks it: saying that it was the butler.
Does not: asking who it was.
Consequence: delete
Examples:
- violates: "it was the butler"
- violates: "the butler did it, of course"
- allowed: "who was it"
- allowed: "no spoilers please"

### R2 Naming the gardener
Severity: high
Breaks it: saying that it was the gardener.
Does not: asking who it was.
Consequence: timeout 10m
Examples:
- violates: "it was the gardener"
- violates: "the gardener did it, of course"
- allowed: "who could it be"
- allowed: "spoilers are not welcome"
"""


async def set_up(settings: Settings, *, acts: bool = False, guild_id: int = GUILD) -> int:
    """Make the database, unless it is there, with one server and its policy in force; the version's id.

    Args:
        acts: R1 deletes and R2 times out by itself; else only cards are posted.
    """
    secret = settings.secret_key
    keys = load_keys(secret.get_secret_value() if secret else None, settings.data_dir)
    async with open_stores(settings, keys.cipher) as stores:
        server = ServerSettings(guild_id=guild_id, review_channel_id=guild_id + 1, reviewer_role_id=None)
        await stores.servers.save(server, actor_id=OWNER)
        await stores.watermarks.put({(guild_id, WHOLE_SERVER): id_at(utc_now() - timedelta(seconds=1))})
        desk = Publishing(stores.policies)
        await desk.create(guild_id, "Butlers", POLICY, actor_id=OWNER)
        published = await desk.publish(guild_id, "Butlers", actor_id=OWNER)
        if not isinstance(published, Published):
            raise ValueError("the policy of the loopback server cannot be published")  # noqa: TRY004  # no type is wrong
        for rule_id, wished in (("R1", "delete"), ("R2", "timeout 10m")):
            mode = ConsequenceMode.ON if acts else ConsequenceMode.OFF
            setting = ConsequenceSetting(rule_id=rule_id, mode=mode, from_score=0.5, wished=wished)
            await stores.consequences.save(guild_id, published.policy.id, setting, actor_id=OWNER)
        return published.version.id


def hurry(bot: BylawBot) -> None:
    """Nothing of discord.py's waiting for a server to arrive, or for its turn to identify."""

    async def at_once(shard_id: int | None, *, initial: bool = False) -> None:
        del shard_id, initial

    bot._connection.guild_ready_timeout = 0.05  # noqa: SLF001  # only an argument of the client sets it otherwise
    bot.before_identify_hook = at_once  # type: ignore[method-assign]


@contextmanager
def short_pauses(seconds: float = 0.01) -> Iterator[None]:
    """Whatever pause discord.py makes before it tries again is this short inside the block."""

    async def nap(delay: float, result: Any = None) -> Any:
        return await asyncio.sleep(min(delay, seconds), result)

    quick: Any = types.SimpleNamespace(**{**vars(asyncio), "sleep": nap})
    modules: tuple[Any, ...] = (discord.http, discord.shard, discord.client)
    backoff: Any = discord.backoff.ExponentialBackoff
    delay = backoff.delay
    for module in modules:
        module.asyncio = quick
    backoff.delay = lambda _: seconds
    try:
        yield
    finally:
        for module in modules:
            module.asyncio = asyncio
        backoff.delay = delay
