"""What should happen after a judgement. Values: `decide` makes them, the pipeline carries them out."""

from __future__ import annotations

from dataclasses import dataclass

from bot.moderation.cases.action import PlannedAction
from bot.moderation.cases.case import Clear, NewCase


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepClear:
    """Keep the clear verdict, without any text."""

    clear: Clear


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenCase:
    """Open a case, do what follows from it by the server's settings, and show its card to the moderators."""

    new: NewCase
    planned: tuple[PlannedAction, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TryAgain:
    """The judge had no time or was not there: the message waits for its next turn."""


Plan = KeepClear | OpenCase | TryAgain
