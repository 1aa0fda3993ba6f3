"""Told of changes"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

ANY = "INSERT OR UPDATE OR DELETE"
TABLES = {"policies": ANY, "server_options": ANY, "servers": ANY, "appeals": "INSERT"}

FUNCTION = """
CREATE FUNCTION tell_of_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('bylaw_changes', TG_TABLE_NAME || ' ' || coalesce(NEW.guild_id, OLD.guild_id));
    RETURN NULL;
END $$
"""
TRIGGER = """
CREATE TRIGGER {table}_tell AFTER {events} ON {table}
FOR EACH ROW EXECUTE FUNCTION tell_of_change()
"""


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return  # SQLite is for one process, which knows what it changes
    op.execute(sa.text(FUNCTION))
    for table, events in TABLES.items():
        op.execute(sa.text(TRIGGER.format(table=table, events=events)))


def downgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    for table in TABLES:
        op.execute(f"DROP TRIGGER {table}_tell ON {table}")
    op.execute("DROP FUNCTION tell_of_change()")
