"""Counts since the start: every message seen ends in exactly one of judged, not judged, waiting or put off."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from bot.moderation.messages.intake import Skip


@dataclass(slots=True)
class Tally:
    """How many messages went which way."""

    seen: int = 0
    judged: int = 0  #: messages on which every policy in force gave a judgement
    violations: int = 0  #: verdicts "violation"; a message can break rules of two policies
    undecided: int = 0  #: judgements that ended as a "could not judge" case
    cards: int = 0  #: cards that Discord took
    put_off: int = 0  #: messages that an error or a full backlog left to their channel's history
    waiting: int = 0  #: messages that wait for the judge's next turn
    not_judged: Counter[Skip] = field(default_factory=Counter)

    def adds_up(self) -> bool:
        """Nothing was dropped silently."""
        return self.seen == self.judged + self.not_judged.total() + self.waiting + self.put_off
