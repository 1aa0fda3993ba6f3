"""The port through which actions are carried out on Discord."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from bot.moderation.cases.action import Action
from bot.moderation.cases.case import Case


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """Discord did it. `note` says in words what else a moderator should know, such as that it was done before."""

    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Declined:
    """It was not done. `why` is one plain sentence for moderators."""

    why: str


class Enforcer(Protocol):
    """Carries actions out on Discord. Never raises for what Discord refuses."""

    async def foresee(self, action: Action, case: Case) -> Declined | None:
        """Why it could not be done, as far as that can be known without trying: the member is immune or ranks above,
        or a permission is missing. Asked before a member is told of a kick or ban. Changes nothing on Discord."""

    async def carry_out(self, action: Action, case: Case) -> Accepted | Declined:
        """Do it, with the case's number in Discord's audit log reason. Staff, bots and the owner are immune."""


@dataclass(slots=True)
class MemoryEnforcer:
    """An enforcer that keeps what it was asked: for tests. `refusal` is its answer while it is set."""

    carried_out: list[Action] = field(default_factory=list)
    refusal: Declined | None = None
    foreseen: Declined | None = None

    async def foresee(self, action: Action, case: Case) -> Declined | None:
        """What a test says."""
        del action, case
        return self.foreseen

    async def carry_out(self, action: Action, case: Case) -> Accepted | Declined:
        """Keep the action, or refuse."""
        del case
        if self.refusal:
            return self.refusal
        self.carried_out.append(action)
        return Accepted()
