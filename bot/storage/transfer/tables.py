"""Knows which tables are exported with a server, and what changes if it becomes another server on Discord."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Table

from bot.moderation.cases.raid_control import OPEN, ControlState
from bot.storage.tables.cases import metadata, servers
from bot.storage.tables.lookups import case_queries, note_words
from bot.storage.tables.privacy import departures, stale_cards
from bot.storage.tables.watermarks import conversation_marks, finished_messages, watermarks

#: Tables that aren't exported, and why.
LEFT_OUT: Mapping[Table, str] = {
    departures: "the server is taken to where the bot is",
    case_queries: "pages of lists that were turned within the last week; whoever needs one asks for it again",
    note_words: "digests under the installation's key: they are made again from the notes",
}

#: How far channels were read. A bot that is already in the server has begun to write these; they don't count as data.
PROGRESS = (watermarks, conversation_marks, finished_messages)

#: Rows that name channels, roles and cards of the server on Discord, which another server doesn't have. Without
#: `servers`, nothing is judged before somebody runs ``/setup`` there.
_OF_ONE_PLACE = (servers, stale_cards, *PROGRESS)

#: Where cards and lists are on Discord.
_SHOWN_AT: Mapping[str, tuple[str, ...]] = {
    "cases": ("card_channel_id", "card_message_id"),
    "card_groups": ("card_channel_id", "card_message_id"),
    "appeals": ("card_channel_id", "card_message_id"),
    "sample_weeks": ("card_channel_id", "card_message_id"),
    "question_weeks": ("channel_id", "message_id"),
    "backtests": ("shown_channel_id", "shown_message_id"),
}

_OVER = {state.value for state in set(ControlState) - OPEN}


def travelling() -> tuple[Table, ...]:
    """The tables whose rows are exported, those that others refer to first."""
    return tuple(table for table in metadata.sorted_tables if table not in LEFT_OUT)


def for_another_server(table: Table, row: dict[str, Any]) -> dict[str, Any] | None:
    """The row for another server on Discord; None if it is useless there."""
    if table in _OF_ONE_PLACE:
        return None
    row |= dict.fromkeys(_SHOWN_AT.get(table.name, ()))
    if table.name == "try_outs" and not row["told"]:  # its reports go to a channel of the original server
        row |= {"told": True, "ended_at": row["ended_at"] or row["started_at"]}
    if table.name == "raid_controls" and row["state"] not in _OVER:  # it is in force in the original server
        row |= {"state": ControlState.ENDED.value, "ended_at": row["ended_at"] or row["asked_at"]}
    return row
