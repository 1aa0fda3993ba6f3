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
from datetime import timedelta
from pathlib import Path
from typing import Any

from benchmarks.workload.many_cases import (
    BETWEEN,
    GUILD,
    MEMBERS,
    MODERATORS,
    POLICIES,
    RULES,
    START,
    WORDS,
    fill,
    uneven,
)
from bot.keys import Cipher, new_key
from bot.moderation.cases.case import CaseKind, CaseState
from bot.moderation.lookups.search import CaseQuery
from bot.storage.database.engine import create_engine
from bot.storage.database.migrate import upgrade
from bot.storage.lookups.search import SqlCaseSearch

CASES, ROUNDS = 1_000_000, 400


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
