"""In-memory stores of trials. See `tests.fakes.stores`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime

from bot.moderation.cascade.screened_set import ScreenedSet
from bot.moderation.cases.audit import AuditAction
from bot.moderation.policies.pins import TooManyPins
from bot.moderation.trials.costs import Spent
from bot.moderation.trials.drift import JudgeMark
from bot.storage.audit.entries import pin_changed
from guild_policies.examples import MAX_PINS_PER_POLICY, Pin
from tests.fakes.stores_audit import MemoryAuditLog


class MemoryPinStore:
    """`bot.moderation.policies.pins.PinStore` as a dictionary."""

    def __init__(self, *, now: Callable[[], datetime], audit: MemoryAuditLog) -> None:
        self._now = now
        self._audit = audit
        self._pins: dict[int, tuple[int, Pin]] = {}
        self._last = 0

    async def add(self, *, guild_id: int, policy_id: int, text: str, rule_id: str | None, actor_id: int) -> Pin:
        """Store a pin. Raises `TooManyPins`."""
        if len(await self.of(guild_id, policy_id)) >= MAX_PINS_PER_POLICY:
            raise TooManyPins
        self._last += 1
        at = self._now()
        pin = Pin(id=self._last, policy_id=policy_id, text=text, rule_id=rule_id, author_id=actor_id, created_at=at)
        self._pins[pin.id] = (guild_id, pin)
        self._audit.add([pin_changed(pin, guild_id, AuditAction.PIN_ADDED, actor_id=actor_id, at=at)])
        return pin

    async def remove(self, guild_id: int, policy_id: int, pin_id: int, *, actor_id: int) -> Pin | None:
        """Remove and return a pin. None if the policy has no such pin."""
        pin = next((each for each in await self.of(guild_id, policy_id) if each.id == pin_id), None)
        if pin is not None:
            del self._pins[pin_id]
            entry = pin_changed(pin, guild_id, AuditAction.PIN_REMOVED, actor_id=actor_id, at=self._now())
            self._audit.add([entry])
        return pin

    async def of(self, guild_id: int, policy_id: int) -> tuple[Pin, ...]:
        """The pins of a policy, oldest first."""
        return tuple(pin for where, pin in self._pins.values() if (where, pin.policy_id) == (guild_id, policy_id))

    async def note(self, guild_id: int, held: dict[int, bool]) -> None:
        """Remember for each pin, by its id, whether it holds under the version in force now."""
        for pin_id, holds in held.items():
            where, pin = self._pins.get(pin_id, (None, None))
            if pin is not None and where == guild_id:
                self._pins[pin_id] = (guild_id, replace(pin, held=holds))


class MemoryCostStore:
    """`bot.moderation.trials.costs.CostStore` as a dictionary."""

    def __init__(self) -> None:
        self._sums: dict[tuple[int, date, int], Spent] = {}

    async def add(self, spent: tuple[Spent, ...]) -> None:
        """Add to the sums."""
        for each in spent:
            key = (each.guild_id, each.day, each.version_id)
            known = self._sums.get(key)
            if known is not None:
                each = replace(each, verdicts=known.verdicts + each.verdicts, seconds=known.seconds + each.seconds)
            self._sums[key] = each

    async def since(self, guild_id: int, day: date) -> tuple[Spent, ...]:
        """A server's sums of this day and later."""
        found = (each for each in self._sums.values() if each.guild_id == guild_id and each.day >= day)
        return tuple(sorted(found, key=lambda each: (each.day, each.version_id)))

    async def forget(self, *, before: date) -> int:
        """Delete the sums of earlier days, of all servers. Returns how many rows were deleted."""
        old = [key for key, each in self._sums.items() if each.day < before]
        for key in old:
            del self._sums[key]
        return len(old)


class MemoryDriftStore:
    """`bot.moderation.trials.drift.DriftStore` as a dictionary."""

    def __init__(self) -> None:
        self._marks: dict[int, JudgeMark] = {}

    async def mark(self, guild_id: int) -> JudgeMark | None:
        """The server's mark; None before its first."""
        return self._marks.get(guild_id)

    async def remember(self, mark: JudgeMark) -> None:
        """Replace the server's mark."""
        self._marks[mark.guild_id] = mark


class MemoryScreenedSetStore:
    """`bot.moderation.cascade.cascade.ScreenedSetStore` as a dictionary."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, str], tuple[tuple[int, ...], ScreenedSet]] = {}
        self.saves = 0  #: number of writes

    async def get(self, guild_id: int, set_key: str) -> ScreenedSet | None:
        """What was learned about a set; None if nothing was."""
        found = self._known.get((guild_id, set_key))
        return None if found is None else found[1]

    async def save(self, guild_id: int, set_key: str, known: ScreenedSet, version_ids: Sequence[int]) -> None:
        """Keep it as the latest."""
        self.saves += 1
        self._known.pop((guild_id, set_key), None)
        self._known[guild_id, set_key] = (tuple(sorted(version_ids)), known)

    async def of_server(self, guild_id: int) -> tuple[tuple[tuple[int, ...], ScreenedSet], ...]:
        """All sets of a server, the latest first."""
        return tuple(found for (where, _), found in reversed(self._known.items()) if where == guild_id)

    async def forget(self, guild_id: int) -> None:
        """Delete what was learned in this server."""
        for key in [key for key in self._known if key[0] == guild_id]:
            del self._known[key]
