"""Builds aids for moderators: nameable rules, precedents, hidden words, and breaks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.moderation.cards.board import CardBoard
from bot.moderation.policies.nameable_rules import NameableRules
from bot.moderation.review.precedents import Precedents
from bot.moderation.review.shield import Shield
from bot.moderation.review.shifts import Shifts
from bot.wiring.stores import Stores


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionAids:
    """Aids for decisions, which decide nothing themselves."""

    rules: NameableRules
    precedents: Precedents
    shield: Shield
    shifts: Shifts

    def forgetting(self, forget: Callable[[int], None]) -> Callable[[int], None]:
        """A function that drops a member's words from memory, here and in the given function."""

        def forget_member(member_id: int) -> None:
            forget(member_id)
            self.precedents.forget()

        return forget_member


def build_decision_aids(
    stores: Stores, *, board: CardBoard, now: Callable[[], datetime], clock: Callable[[], float]
) -> DecisionAids:
    """Build the aids. Reads and writes nothing."""
    options, servers = stores.options, stores.servers
    return DecisionAids(
        rules=NameableRules(stores.policies),
        precedents=Precedents(texts=stores.decided_texts, options=options, servers=servers, now=now, clock=clock),
        shield=Shield(levels=stores.shield_levels, options=options),
        shifts=Shifts(options=options, servers=servers, board=board, clock=clock),
    )
