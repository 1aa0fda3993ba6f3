"""The port that tells members about actions."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from bot.moderation.cards.face import NoticeState
from bot.moderation.cases.action import Action
from bot.moderation.cases.case import Case


class Notifier(Protocol):
    """Tells members about actions. Doesn't raise when Discord refuses, and delays an action by seconds at most."""

    async def about(self, case: Case, action: Action) -> NoticeState:
        """Tell the member about an action, and say whether that worked.

        Called before a kick or ban is carried out, because the member can't be reached afterwards; for other actions,
        after they are done; and for a warning, which consists of nothing else. An action with `new.undoes` undoes an
        earlier one.
        """


@dataclass(slots=True)
class SilentNotifier:
    """Tells nobody, and records the requests. `answer` is its result for each."""

    answer: NoticeState = NoticeState.OFF
    asked: list[Action] = field(default_factory=list)

    async def about(self, case: Case, action: Action) -> NoticeState:
        """Record the action."""
        del case
        self.asked.append(action)
        return self.answer
