"""How large does the database become? `python -m benchmarks.cluster.size [--rows N] [--json]`.

Writes clear verdicts and cases through the bot's own stores into PostgreSQL and says how many bytes on disk each takes,
with its indices and all that is written with it, such as its audit entry.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import asyncpg

from benchmarks.cluster.postgres import NoPostgres, Postgres
from bot.keys import keys_from, new_key
from bot.moderation.cases.case import CaseKind, CaseStore, Clear, Evidence, Judged, NewCase, RuleBroken
from bot.settings import Settings
from bot.wiring.stores import open_stores

GUILD, CHANNEL, FIRST_ID, MEMBERS = 1 << 60, 1 << 59, 1 << 61, 500
TEXT = "What a member writes who does not agree about a film that both of them saw, in a line or two, such as this. "
AT_ONCE = 500
_BYTES = """
    SELECT sum(pg_total_relation_size(oid))::bigint FROM pg_class
    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """Bytes on disk."""

    per_clear_verdict: int
    per_case: int
    rows: int  #: of each that were written


async def measure(rows: int) -> Size:
    """Fill a database of its own."""
    with tempfile.TemporaryDirectory(prefix="size-") as name:
        folder = Path(name)
        postgres = Postgres(folder)
        await postgres.start()
        try:
            settings = Settings(judge="lite", database_url=postgres.address, _env_file=None)  # type: ignore[call-arg, arg-type]
            async with open_stores(settings, keys_from(new_key(), source="a benchmark").cipher) as stores:
                empty = await _bytes(postgres.address)
                await _write(rows, lambda number: stores.cases.record_clear(_clear(number)))
                clear = await _bytes(postgres.address)
                await _write(rows, lambda number: _open(stores.cases, number))
                full = await _bytes(postgres.address)
        finally:
            await postgres.kill()
    return Size(per_clear_verdict=round((clear - empty) / rows), per_case=round((full - clear) / rows), rows=rows)


async def _write(rows: int, write: Callable[[int], Awaitable[object]]) -> None:
    for start in range(0, rows, AT_ONCE):
        await asyncio.gather(*map(write, range(start, min(start + AT_ONCE, rows))))


async def _bytes(address: str) -> int:
    connection = await asyncpg.connect(address)
    try:
        await connection.execute("VACUUM ANALYZE")
        found: int = await connection.fetchval(_BYTES)
    finally:
        await connection.close()
    return found


def _id(number: int) -> int:
    return FIRST_ID + (number << 22)


def _clear(number: int) -> Clear:
    return Clear(
        guild_id=GUILD,
        channel_id=CHANNEL,
        message_id=_id(number),
        edit=0,
        version_id=1,
        score=0.01,
        method="reasoned",
        judge="gpt-oss-safeguard-20b-MXFP4.gguf:1a2b3c4d",
    )


async def _open(cases: CaseStore, number: int) -> None:
    evidence = Evidence(
        channel_id=CHANNEL,
        message_id=_id(number) + 1,
        author_id=_id(number % MEMBERS),
        edit=0,
        text=TEXT,
        forwarded=False,
        posted_at=datetime.now(UTC),
    )
    judged = Judged(
        policy_id=1,
        policy_name="Harassment",
        version_id=1,
        version_number=1,
        rules=(RuleBroken(id="R1", title="Insults", severity="high"),),
        score=0.97,
        rationale=TEXT,
        reasoning=8 * TEXT,
        method="reasoned",
        judge="gpt-oss-safeguard-20b-MXFP4.gguf:1a2b3c4d",
        prompt_fingerprint="0" * 64,
    )
    await cases.open(NewCase(guild_id=GUILD, kind=CaseKind.VIOLATION, evidence=evidence, judged=judged))


def main() -> None:
    """Print the sizes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=4_000)
    parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    given = parser.parse_args()
    try:
        size = asyncio.run(measure(given.rows))
    except NoPostgres as error:
        raise SystemExit(f"{error}.") from None
    if given.json:
        print(json.dumps(asdict(size)))
    else:
        print(f"a clear verdict takes {size.per_clear_verdict:,} bytes, a case {size.per_case:,}")


if __name__ == "__main__":
    main()
