"""Fakes of the world that remember, look twice or take their time."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

from bot.moderation.cases.action import Action, ActionState
from bot.moderation.cases.case import Case, Clear
from bot.moderation.messages.message_seen import MessageSeen
from bot.moderation.review import whys
from bot.moderation.review.enforcer import AS_USUAL, Accepted, Declined, MemoryEnforcer, Terms, Unneeded
from tests.fakes.stores import MemoryCaseStore
from tests.fakes.stores_actions import MemoryActionStore


class RecordingCases(MemoryCaseStore):
    """A case store that says which clear verdicts were written."""

    def __init__(self, **stores: Any) -> None:
        super().__init__(**stores)
        self.verdicts: list[tuple[int, int, int]] = []  #: message, edit, version

    async def record_clear(self, clear: Clear) -> None:
        """Keep it."""
        self.verdicts.append((clear.message_id, clear.edit, clear.version_id))
        await super().record_clear(clear)


@dataclass(slots=True)
class DiscordsView(MemoryEnforcer):
    """An enforcer that looks at the message first, as the real one does, and remembers where it had to."""

    posted: dict[int, MessageSeen] = field(default_factory=dict)
    was_edited: set[int] = field(default_factory=set)  #: messages that it was asked to act on for an older text

    async def carry_out(self, action: Action, case: Case, terms: Terms = AS_USUAL) -> Accepted | Unneeded | Declined:
        """Decline where the message reads otherwise; else it must be bad."""
        assert terms.judged is not None
        message = self.posted.get(terms.judged.message_id)
        if message is not None and message.edit != terms.judged.edit:
            self.was_edited.add(message.message_id)
            return Declined(why=whys.EDITED_SINCE)
        assert message is None or "bad" in message.text
        return await MemoryEnforcer.carry_out(self, action, case, terms)


class SlowActions(MemoryActionStore):
    """A store that lets others have their turn before it settles an action, as a database does."""

    async def settle(self, action_id: int, state: ActionState, why: str = "", **ends: Any) -> Action:
        """Settle it a little later."""
        for _turn in range(20):
            await asyncio.sleep(0)
        return await super().settle(action_id, state, why, **ends)
