"""Builds what looks things up: why a message was judged, what happened outside Bylaw, samples and numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.moderation.cases.external_actions import ExternalActions
from bot.moderation.lookups.fairness import Fairness
from bot.moderation.lookups.policy_numbers import PolicyNumbersLookup
from bot.moderation.lookups.samples import Samples
from bot.moderation.lookups.stats import StatsLookup
from bot.moderation.lookups.transparency import Transparency
from bot.moderation.lookups.why import Why
from bot.moderation.policies.in_force import PoliciesInForce
from bot.wiring.stores import Stores


@dataclass(frozen=True, slots=True, kw_only=True)
class LookUpServices:
    """Everything that answers questions about the past."""

    why: Why
    bridge: ExternalActions
    samples: Samples
    stats: StatsLookup
    numbers: PolicyNumbersLookup
    transparency: Transparency
    fairness: Fairness


def build_look_ups(
    stores: Stores,
    *,
    in_force: PoliciesInForce,
    is_waiting: Callable[[int], bool],
    now: Callable[[], datetime],
    version: str,
) -> LookUpServices:
    """Wire them. Nothing is read or written here.

    Args:
        version: of Bylaw.
        is_waiting: does this message wait for the judge?
    """
    samples = Samples(store=stores.samples, options=stores.options, servers=stores.servers, now=now)
    return LookUpServices(
        why=Why(
            search=stores.search,
            verdicts=stores.verdicts,
            policies=stores.policies,
            servers=stores.servers,
            in_force=in_force,
            is_waiting=is_waiting,
        ),
        bridge=ExternalActions(cases=stores.cases, actions=stores.actions, servers=stores.servers, now=now),
        samples=samples,
        stats=StatsLookup(store=stores.stats, samples=samples, now=now),
        numbers=PolicyNumbersLookup(stats=stores.stats, scores=stores.decided_scores, judges=stores.drift, now=now),
        fairness=Fairness(stores.outcomes, now=now),
        transparency=Transparency(stores.months, version=version),
    )
