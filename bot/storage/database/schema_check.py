"""Checks that a database matches its revision. It doesn't if an upgrade or a restore was interrupted."""

from __future__ import annotations

from sqlalchemy import Connection, inspect

from bot.storage.tables.cases import metadata


def lacking(connection: Connection) -> tuple[str, ...]:
    """The tables and columns missing from a database at the newest revision, each in a few words."""
    columns = {
        name: {each["name"] for each in found} for (_, name), found in inspect(connection).get_multi_columns().items()
    }
    lacks = []
    for table in metadata.sorted_tables:
        if table.name not in columns:
            lacks.append(f"the table {table.name} is missing")
        else:
            gone = [column.name for column in table.columns if column.name not in columns[table.name]]
            lacks += [f"the table {table.name} lacks the column {name}" for name in gone]
    return tuple(lacks)
