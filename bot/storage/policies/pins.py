"""Pinned examples in the database. Their texts are encrypted like those of cases."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import RowMapping, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.keys import Cipher
from bot.moderation.cases.audit import AuditAction
from bot.moderation.policies.pins import TooManyPins
from bot.storage.audit.entries import pin_changed
from bot.storage.audit.log import write_entries
from bot.storage.database.engine import reading, writing
from bot.storage.tables.trials import pins
from guild_policies.examples import MAX_PINS_PER_POLICY, Pin
from guild_policies.store.tables import policies

_LARGEST_ID = 2**63 - 1


class SqlPinStore:
    """`bot.moderation.policies.pins.PinStore` over SQLite or PostgreSQL. Raises `StorageError`."""

    def __init__(self, engine: AsyncEngine, *, now: Callable[[], datetime], cipher: Cipher) -> None:
        self._engine = engine
        self._now = now
        self._cipher = cipher

    async def add(self, *, guild_id: int, policy_id: int, text: str, rule_id: str | None, actor_id: int) -> Pin:
        """Store a pin. Raises `TooManyPins`."""
        at = self._now()
        async with writing(self._engine) as connection:
            # The policy's row is the lock: two pins added at the same time are counted one after the other.
            await connection.execute(select(policies.c.id).where(policies.c.id == policy_id).with_for_update())
            counted = select(func.count()).where(pins.c.guild_id == guild_id, pins.c.policy_id == policy_id)
            if (await connection.execute(counted)).scalar_one() >= MAX_PINS_PER_POLICY:
                raise TooManyPins
            result = await connection.execute(
                insert(pins).values(
                    guild_id=guild_id,
                    policy_id=policy_id,
                    text_encrypted=self._cipher.encrypt(text),
                    rule_id=rule_id,
                    author_id=actor_id,
                    created_at=at,
                    held=None,
                )
            )
            (pin_id,) = result.inserted_primary_key or (0,)
            pin = Pin(id=pin_id, policy_id=policy_id, text=text, rule_id=rule_id, author_id=actor_id, created_at=at)
            await write_entries(
                connection, [pin_changed(pin, guild_id, AuditAction.PIN_ADDED, actor_id=actor_id, at=at)]
            )
        return pin

    async def remove(self, guild_id: int, policy_id: int, pin_id: int, *, actor_id: int) -> Pin | None:
        """Remove and return a pin. None if the policy has no such pin."""
        if not 0 < pin_id <= _LARGEST_ID:
            return None
        which = (pins.c.guild_id == guild_id, pins.c.policy_id == policy_id, pins.c.id == pin_id)
        async with writing(self._engine) as connection:
            row = (await connection.execute(select(pins).where(*which))).mappings().one_or_none()
            if row is None or not (await connection.execute(delete(pins).where(*which))).rowcount:
                return None
            pin = self._pin(row, self._cipher.decrypt(row["text_encrypted"]) or "")
            entry = pin_changed(pin, guild_id, AuditAction.PIN_REMOVED, actor_id=actor_id, at=self._now())
            await write_entries(connection, [entry])
        return pin

    async def of(self, guild_id: int, policy_id: int) -> tuple[Pin, ...]:
        """The pins of a policy, oldest first. Pins whose text can't be decrypted with the current key are left out."""
        query = select(pins).where(pins.c.guild_id == guild_id, pins.c.policy_id == policy_id).order_by(pins.c.id)
        async with reading(self._engine) as connection:
            rows = (await connection.execute(query)).mappings().all()
        texts = ((row, self._cipher.decrypt(row["text_encrypted"])) for row in rows)
        return tuple(self._pin(row, text) for row, text in texts if text is not None)

    async def note(self, guild_id: int, held: dict[int, bool]) -> None:
        """Remember for each pin, by its id, whether it holds under the version in force now."""
        async with writing(self._engine) as connection:
            for holds in (True, False):
                ids = [pin_id for pin_id, each in held.items() if each is holds]
                named = update(pins).where(pins.c.guild_id == guild_id, pins.c.id.in_(ids))
                await connection.execute(named.values(held=holds))

    @staticmethod
    def _pin(row: RowMapping, text: str) -> Pin:
        return Pin(
            id=row["id"],
            policy_id=row["policy_id"],
            text=text,
            rule_id=row["rule_id"],
            author_id=row["author_id"],
            created_at=row["created_at"],
            held=row["held"],
        )
