"""Asks a PostgreSQL server about itself and about rights that its user lacks. Changes nothing."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.storage.database.engine import create_engine, reading
from bot.storage.tables.cases import metadata

_RIGHTS = ("SELECT", "INSERT", "UPDATE", "DELETE")
_LACKS = text(
    "SELECT tablename FROM pg_tables WHERE schemaname = current_schema() AND tablename = ANY(:ours)"
    " AND NOT has_table_privilege(quote_ident(schemaname) || '.' || quote_ident(tablename), :right) ORDER BY tablename"
)
_OF_OTHERS = text(
    "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = current_schema() AND tablename = ANY(:ours)"
    " AND NOT pg_has_role(tableowner, 'USAGE') ORDER BY tableowner"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerFacts:
    """Facts about a PostgreSQL database, as its user sees it."""

    version: str  #: such as ``15.4``
    encoding: str  #: ``UTF8`` is what Bylaw needs
    user: str
    schema: str  #: where the tables are; empty if the user sees none
    lacks: tuple[str, ...] = ()  #: missing rights, in the syntax of GRANT: ``CREATE ON SCHEMA public``
    other_owners: tuple[str, ...] = ()  #: owners of tables that the user can't upgrade


async def ask_server(address: str) -> ServerFacts:
    """Ask a PostgreSQL server.

    Raises:
        StorageError: it cannot be reached, or is too old.
    """
    engine = create_engine(address)
    try:
        async with reading(engine) as connection:
            schema = await connection.scalar(text("SELECT current_schema()")) or ""
            ours = sorted(metadata.tables)
            owners = (await connection.execute(_OF_OTHERS, {"ours": ours})).scalars().all()
            return ServerFacts(
                version=str(await connection.scalar(text("SHOW server_version"))).split()[0],
                encoding=str(await connection.scalar(text("SHOW server_encoding"))),
                user=str(await connection.scalar(text("SELECT quote_ident(current_user)"))),
                schema=schema,
                lacks=await _lacks(connection, schema, ours),
                other_owners=tuple(owners),
            )
    finally:
        await engine.dispose()


async def _lacks(connection: AsyncConnection, schema: str, ours: list[str]) -> tuple[str, ...]:
    lacks = []
    may_create = text("SELECT has_schema_privilege(current_schema(), 'CREATE')")
    if schema and not await connection.scalar(may_create):
        lacks.append(f"CREATE ON SCHEMA {schema}")
    for right in _RIGHTS:
        tables = (await connection.execute(_LACKS, {"ours": ours, "right": right})).scalars().all()
        lacks += [f"{right} ON {table}" for table in tables]
    return tuple(lacks)
