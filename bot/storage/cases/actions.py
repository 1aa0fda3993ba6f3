"""Actions in the database. Their reasons are encrypted, and deleted when the retention time is over."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import Select, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.keys import Cipher
from bot.moderation.cases.action import LEFT_IN_FORCE, Action, ActionKind, ActionState, NewAction, NoSuchAction
from bot.moderation.servers.retention import PURGED_AT_A_TIME
from bot.storage.audit import entries_of_review
from bot.storage.audit.log import write_entries
from bot.storage.cases.action_rows import action_of, in_the_way_of, planned_like, row_of_action
from bot.storage.cases.case_rows import storable
from bot.storage.cases.stale_cards import mark_stale
from bot.storage.database.engine import reading, writing
from bot.storage.tables.actions import case_actions
from bot.storage.tables.cases import cases

_LARGEST_ID = 2**63 - 1
_UNSETTLED = frozenset({ActionState.PENDING, ActionState.PLANNED})
_TAKEN_BACK = frozenset({ActionState.DONE, ActionState.ALREADY})


class SqlActionStore:
    """`bot.moderation.cases.action.ActionStore` over SQLite or PostgreSQL. Raises `StorageError` as well."""

    def __init__(self, engine: AsyncEngine, *, now: Callable[[], datetime], cipher: Cipher) -> None:
        self._engine = engine
        self._now = now
        self._cipher = cipher

    async def add(self, new: NewAction) -> tuple[Action, bool]:
        """Store an action, unless another one blocks it."""
        async with writing(self._engine) as connection:
            # The case's row is the lock: two clicks are handled one after the other.
            which = (cases.c.guild_id == new.guild_id, cases.c.number == new.case_number)
            await connection.execute(select(cases.c.number).where(*which).with_for_update())
            standing = await self._all(connection, select(case_actions).where(*in_the_way_of(new)))
            if standing and not new.rehearsal and not await self._makes_room(connection, standing[0], new):
                return standing[0], False
            action = await self._one(connection, await self._written(connection, new))
            await write_entries(connection, [entries_of_review.action_asked(action)])
            return action, True

    async def note_ends(self, action_id: int, *, until: datetime, earlier_until: datetime | None) -> None:
        """Store what a pending timeout is about to do."""
        pending = (case_actions.c.id == action_id, case_actions.c.state == ActionState.PENDING.value)
        ends = {"until": until, "earlier_until": earlier_until}
        async with writing(self._engine) as connection:
            await connection.execute(update(case_actions).where(*pending).values(ends))

    async def settle(
        self,
        action_id: int,
        state: ActionState,
        why: str = "",
        *,
        until: datetime | None = None,
        earlier_until: datetime | None = None,
        left_to: int | None = None,
    ) -> Action:
        """Record the result of a pending action. Raises `NoSuchAction`."""
        at = self._now()
        changes: dict[str, Any] = {"state": state.value, "why": storable(why), "settled_at": at}
        if state is not ActionState.UNCERTAIN:
            changes |= {"until": until, "earlier_until": earlier_until}
        async with writing(self._engine) as connection:
            before = await self._one(connection, action_id, lock=True)
            if before.state not in _UNSETTLED:
                return before
            action = await self._set(connection, before, changes, at=at)
            if state in _TAKEN_BACK and action.new.undoes is not None:
                undone = await self._one(connection, action.new.undoes, lock=True)
                await self._set(connection, undone, {"state": ActionState.UNDONE.value}, at=at)
            if state is ActionState.DONE and action.new.changes is not None:
                changed = await self._one(connection, action.new.changes, lock=True)
                await self._set(connection, changed, {"state": ActionState.CHANGED.value}, at=at)
            if left_to is not None:
                await self._put_in_force(connection, left_to, at=at)
            return action

    async def get(self, guild_id: int, action_id: int) -> Action | None:
        """The action with this id, if it belongs to this server."""
        if not 0 < action_id <= _LARGEST_ID:
            return None
        query = select(case_actions).where(case_actions.c.id == action_id, case_actions.c.guild_id == guild_id)
        async with reading(self._engine) as connection:
            found = await self._all(connection, query)
        return found[0] if found else None

    async def of_cases(self, guild_id: int, numbers: tuple[int, ...]) -> dict[int, tuple[Action, ...]]:
        """The actions of cases, oldest first."""
        query = (
            select(case_actions)
            .where(case_actions.c.guild_id == guild_id, case_actions.c.case_number.in_(numbers))
            .order_by(case_actions.c.id)
        )
        found: dict[int, tuple[Action, ...]] = {}
        async with reading(self._engine) as connection:
            for action in await self._all(connection, query):
                number = action.new.case_number
                found[number] = (*found.get(number, ()), action)
        return found

    async def pending(self, *, before: datetime) -> tuple[Action, ...]:
        """Actions asked before this time and never settled, oldest first."""
        return await self._left(ActionState.PENDING, before)

    async def planned(self, *, before: datetime) -> tuple[Action, ...]:
        """Actions planned before this time and never begun, oldest first."""
        return await self._left(ActionState.PLANNED, before)

    async def sanctions_of(self, guild_id: int, member_id: int, kind: ActionKind) -> tuple[Action, ...]:
        """Actions of this kind, done or tried, against this member in all cases of a server; oldest first."""
        query = (
            select(case_actions)
            .where(
                case_actions.c.guild_id == guild_id,
                case_actions.c.target_id == member_id,
                case_actions.c.kind == kind.value,
            )
            .order_by(case_actions.c.id)
        )
        async with reading(self._engine) as connection:
            return await self._all(connection, query)

    async def _left(self, state: ActionState, before: datetime) -> tuple[Action, ...]:
        query = (
            select(case_actions)
            .where(case_actions.c.state == state.value, case_actions.c.asked_at < before)
            .order_by(case_actions.c.id)
        )
        async with reading(self._engine) as connection:
            return await self._all(connection, query)

    async def purge_texts(self, guild_id: int, *, before: datetime, limit: int = PURGED_AT_A_TIME) -> int:
        """Delete the reasons of actions asked before this time. Returns how many were purged."""
        old = select(case_actions.c.id).where(
            case_actions.c.guild_id == guild_id,
            case_actions.c.asked_at < before,
            case_actions.c.reason_encrypted.is_not(None),
        )
        some = case_actions.c.id.in_(old.order_by(case_actions.c.id).limit(limit))
        purge = update(case_actions).where(some).values(reason_encrypted=None).returning(case_actions)
        async with writing(self._engine) as connection:
            purged = [action_of(row, self._cipher) for row in (await connection.execute(purge)).mappings()]
            at = self._now()
            purged.sort(key=lambda action: action.id)
            await write_entries(connection, [entries_of_review.reason_purged(action, at=at) for action in purged])
            await mark_stale(connection, guild_id, [action.new.case_number for action in purged], at=at)
        return len(purged)

    async def _set(
        self, connection: AsyncConnection, before: Action, changes: dict[str, Any], *, at: datetime
    ) -> Action:
        """Change an action, with its audit entry."""
        await connection.execute(update(case_actions).where(case_actions.c.id == before.id).values(changes))
        action = await self._one(connection, before.id)
        await write_entries(connection, [entries_of_review.action_settled(action, before=before.state, at=at)])
        return action

    async def _put_in_force(self, connection: AsyncConnection, action_id: int, *, at: datetime) -> None:
        """Put an action in force that wasn't needed so far."""
        left = await self._one(connection, action_id, lock=True)
        standing = await self._all(connection, select(case_actions).where(*in_the_way_of(left.new)))
        if left.state is ActionState.ALREADY and not standing:
            done = {"state": ActionState.DONE.value, "why": LEFT_IN_FORCE}
            await self._set(connection, left, done, at=at)

    async def _one(self, connection: AsyncConnection, action_id: int, *, lock: bool = False) -> Action:
        """The action; locked until the end of the transaction on request."""
        query = select(case_actions).where(case_actions.c.id == action_id)
        found = await self._all(connection, query.with_for_update() if lock else query)
        if not found:
            raise NoSuchAction(f"there is no action {action_id}")
        return found[0]

    async def _all(self, connection: AsyncConnection, query: Select[Any]) -> tuple[Action, ...]:
        return tuple(action_of(row, self._cipher) for row in (await connection.execute(query)).mappings())

    async def _makes_room(self, connection: AsyncConnection, standing: Action, new: NewAction) -> bool:
        """End a timeout that is over, so that it doesn't block the next one of its case."""
        at = self._now()
        is_next = new.undoes is None and new.changes is None and new.kind is ActionKind.TIMEOUT
        if not is_next or standing.state is not ActionState.DONE or not standing.is_over(at):
            return False
        await self._set(connection, standing, {"state": ActionState.ENDED.value}, at=at)
        return True

    async def _written(self, connection: AsyncConnection, new: NewAction) -> int:
        """Write the action as a new row, or into the row of the planned one. Returns its id."""
        row = row_of_action(new, at=self._now(), cipher=self._cipher)
        find = select(case_actions.c.id).where(*planned_like(new))
        planned = None if new.rehearsal else await connection.scalar(find)
        if planned is not None:
            await connection.execute(update(case_actions).where(case_actions.c.id == planned).values(row))
            return int(planned)
        result = await connection.execute(insert(case_actions).values(row))
        (action_id,) = result.inserted_primary_key or (0,)
        return int(action_id)
