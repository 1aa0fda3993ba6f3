"""A database's schema, read back so that two can be compared."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, inspect, text

TRIGGERS = {
    "sqlite": (
        "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
        " UNION SELECT name, 'no id twice' FROM sqlite_master WHERE sql LIKE '%AUTOINCREMENT%' ORDER BY name"
    ),
    "postgresql": (
        "SELECT tgname, pg_get_triggerdef(pg_trigger.oid), prosrc FROM pg_trigger"
        " JOIN pg_proc ON pg_proc.oid = tgfoid WHERE NOT tgisinternal ORDER BY tgname"
    ),
}


def plain(index: Any) -> dict[str, str]:
    """An index with the texts of its conditions in the place of objects."""
    options = {name: str(value) for name, value in index.get("dialect_options", {}).items()}
    return {name: str(value) for name, value in (index | {"dialect_options": options}).items()}


def described(connection: Connection) -> dict[str, Any]:
    """Everything about a schema that can be read back: columns, keys, uniques, checks, indexes, triggers."""
    inspector = inspect(connection)
    tables = [name for name in inspector.get_table_names() if name != "alembic_version"]
    found: dict[str, Any] = {
        name: {
            "columns": [{key: str(value) for key, value in each.items()} for each in inspector.get_columns(name)],
            "primary key": inspector.get_pk_constraint(name),
            "foreign keys": inspector.get_foreign_keys(name),
            "uniques": sorted(inspector.get_unique_constraints(name), key=str),
            "checks": sorted(inspector.get_check_constraints(name), key=str),
            "indexes": sorted((plain(each) for each in inspector.get_indexes(name)), key=str),
        }
        for name in sorted(tables)
    }
    triggers = connection.execute(text(TRIGGERS[connection.dialect.name]))
    found["triggers"] = [" ".join(" ".join(row).split()) for row in triggers]
    return found
