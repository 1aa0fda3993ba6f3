"""How quick case search is: `python -m benchmarks.case_search [--json] [--cases N]`. Prints figures and judges none.

A SQLite file is filled with cases of one server, the worst case for an index, and searched through the real store by
random combinations of conditions: by member, rule, policy, moderator, state, kind, span of time and words of notes, on
first pages and on later ones. How often a member, a rule or a moderator comes up is as uneven as in real teams. Texts
are the same few encrypted ones, since no search reads them.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.keys import Cipher, new_key
from bot.moderation.cases.case import CaseKind, CaseState
from bot.moderation.lookups.search import CaseQuery
from bot.storage.cases.marks import mark_of
from bot.storage.database.engine import create_engine, writing
from bot.storage.database.migrate import upgrade
from bot.storage.lookups.search import SqlCaseSearch
from bot.storage.tables.cases import cases
from bot.storage.tables.lookups import case_rules, note_words

GUILD, CASES, ROUNDS = 1, 1_000_000, 400
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


async def fill(engine: AsyncEngine, cipher: Cipher, count: int, dice: random.Random) -> None:
    """So many cases, and notes on some of them."""
    token = cipher.encrypt("a message of about this length, as members write them " * 2)
    marks = [mark_of(cipher, GUILD, f"word{number}") for number in range(WORDS)]
    source = rows(count, dice, token)
    while batch := [pair for pair, _ in zip(source, range(BATCH), strict=False)]:
        found = [row for row, _ in batch]
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


def query(count: int, dice: random.Random) -> CaseQuery:
    """Any combination of conditions, the fewer the likelier."""
    start = START + dice.random() * count * BETWEEN
    conditions: dict[str, Any] = {
        "member_id": uneven(dice, MEMBERS, 0.4),
        "rule_id": f"R{uneven(dice, RULES)}",
        "policy_id": 1 + dice.randrange(POLICIES),
        "moderator_id": 1 + uneven(dice, MODERATORS),
        "state": dice.choice(list(CaseState)),
        "kinds": frozenset({dice.choice(list(CaseKind))}),
        "opened_from": start,
        "opened_before": start + timedelta(days=dice.randrange(1, 400)),
        "words": frozenset(f"word{uneven(dice, WORDS, 0.6)}" for _ in range(dice.randrange(1, 3))),
    }
    chosen = dice.sample(sorted(conditions), k=dice.choice((0, 1, 1, 2, 2, 2, 3, 3, 4, 5)))
    return CaseQuery(**{name: conditions[name] for name in chosen})


async def measure(count: int = CASES, rounds: int = ROUNDS) -> dict[str, Any]:
    """Fill a database and search it."""
    dice, cipher = random.Random(1), Cipher((new_key().encode(),))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "bylaw.sqlite3"
        await upgrade(f"sqlite:///{file}")
        engine = create_engine(f"sqlite:///{file}")
        began = time.perf_counter()
        await fill(engine, cipher, count, dice)
        filled = time.perf_counter() - began
        search = SqlCaseSearch(engine, now=lambda: START, cipher=cipher)
        took: list[tuple[float, CaseQuery]] = []
        for _ in range(rounds):
            wanted = query(count, dice)
            older_than = dice.randrange(1, count) if dice.random() < 0.3 else None
            began = time.perf_counter()
            await search.find(GUILD, wanted, older_than=older_than)
            took.append(((time.perf_counter() - began) * 1_000, wanted))
        await engine.dispose()
        size = file.stat().st_size
    times = [each for each, _ in took]
    slowest = max(took, key=lambda pair: pair[0])
    asked = [name for name in CaseQuery.__slots__ if getattr(slowest[1], name)]
    return {
        "cases": count,
        "searches": rounds,
        "search_p50_ms": round(statistics.median(times), 2),
        "search_p95_ms": round(statistics.quantiles(times, n=20)[-1], 2),
        "search_max_ms": round(slowest[0], 2),
        "slowest_asked": asked,
        "fill_s": round(filled, 1),
        "file_mb": round(size / 1e6),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one line of JSON")
    parser.add_argument("--cases", type=int, default=CASES)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    arguments = parser.parse_args()
    figures = asyncio.run(measure(arguments.cases, arguments.rounds))
    if arguments.json:
        print(json.dumps(figures))
        return
    for name, value in figures.items():
        print(f"{name:>14}  {value}")


if __name__ == "__main__":
    main()
