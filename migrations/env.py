"""Alembic's entry: runs revisions on the connection that `bot.storage.database.migrate` hands over, in its transaction.

Alembic opens no connection of its own and sets up no logging.
"""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from sqlalchemy.types import TypeDecorator

from bot.storage.tables.cases import metadata


def render_item(kind: str, item: Any, _context: object) -> str | Literal[False]:
    """Write SQLAlchemy's own type into a new revision where the tables use one of ours."""
    return f"sa.{item.impl!r}" if kind == "type" and isinstance(item, TypeDecorator) else False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite can change few things about a table in place
    compare_type=True,
    render_item=render_item,
)
context.run_migrations()
