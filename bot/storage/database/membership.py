"""Membership of this process among others that run the same bot over one PostgreSQL database.

One connection is held for as long as the process runs. Its session-level advisory locks say which shards are this
process's, and which process does the work that belongs to no shard. When the process or its connection ends, PostgreSQL
gives the locks to the next process that asks. The same connection receives notifications of others' changes
(`bot.storage.tables.changes`).

It also tells the process that the server is alive: it queries it every two seconds. If there is no answer for ten, all
other connections are closed as well (`open_connections`).

A connection pooler that shares connections between sessions, as PgBouncer does by default, breaks this.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from bot.shards import ShardRange, in_words
from bot.storage.database.engine import CONNECT_SECONDS, create_engine, database_url, place_of, reading
from bot.storage.database.errors import StorageError, explain, silent
from bot.storage.database.outage import Outage
from bot.storage.tables.changes import CHANNEL

_log = logging.getLogger(__name__)

# PostgreSQL's advisory locks are pairs of numbers: a kind ("byl1" in ASCII and so on), and which of that kind.
_SHARD, _DIVISION, _LEAD = 0x62796C31, 0x62796C32, 0x62796C33
_UNDIVIDED = 0  #: the division's lock: exclusive for a process with all shards, shared by those with some

_CHANGE = re.compile(r"(?P<table>[a-z_]{1,63}) (?P<guild>-?\d{1,19})", re.ASCII)
_DIVISIONS = """
    SELECT DISTINCT objid::bigint FROM pg_locks
    WHERE locktype = 'advisory' AND classid = $1 AND granted
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""
APPLICATION = "bylaw shards"  #: application name of the held connections in `pg_stat_activity`
#: So the server notices within 25 s that a machine is down, and releases its locks.
_SET_UP = (
    f"SET application_name = '{APPLICATION}'; "
    "SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3; "
    "SET tcp_user_timeout = 25000"
)


class ShardsTaken(StorageError):
    """Another process runs this bot with the same shards, or with another division into shards."""


@dataclass(frozen=True, slots=True)
class Change:
    """A row of this table was written or deleted, by any process."""

    table: str
    guild_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Callbacks about other processes. None of these may wait for the database."""

    changed: Callable[[Change], None]
    missed: Callable[[], None]  #: changes may have been missed: drop all caches
    replaced: Callable[[StorageError], None]  #: another process has these shards now: stop
    outage: Outage = field(default_factory=Outage)  #: the database's outage, also noticed by others


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """In seconds."""

    patience: float = 60.0  #: a process that ends, or whose machine is down, releases its shards within this time
    retry: float = 0.5  #: between two attempts
    beat: float = 2.0  #: between two keepalives of the connection
    silence: float = 10.0  #: time without an answer after which the connection counts as lost


_USUALLY = Timing()


class _Session:
    """The connection, while it lasts."""

    def __init__(self, driver: Any, silence: float) -> None:
        self._driver = driver
        self._silence = silence
        self._turn = asyncio.Lock()  # asyncpg takes one statement at a time
        self.ended = asyncio.Event()
        self.leads = False
        driver.add_termination_listener(lambda _: self.ended.set())

    async def run(self, statement: str) -> None:
        async with asyncio.timeout(self._silence), self._turn:
            await self._driver.execute(statement)

    async def rows(self, query: str, *values: int) -> list[Any]:
        async with asyncio.timeout(self._silence), self._turn:
            return [row[0] for row in await self._driver.fetch(query, *values)]

    async def lock(self, kind: int, number: int, *, shared: bool = False) -> bool:
        (got,) = await self.rows(f"SELECT pg_try_advisory_lock{'_shared' if shared else ''}($1, $2)", kind, number)
        return bool(got)

    async def listen(self, changed: Callable[[Change], None]) -> None:
        def heard(_driver: object, _pid: int, _channel: str, payload: object) -> None:
            match = _CHANGE.fullmatch(str(payload))
            if match is not None:  # a newer version of Bylaw may send other notifications
                changed(Change(match["table"], int(match["guild"])))

        async with asyncio.timeout(self._silence), self._turn:
            await self._driver.add_listener(CHANNEL, heard)


class Membership:
    """Claims and keeps shards, and receives others' changes. Only for PostgreSQL."""

    def __init__(self, address: str, shards: ShardRange | None, told: Told, *, timing: Timing = _USUALLY) -> None:
        """Nothing is opened yet.

        Args:
            shards: None for all of them, however many there are.
        """
        self._address = address
        self._shards = shards
        self._told = told
        self._timing = timing
        self._session: _Session | None = None
        self._staying: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Claim the shards, waiting up to a minute for a process that holds them and may be ending.

        Raises:
            ShardsTaken: another process has them.
            StorageError: the database cannot be reached.
        """
        joined: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._staying = asyncio.create_task(self._stay(joined))
        try:
            await joined
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Release the shards. Safe to call twice."""
        if self._staying is not None:
            self._staying.cancel()
            await asyncio.gather(self._staying, return_exceptions=True)

    async def leads(self) -> bool:
        """Is this the leader, which does the work that belongs to no shard? The first process that asks is, until it
        ends."""
        session = self._session
        if session is None:
            return False
        if not session.leads:
            try:
                session.leads = await session.lock(_LEAD, 0)
            except Exception as error:  # noqa: BLE001 - the driver raises many kinds, all for a lost connection
                _log.info("leadership not asked for", extra={"error": type(error).__name__})
                return False
        return session.leads and session is self._session

    async def _stay(self, joined: asyncio.Future[None]) -> None:
        """Hold a session until cancelled; open another one whenever it is lost."""
        until = asyncio.get_running_loop().time() + self._timing.patience
        while True:
            try:
                async with self._claimed() as session:
                    if joined.done():
                        self._told.outage.worked(writing=True)
                        self._told.missed()
                    else:
                        joined.set_result(None)
                    await self._until_lost(session)
            except ShardsTaken as error:
                if joined.done():
                    self._told.replaced(error)
                else:
                    joined.set_exception(error)
                return
            except Exception as error:  # noqa: BLE001 - whatever the driver raises, the next attempt may do better
                late = isinstance(error, StorageError) or asyncio.get_running_loop().time() >= until
                if late and not joined.done():
                    place = place_of(database_url(self._address))
                    joined.set_exception(
                        error if isinstance(error, StorageError) else StorageError(explain(error, place))
                    )
                    return
                _log.debug("still no connection", extra={"error": type(error).__name__})
                self._end_the_others(error)
            await asyncio.sleep(self._timing.retry)

    @asynccontextmanager
    async def _claimed(self) -> AsyncIterator[_Session]:
        engine = create_engine(self._address)
        try:
            async with asyncio.timeout(CONNECT_SECONDS + self._timing.silence), reading(engine):
                pass  # explains in our words why connecting fails
            connection = await engine.connect()
            try:
                session = _Session((await connection.get_raw_connection()).driver_connection, self._timing.silence)
                await session.run(_SET_UP)
                await self._claim(session, place_of(engine.url))
                await session.listen(self._told.changed)
                self._session = session
                yield session
            finally:
                self._session = None
                await connection.invalidate()  # close it instead of returning it to the pool: its locks would stay
                await connection.close()
        finally:
            await engine.dispose()

    async def _until_lost(self, session: _Session) -> None:
        while not session.ended.is_set():
            try:
                await session.run("SELECT 1")
            except Exception as error:  # noqa: BLE001 - as above
                self._lost(f" ({type(error).__name__})")
                self._end_the_others(error)
                return
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(session.ended.wait(), self._timing.beat)
        self._lost()

    def _end_the_others(self, error: Exception) -> None:
        """Where the server says nothing at all, whoever else waits for it waits in vain."""
        if silent(error) and (ended := self._told.outage.connections.end_all()):
            _log.warning("the database server does not answer: connections ended", extra={"connections": ended})

    def _lost(self, how: str = "") -> None:
        place = place_of(database_url(self._address))
        self._told.outage.failed(f"{place} ended the connection that holds this process's shards{how}.")

    async def _claim(self, session: _Session, place: str) -> None:
        clock = asyncio.get_running_loop().time
        until, waits = clock() + self._timing.patience, False
        while why := await self._taken(session):
            await session.rows("SELECT pg_advisory_unlock_all()")
            if clock() >= until:
                raise ShardsTaken(f"{place} is used by another process of this bot: {why}")
            if not waits:
                _log.warning("waiting for up to %.0f s: %s", self._timing.patience, why)
            waits = True
            await asyncio.sleep(self._timing.retry)

    async def _taken(self, session: _Session) -> str:
        """Take all locks that this process needs. Returns why that isn't possible now, or an empty text."""
        shards = self._shards
        if shards is None:
            alone = await session.lock(_DIVISION, _UNDIVIDED)
            return "" if alone else "stop it, or give each process its own BYLAW_SHARD_IDS."
        if not await session.lock(_DIVISION, _UNDIVIDED, shared=True):
            return "it has all shards. Set BYLAW_SHARD_IDS there, too, or stop it."
        await session.lock(_DIVISION, shards.count, shared=True)
        others = set(await session.rows(_DIVISIONS, _DIVISION)) - {_UNDIVIDED, shards.count}
        if others:
            return f"it sets BYLAW_SHARD_COUNT to {min(others)}, this one to {shards.count}. Set the same everywhere."
        taken = [each for each in shards.ids if not await session.lock(_SHARD, each)]
        if not taken:
            return ""
        has = "has" if len(taken) == 1 else "have"
        return f"{in_words(taken)} already {has} a process. Give each process its own BYLAW_SHARD_IDS."
