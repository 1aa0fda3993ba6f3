"""Rows for every table, made from its columns, so that a new table needs no new row here."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Boolean, Column, Date, Float, Integer, String, Table
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.keys import Cipher
from bot.moderation.cases.case import Case, CaseKind, Evidence, Judged, NewCase
from bot.storage.cases.cases import SqlCaseStore
from guild_policies.store.tables import UtcDateTime

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)

#: What the checks of these tables ask for besides the kind of a column.
_FITTING: dict[str, dict[str, Any]] = {
    "cases": {"state": "open", "decided_by": None, "decided_at": None},
    "appeals": {"state": "open", "reviewer_id": None, "reviewed_at": None},
    "policies": {"deleted_at": None},
    "case_actions": {"undoes": None},
    "audit_entries": {"action": "case_opened"},
}


def filled(table: Table, number: int, *, guild_id: int = 1) -> dict[str, Any]:
    """A row with something in every column, none of it encrypted; rows of other numbers have other keys."""
    row = {column.name: _value(column, number) for column in table.columns if not column.name.endswith("_encrypted")}
    if "guild_id" in row:
        row["guild_id"] = guild_id
    return {**row, **_FITTING.get(table.name, {})}


def _value(column: Column[Any], number: int) -> Any:
    kind = column.type
    if isinstance(kind, UtcDateTime):
        return NOON
    if isinstance(kind, Date):
        return date(2026, 1, number)
    if isinstance(kind, JSON):
        return []
    if isinstance(kind, Boolean):
        return False
    if isinstance(kind, Float):
        return 0.5
    if isinstance(kind, BigInteger | Integer) or kind.python_type is int:
        return number
    assert isinstance(kind, String), f"{column} holds a kind of value that this page does not know"
    return f"v{number}"


async def opened_case(
    engine: AsyncEngine, cipher: Cipher, *, text: str = "zebra crossing", message_id: int = 500
) -> Case:
    """A case in server 1 about member 7."""
    evidence = Evidence(
        channel_id=10, message_id=message_id, author_id=7, edit=0, text=text, forwarded=False, posted_at=NOON
    )
    judged = Judged(
        policy_id=3,
        policy_name="harassment",
        version_id=40,
        version_number=2,
        rules=(),
        score=None,
        rationale="",
        reasoning=None,
        method="lite",
        judge="lite:1",
        prompt_fingerprint=None,
    )
    store = SqlCaseStore(engine, now=lambda: NOON, cipher=cipher)
    case, _ = await store.open(NewCase(guild_id=1, kind=CaseKind.UNDECIDED, evidence=evidence, judged=judged))
    return case
