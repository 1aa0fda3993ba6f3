"""Raid controls in the database. Moderators' reasons are encrypted, and deleted when the retention time is over."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import RowMapping, Select, and_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.keys import UNREADABLE, Cipher
from bot.moderation.cases.raid_control import (
    MAY_BECOME,
    OPEN,
    Before,
    ControlKind,
    ControlState,
    NewControl,
    NoSuchControl,
    RaidControl,
)
from bot.moderation.servers.retention import PURGED_AT_A_TIME
from bot.storage.audit.entries_of_cards import control_asked, control_reason_purged, control_settled
from bot.storage.audit.log import write_entries
from bot.storage.database.engine import insert_if_absent, reading, writing
from bot.storage.tables.shared_cards import grouped_cases, raid_controls
from classifier.content import clean_text

_OPEN = tuple(sorted(state.value for state in OPEN))
_LARGEST_ID = 2**63 - 1


class SqlRaidControls:
    """`bot.moderation.cases.raid_control.RaidControlStore` over SQLite or PostgreSQL. Raises `StorageError`."""

    def __init__(self, engine: AsyncEngine, *, now: Callable[[], datetime], cipher: Cipher) -> None:
        self._engine = engine
        self._now = now
        self._cipher = cipher

    async def add(self, new: NewControl, *, until: datetime) -> tuple[RaidControl, bool]:
        """Store a control, unless an open one conflicts."""
        in_the_way = select(raid_controls).where(
            raid_controls.c.guild_id == new.guild_id,
            raid_controls.c.kind == new.kind.value,
            raid_controls.c.channel_id == new.channel_id,
            raid_controls.c.state.in_(_OPEN),
        )
        while True:
            async with writing(self._engine) as connection:
                row = _row_of(new, until=until, at=self._now(), cipher=self._cipher)
                adding = insert_if_absent(connection, raid_controls).values(row).returning(raid_controls)
                added = (await connection.execute(adding)).mappings().first()
                if added is not None:
                    control = self._control(added)
                    await write_entries(connection, [control_asked(control)])
                    return control, True
                found = await self._all(connection, in_the_way)
                if found:  # otherwise it ended between the two queries, and no longer conflicts
                    return found[0], False

    async def note_before(self, control_id: int, before: Before) -> None:
        """Store what a pending control is about to replace."""
        pending = and_(raid_controls.c.id == control_id, raid_controls.c.state == ControlState.PENDING.value)
        values = {"before_until": before.until, "before_seconds": before.seconds}
        async with writing(self._engine) as connection:
            await connection.execute(update(raid_controls).where(pending).values(values))

    async def become(
        self, control_id: int, state: ControlState, why: str = "", *, by: int | None = None
    ) -> tuple[RaidControl, bool]:
        """Change the state of a control. Raises `NoSuchControl`."""
        at, one = self._now(), raid_controls.c.id == control_id
        async with writing(self._engine) as connection:
            found = await self._all(connection, select(raid_controls).where(one).with_for_update())
            if not found:
                raise NoSuchControl(f"there is no raid control {control_id}")
            before = found[0].state
            if state not in MAY_BECOME[before]:
                return found[0], False
            ends = state in (ControlState.ENDING, ControlState.ENDED)
            values = {
                "state": state.value,
                "why": clean_text(why),
                "settled_at": at,
                "ended_by": by if ends else None,
                "ended_at": at if state is ControlState.ENDED else None,
            }
            await connection.execute(update(raid_controls).where(one).values(values))
            (control,) = await self._all(connection, select(raid_controls).where(one))
            await write_entries(connection, [control_settled(control, before=before, actor_id=by, at=at)])
            return control, True

    async def get(self, guild_id: int, control_id: int) -> RaidControl | None:
        """The control with this id, if it belongs to this server."""
        if not 0 < control_id <= _LARGEST_ID:
            return None
        found = await self._read(raid_controls.c.guild_id == guild_id, raid_controls.c.id == control_id)
        return found[0] if found else None

    async def of_card(self, guild_id: int, group_id: int) -> tuple[RaidControl, ...]:
        """Controls set from this card, oldest first."""
        return await self._read(raid_controls.c.guild_id == guild_id, raid_controls.c.group_id == group_id)

    async def of_case(self, guild_id: int, number: int) -> tuple[RaidControl, ...]:
        """Controls set from the cards that a case is on, oldest first."""
        cards = select(grouped_cases.c.group_id).where(
            grouped_cases.c.guild_id == guild_id, grouped_cases.c.case_number == number
        )
        return await self._read(raid_controls.c.guild_id == guild_id, raid_controls.c.group_id.in_(cards))

    async def open_in(self, guild_id: int) -> tuple[RaidControl, ...]:
        """The controls of a server that are not over, oldest first."""
        return await self._read(raid_controls.c.guild_id == guild_id, raid_controls.c.state.in_(_OPEN))

    async def all_open(self) -> tuple[RaidControl, ...]:
        """The controls of all servers that are not over, oldest first."""
        return await self._read(raid_controls.c.state.in_(_OPEN))

    async def purge_texts(self, guild_id: int, *, before: datetime, limit: int = PURGED_AT_A_TIME) -> int:
        """Delete the reasons of controls asked before this time. Returns how many were purged."""
        old = select(raid_controls.c.id).where(
            raid_controls.c.guild_id == guild_id,
            raid_controls.c.asked_at < before,
            raid_controls.c.reason_encrypted.is_not(None),
        )
        some = raid_controls.c.id.in_(old.order_by(raid_controls.c.id).limit(limit))
        purge = update(raid_controls).where(some).values(reason_encrypted=None).returning(raid_controls)
        async with writing(self._engine) as connection:
            purged = [self._control(row) for row in (await connection.execute(purge)).mappings()]
            at = self._now()
            purged.sort(key=lambda control: control.id)
            await write_entries(connection, [control_reason_purged(control, at=at) for control in purged])
        return len(purged)

    async def _read(self, *where: Any) -> tuple[RaidControl, ...]:
        async with reading(self._engine) as connection:
            return await self._all(connection, select(raid_controls).where(*where).order_by(raid_controls.c.id))

    async def _all(self, connection: AsyncConnection, query: Select[Any]) -> tuple[RaidControl, ...]:
        return tuple(self._control(row) for row in (await connection.execute(query)).mappings())

    def _control(self, row: RowMapping) -> RaidControl:
        token = row["reason_encrypted"]
        return RaidControl(
            id=row["id"],
            new=NewControl(
                guild_id=row["guild_id"],
                group_id=row["group_id"],
                case_number=row["case_number"],
                kind=ControlKind(row["kind"]),
                channel_id=row["channel_id"],
                seconds=row["seconds"],
                length=timedelta(seconds=row["length_seconds"]),
                by=row["by"],
                reason="" if token is None else self._cipher.decrypt(token) or UNREADABLE,
            ),
            state=ControlState(row["state"]),
            why=row["why"],
            asked_at=row["asked_at"],
            until=row["until"],
            before=Before(until=row["before_until"], seconds=row["before_seconds"]),
            settled_at=row["settled_at"],
            ended_by=row["ended_by"],
            ended_at=row["ended_at"],
        )


def _row_of(new: NewControl, *, until: datetime, at: datetime, cipher: Cipher) -> dict[str, Any]:
    return {
        "guild_id": new.guild_id,
        "group_id": new.group_id,
        "case_number": new.case_number,
        "kind": new.kind.value,
        "channel_id": new.channel_id,
        "seconds": new.seconds,
        "length_seconds": int(new.length.total_seconds()),
        "by": new.by,
        "reason_encrypted": cipher.encrypt(clean_text(new.reason)) if new.reason else None,
        "state": ControlState.PENDING.value,
        "why": "",
        "asked_at": at,
        "until": until,
        "before_until": None,
        "before_seconds": 0,
    }
