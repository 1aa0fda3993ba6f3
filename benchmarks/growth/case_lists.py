"""What people look up in a server with many cases: lists, and what Discord offers while they type."""

from __future__ import annotations

import random
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.growth.sample import Sample, timed
from benchmarks.loopback.offline_clients import offline_settings
from benchmarks.workload.many_cases import BETWEEN, GUILD, START, fill
from bot.keys import Cipher, new_key
from bot.moderation.cases.case import CaseState
from bot.moderation.lookups.export import ExportForm
from bot.moderation.lookups.lists import LookUps
from bot.moderation.lookups.numbers.stats import TIMES_LOOKED_AT
from bot.moderation.lookups.search import CaseQuery
from bot.moderation.members.record import Records
from bot.storage.database.engine import create_engine
from bot.storage.database.migrate import upgrade
from bot.wiring.stores import Stores, open_stores

ROUNDS = 30
BUSIEST, RARE = 1, 150_000  #: members: with very many cases, and with hardly any
MEGABYTES_8 = 8 * 2**20
EXPORTED = 1_000  #: cases


@asynccontextmanager
async def filled_stores(
    count: int, *, prepare: Callable[[Any, Cipher], Any] | None = None, now: Callable[[], datetime] | None = None
) -> AsyncIterator[Stores]:
    """Stores over a new database with this many cases.

    Args:
        prepare: awaited with the engine and the cipher once the cases are there.
        now: the stores' clock; by default, just after the last case.
    """
    key = new_key()
    cipher = Cipher((key.encode(),))
    with tempfile.TemporaryDirectory(prefix="bylaw-") as folder:
        settings = offline_settings(Path(folder), secret_key=key)
        await upgrade(settings.database)
        engine = create_engine(settings.database)
        await fill(engine, cipher, count, random.Random(1))
        if prepare is not None:
            await prepare(engine, cipher)
        await engine.dispose()
        async with open_stores(settings, cipher, now=now or partial(_after, count)) as stores:
            yield stores


def _after(count: int) -> datetime:
    return START + (count + 2) * BETWEEN


async def case_lists(count: int) -> dict[str, Sample]:
    """Through the services that the commands call."""
    async with filled_stores(count) as stores:
        look_ups = LookUps(search=stores.search, actions=stores.actions)
        records = Records(member_cases=stores.member_cases, actions=stores.actions, appeals=stores.appeals)
        since = _after(count) - timedelta(days=90)
        middle = START + count // 2 * BETWEEN
        queries = {
            "/case list": CaseQuery(),
            "/case list state:Open": CaseQuery(state=CaseState.OPEN),
            "/case list, a busy member": CaseQuery(member_id=BUSIEST),
            "/case list, a member with few cases": CaseQuery(member_id=RARE),
            "/case list, a rule in a span of time": CaseQuery(
                rule_id="R20", opened_from=middle, opened_before=middle + timedelta(days=3)
            ),
            "/case list, a word of notes": CaseQuery(words=frozenset({"word7"})),
        }
        found = {
            name: await timed(partial(look_ups.first, GUILD, query), rounds=ROUNDS) for name, query in queries.items()
        }
        deep = partial(stores.search.find, GUILD, CaseQuery(state=CaseState.OPEN), older_than=count // 2)
        busy = partial(records.of, BUSIEST)
        return {
            **found,
            "a page in the middle of a list": await timed(deep, rounds=ROUNDS),
            "autocomplete of /appeal, a busy member": await timed(partial(busy, guild_id=GUILD), rounds=ROUNDS),
            "autocomplete of /appeal in a direct message": await timed(busy, rounds=ROUNDS),
            "/case export of 1,000 cases": await timed(partial(_export_a_thousand, look_ups)),
            "/mod stats of 90 days": await timed(partial(_stats, stores, since=since), rounds=3),
        }


async def _export_a_thousand(look_ups: LookUps) -> None:
    """The first thousand: an export of all grows with the cases, as it should."""
    export = look_ups.export(GUILD, CaseQuery(), ExportForm.CSV, reasoning=True, actor_id=1, room=MEGABYTES_8)
    async with aclosing(export) as parts:
        async for part in parts:
            if isinstance(part, int) and part >= EXPORTED:
                return


async def _stats(stores: Stores, *, since: datetime) -> None:
    await stores.stats.rules(GUILD, since=since)
    await stores.stats.times_to_close(GUILD, since=since, limit=TIMES_LOOKED_AT)
    await stores.stats.appeals(GUILD, since=since)
