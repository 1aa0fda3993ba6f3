"""The tables for which PostgreSQL notifies processes of changed rows, so that they drop their caches.

Triggers send the notifications, so they are part of the transaction and cover all writers, including ``bylaw``
commands. A payload is a table and a server's id, such as ``policies 1234``.
"""

from __future__ import annotations

from sqlalchemy import DDL, Table, event

from guild_policies.store.tables import policies

CHANNEL = "bylaw_changes"

# Migration 0022 has the same statements; tests/migrations compares the two.
_FUNCTION = """
CREATE OR REPLACE FUNCTION tell_of_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('bylaw_changes', TG_TABLE_NAME || ' ' || coalesce(NEW.guild_id, OLD.guild_id));
    RETURN NULL;
END $$
"""
_TRIGGER = """
CREATE TRIGGER {table}_tell AFTER {events} ON {table}
FOR EACH ROW EXECUTE FUNCTION tell_of_change()
"""


def tell_of(table: Table, events: str = "INSERT OR UPDATE OR DELETE") -> None:
    """Create the triggers together with the table, which has a column ``guild_id``."""
    for statement in (_FUNCTION, _TRIGGER.format(table=table.name, events=events)):
        made = DDL(statement)  # type: ignore[no-untyped-call]  # SQLAlchemy's DDL has no annotations
        event.listen(table, "after_create", made.execute_if(dialect="postgresql"))


tell_of(policies)
