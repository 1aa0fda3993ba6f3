"""What looking things up is made of: why a message was judged, what comes from elsewhere, and numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.moderation.cases.action import ActionStore
from bot.moderation.cases.case import CaseStore
from bot.moderation.cases.external_actions import Bridge
from bot.moderation.lookups.samples import Samples, SampleStore
from bot.moderation.lookups.search import CaseSearchStore
from bot.moderation.lookups.stats import StatsLookup, StatsStore
from bot.moderation.lookups.why import ClearVerdicts, Why
from bot.moderation.policies.in_force import PoliciesInForce
from bot.moderation.servers.options import OptionStore
from bot.moderation.servers.server import ServerStore
from guild_policies.store.port import PolicyStore


@dataclass(frozen=True, slots=True, kw_only=True)
class LookUpServices:
    """Everything that answers questions about what was."""

    why: Why
    bridge: Bridge
    samples: Samples
    stats: StatsLookup


def build_look_ups(
    *,
    cases: CaseStore,
    search: CaseSearchStore,
    verdicts: ClearVerdicts,
    actions: ActionStore,
    servers: ServerStore,
    policies: PolicyStore,
    options: OptionStore,
    samples: SampleStore,
    stats: StatsStore,
    in_force: PoliciesInForce,
    is_waiting: Callable[[int], bool],
    now: Callable[[], datetime],
) -> LookUpServices:
    """Wire them. Nothing is read or written here."""
    sampling = Samples(store=samples, options=options, servers=servers, now=now)
    return LookUpServices(
        why=Why(
            search=search,
            verdicts=verdicts,
            policies=policies,
            servers=servers,
            in_force=in_force,
            is_waiting=is_waiting,
        ),
        bridge=Bridge(cases=cases, actions=actions, servers=servers, now=now),
        samples=sampling,
        stats=StatsLookup(store=stats, samples=sampling, now=now),
    )
