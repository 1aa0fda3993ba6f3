"""Fills a database with the cases of one server, the worst case for an index.

How often a member, a rule or a moderator comes up is as uneven as in real teams. Texts are the same few encrypted ones.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.keys import Cipher
from bot.moderation.cases.case import CaseKind, CaseState
from bot.storage.cases.marks import mark_of
from bot.storage.database.engine import writing
from bot.storage.tables.cases import cases
from bot.storage.tables.lookups import case_rules, note_words

GUILD = 1
MEMBERS, MODERATORS, POLICIES, RULES, WORDS = 200_000, 30, 8, 25, 5_000
NOTED = 0.05  #: of the cases have a note
BATCH = 20_000
START = datetime(2024, 1, 1, tzinfo=UTC)
BETWEEN = timedelta(seconds=60)
_KINDS = (
    (CaseKind.VIOLATION, 80),
    (CaseKind.UNDECIDED, 2),
    (CaseKind.REPORT, 3),
    (CaseKind.AUTOMOD, 10),
    (CaseKind.MANUAL, 5),
)
_STATES = ((CaseState.OPEN, 5), (CaseState.VIOLATION, 60), (CaseState.NOT_A_VIOLATION, 35))


def uneven(dice: random.Random, count: int, steepness: float = 0.8) -> int:
    """One of `count`: a few come up often, most rarely."""
    return int(dice.paretovariate(steepness) - 1) % count


def rows(count: int, dice: random.Random, token: bytes) -> Iterator[tuple[dict[str, Any], str]]:
    """Cases as rows, each with the key of its rule."""
    kinds, states = ([each for each, weight in table for _ in range(weight)] for table in (_KINDS, _STATES))
    for number in range(1, count + 1):
        opened_at = START + number * BETWEEN
        state = dice.choice(states)
        rule = uneven(dice, RULES)
        yield (
            {
                "guild_id": GUILD,
                "number": number,
                "kind": dice.choice(kinds).value,
                "state": state.value,
                "opened_at": opened_at,
                "channel_id": dice.randrange(50),
                "message_id": number,
                "author_id": uneven(dice, MEMBERS, 0.4),
                "edit": 0,
                "text_encrypted": token,
                "forwarded": False,
                "posted_at": opened_at,
                "gone": False,
                "policy_id": 1 + dice.randrange(POLICIES),
                "policy_name": "A policy",
                "version_id": 1,
                "version_number": 1,
                "rules": [{"id": f"R{rule}", "title": "A rule", "severity": "medium"}],
                "score": 0.9,
                "rationale_encrypted": token,
                "reasoning_encrypted": None,
                "method": "scripted",
                "judge": "scripted:1",
                "prompt_fingerprint": None,
                "card_state": "posted",
                "decided_by": None if state is CaseState.OPEN else 1 + uneven(dice, MODERATORS),
                "decided_at": None if state is CaseState.OPEN else opened_at + BETWEEN,
            },
            f"r{rule}",
        )


async def fill(
    engine: AsyncEngine, cipher: Cipher, count: int, dice: random.Random, *, changes: Mapping[str, Any] | None = None
) -> None:
    """This many cases, and notes on some of them.

    Args:
        changes: columns that are the same in all of them.
    """
    token = cipher.encrypt("a message of about this length, as members write them " * 2)
    marks = [mark_of(cipher, GUILD, f"word{number}") for number in range(WORDS)]
    source = rows(count, dice, token)
    while batch := [pair for pair, _ in zip(source, range(BATCH), strict=False)]:
        found = [{**row, **(changes or {})} for row, _ in batch]
        numbers = [row["number"] for row in found]
        words = {
            (marks[uneven(dice, WORDS, 0.6)], number) for number in numbers if dice.random() < NOTED for _ in range(10)
        }
        async with writing(engine) as connection:
            await connection.execute(insert(cases), found)
            await connection.execute(
                insert(case_rules),
                [{"guild_id": GUILD, "rule_key": key, "number": row["number"]} for row, key in batch],
            )
            if words:
                await connection.execute(
                    insert(note_words),
                    [
                        {"guild_id": GUILD, "word": word, "case_number": number, "note_id": number}
                        for word, number in sorted(words)
                    ],
                )
