"""The shards of a process, if several processes run the same bot.

Discord assigns a bot's servers to shards by their ids
(https://docs.discord.com/developers/events/gateway#sharding); a process handles some of the shards.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ShardRange:
    """The shards of one process, out of this many."""

    ids: tuple[int, ...]
    count: int

    def has(self, guild_id: int) -> bool:
        """Is this process responsible for this server?"""
        return (guild_id >> 22) % self.count in self.ids


def range_trouble(ids: Sequence[int], count: int | None, *, database: str) -> str | None:
    """Why a process can't handle these shards, in one line; None if it can.

    Args:
        ids: empty for a process with all shards.
        database: the database's address.
    """
    if not ids:
        return None
    if count is None:
        return (
            "BYLAW_SHARD_IDS is set and BYLAW_SHARD_COUNT is not: set it to the number of shards that all processes "
            "have together."
        )
    if max(ids) >= count:
        return (
            f"BYLAW_SHARD_IDS names shard {max(ids)}, but BYLAW_SHARD_COUNT is {count}, so the shards are 0 to "
            f"{count - 1}: change one of the two."
        )
    if not database.startswith("postgres"):
        return (
            "BYLAW_SHARD_IDS is set, but a SQLite file is for one process only: name a PostgreSQL database in "
            "BYLAW_DATABASE_URL, or leave BYLAW_SHARD_IDS empty."
        )
    return None


def in_words(ids: Sequence[int]) -> str:
    """Such as ``shard 3`` or ``shards 0, 1 and 2``."""
    *first, last = map(str, ids)
    return f"shards {', '.join(first)} and {last}" if first else f"shard {last}"
