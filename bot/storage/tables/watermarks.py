"""The tables of taking messages in: how far each channel was dealt with. Ids only."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Table

from guild_policies.store.tables import metadata


def _marks(name: str) -> Table:
    """A message id for each channel or thread; channel 0 means the whole server, and a negative id up to where that
    channel was hidden."""
    return Table(
        name,
        metadata,
        Column("guild_id", BigInteger, primary_key=True, autoincrement=False),
        Column("channel_id", BigInteger, primary_key=True, autoincrement=False),
        Column("message_id", BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )


# What was dealt with beside the watermarks and may be read from history again: messages above them, and edits of the
# minutes before them. The last edit of each, in milliseconds; 0 as it was posted.
finished_messages = Table(
    "finished_messages",
    metadata,
    Column("guild_id", BigInteger, primary_key=True, autoincrement=False),
    Column("channel_id", BigInteger, primary_key=True, autoincrement=False),
    Column("message_id", BigInteger, primary_key=True, autoincrement=False),
    Column("edit", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
watermarks = _marks("watermarks")  # every message up to this one has been dealt with
conversation_marks = _marks("conversation_marks")  # all up to this one were looked at as a conversation
