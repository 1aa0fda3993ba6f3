"""What a run did, counted from PostgreSQL and from the loopback Discord, not from what the bots say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import asyncpg

from benchmarks.loopback.verdicts import VERDICTS
from benchmarks.loopback.world import World

Verdict = tuple[int, int, int]  #: message, edit, version

_TO_COME = "SELECT count(*) FROM cases WHERE card_state = 'pending'"


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """The figures, and what is still to come."""

    judged: int  #: messages with a verdict
    lost: int  #: messages on that Discord without one about their present text
    judged_twice: int  #: messages, edits and versions with two verdicts
    cards_twice: int  #: cases that more than one card shows
    cards_to_come: int


async def count(address: str, worlds: Sequence[World], versions: Mapping[int, int]) -> Counts:
    """Look at both, as they are now.

    Args:
        versions: the version in force of each server.

    Raises:
        OSError, asyncpg.PostgresError: the database cannot be read at this moment.
    """
    connection = await asyncpg.connect(address, timeout=5)
    try:
        verdicts = [tuple(row) for row in await connection.fetch(VERDICTS)]
        to_come = await connection.fetchval(_TO_COME)
    finally:
        await connection.close()
    return counted(verdicts, worlds, versions, cards_to_come=to_come)


def counted(
    verdicts: Sequence[Verdict], worlds: Sequence[World], versions: Mapping[int, int], *, cards_to_come: int
) -> Counts:
    """The figures from the rows of the database."""
    have = set(verdicts)
    there = [
        (message_id, edit, versions[world.guild_id]) for world in worlds for _, message_id, edit in world.of_members()
    ]
    return Counts(
        judged=len({message_id for message_id, _, _ in verdicts}),
        lost=sum(each not in have for each in there),
        judged_twice=len(verdicts) - len(have),
        cards_twice=sum(cards > 1 for world in worlds for cards in world.cards().values()),
        cards_to_come=cards_to_come,
    )
