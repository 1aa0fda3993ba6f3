"""What looking things up is made of: why a message was judged, what comes from elsewhere, and numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.moderation.actions import ActionStore
from bot.moderation.bridge import Bridge
from bot.moderation.case_search import CaseSearchStore
from bot.moderation.cases import CaseStore
from bot.moderation.in_force import PoliciesInForce
from bot.moderation.options import OptionStore
from bot.moderation.samples import Samples, SampleStore
from bot.moderation.servers import ServerStore
from bot.moderation.stats import StatsDesk, StatsStore
from bot.moderation.why import ClearVerdicts, Why
from guild_policies.store import PolicyStore


@dataclass(frozen=True, slots=True, kw_only=True)
class LookUpServices:
    """Everything that answers questions about what was."""

    why: Why
    bridge: Bridge
    samples: Samples
    stats: StatsDesk


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
            search=search, verdicts=verdicts, policies=policies, servers=servers, in_force=in_force,
            is_waiting=is_waiting,
        ),
        bridge=Bridge(cases=cases, actions=actions, servers=servers, now=now),
        samples=sampling,
        stats=StatsDesk(store=stats, samples=sampling, now=now),
    )  # fmt: skip
