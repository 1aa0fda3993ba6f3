"""The tables of intake: how far each channel was processed. Ids only."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Table

from guild_policies.store.tables import metadata


def _marks(name: str) -> Table:
    """A message id for each channel or thread; channel 0 means the whole server, and a negative id says up to where
    that channel was hidden."""
    return Table(
        name,
        metadata,
        Column("guild_id", BigInteger, primary_key=True, autoincrement=False),
        Column("channel_id", BigInteger, primary_key=True, autoincrement=False),
        Column("message_id", BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )


# Messages that are done in addition to the watermarks and may be read from history again: those above them, and edits
# of the minutes before them. The last edit of each, in milliseconds; 0 if never edited.
finished_messages = Table(
    "finished_messages",
    metadata,
    Column("guild_id", BigInteger, primary_key=True, autoincrement=False),
    Column("channel_id", BigInteger, primary_key=True, autoincrement=False),
    Column("message_id", BigInteger, primary_key=True, autoincrement=False),
    Column("edit", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
watermarks = _marks("watermarks")  # every message up to this one is done
conversation_marks = _marks("conversation_marks")  # every message up to this one was judged as part of a conversation
