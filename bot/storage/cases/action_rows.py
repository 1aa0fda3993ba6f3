"""Converts between actions and rows, and finds rows that block a new action."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.keys import UNREADABLE, Cipher
from bot.moderation.cases.action import Action, ActionKind, ActionState, NewAction, planned_for
from bot.moderation.cases.case import Case, NewCase
from bot.storage.audit.entries_of_review import action_planned
from bot.storage.audit.log import write_entries
from bot.storage.tables.actions import case_actions
from classifier.content import clean_text

_STANDING = (ActionState.PENDING.value, ActionState.DONE.value)


def row_of_action(
    new: NewAction, *, at: datetime, cipher: Cipher, state: ActionState = ActionState.PENDING
) -> dict[str, Any]:
    """The row of a new action, with its reason encrypted. A dry run is settled at once."""
    return {
        "guild_id": new.guild_id,
        "case_number": new.case_number,
        "kind": new.kind.value,
        "target_id": new.target_id,
        "by": new.by,
        "reason_encrypted": cipher.encrypt(clean_text(new.reason)) if new.reason else None,
        "length_seconds": None if new.length is None else new.length.total_seconds(),
        "until": None,
        "earlier_until": None,
        "undoes": new.undoes,
        "changes": new.changes,
        "state": (ActionState.REHEARSED if new.rehearsal else state).value,
        "why": "",
        "asked_at": at,
        "settled_at": at if new.rehearsal else None,
        "message_id": new.message_id,
    }


def action_of(row: RowMapping, cipher: Cipher) -> Action:
    """The action of a row."""
    state, token, seconds = ActionState(row["state"]), row["reason_encrypted"], row["length_seconds"]
    return Action(
        id=row["id"],
        new=NewAction(
            guild_id=row["guild_id"],
            case_number=row["case_number"],
            kind=ActionKind(row["kind"]),
            target_id=row["target_id"],
            by=row["by"],
            reason="" if token is None else cipher.decrypt(token) or UNREADABLE,
            length=None if seconds is None else timedelta(seconds=seconds),
            undoes=row["undoes"],
            changes=row["changes"],
            rehearsal=state is ActionState.REHEARSED,
            message_id=row["message_id"],
        ),
        state=state,
        why=row["why"],
        asked_at=row["asked_at"],
        settled_at=row["settled_at"],
        until=row["until"],
        earlier_until=row["earlier_until"],
    )


def in_the_way_of(new: NewAction) -> tuple[ColumnElement[bool], ...]:
    """The unique indexes of `case_actions` as a query: finds the action that blocks a new one. A changed timeout
    blocks, too."""
    standing = case_actions.c.state.in_(_STANDING)
    if new.undoes is not None:
        return (standing, case_actions.c.undoes == new.undoes)
    if new.changes is not None:
        return (standing, case_actions.c.changes == new.changes)
    return (standing, case_actions.c.undoes.is_(None), *_same(new))


def planned_like(new: NewAction) -> tuple[ColumnElement[bool], ...]:
    """The planned action that this one carries out, if any."""
    planned = case_actions.c.state == ActionState.PLANNED.value
    return (planned, case_actions.c.by.is_(None) if new.by is None else case_actions.c.by == new.by, *_same(new))


async def write_planned(connection: AsyncConnection, new: NewCase, case: Case, *, at: datetime, cipher: Cipher) -> None:
    """Store the automatic actions for a message that opens or joins a case. Dry runs are stored when they happen. What
    blocks an action blocks its plan, too."""
    evidence = new.evidence
    for planned in new.planned:
        action = planned_for(
            planned,
            guild_id=new.guild_id,
            case_number=case.number,
            member_id=case.evidence.author_id,
            message_id=evidence.message_id,
        )
        in_the_way = await connection.scalar(select(case_actions.c.id).where(*in_the_way_of(action)).limit(1))
        if action.rehearsal or in_the_way is not None:
            continue
        row = row_of_action(action, at=at, cipher=cipher, state=ActionState.PLANNED)
        written = (await connection.execute(insert(case_actions).values(row).returning(case_actions))).mappings().one()
        await write_entries(connection, [action_planned(action_of(written, cipher))])


def _same(new: NewAction) -> tuple[ColumnElement[bool], ...]:
    return (
        case_actions.c.guild_id == new.guild_id,
        case_actions.c.case_number == new.case_number,
        case_actions.c.kind == new.kind.value,
        case_actions.c.target_id == new.target_id,
        case_actions.c.message_id == new.message_id,
    )
