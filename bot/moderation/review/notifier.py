"""The port through which a member hears what was done."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from bot.moderation.cards.face import NoticeState
from bot.moderation.cases.action import Action
from bot.moderation.cases.case import Case


class Notifier(Protocol):
    """Tells members. Never raises for what Discord refuses, and holds an action up for seconds at most."""

    async def about(self, case: Case, action: Action) -> NoticeState:
        """Tell the member about an action, and say whether that worked.

        Called before a kick or ban is carried out, because nobody can be written to afterwards; after everything else
        was done; and for a warning, which is nothing but this. An action with `new.undoes` takes an earlier one back.
        """


@dataclass(slots=True)
class SilentNotifier:
    """Tells nobody anything, and keeps what it was asked. `answer` is what it says of each."""

    answer: NoticeState = NoticeState.OFF
    asked: list[Action] = field(default_factory=list)

    async def about(self, case: Case, action: Action) -> NoticeState:
        """Keep the action."""
        del case
        self.asked.append(action)
        return self.answer
