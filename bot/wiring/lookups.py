"""Builds the lookups: explanations of verdicts, external actions, samples and statistics."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.moderation.cases.case_file import CaseFiles
from bot.moderation.cases.external_actions import ExternalActions
from bot.moderation.disclosure.disclosure import CaseSources, Disclosure
from bot.moderation.lookups.audit_search import AuditTrail
from bot.moderation.lookups.numbers.fairness import Fairness
from bot.moderation.lookups.numbers.policy_numbers import PolicyNumbersLookup
from bot.moderation.lookups.numbers.stats import StatsLookup
from bot.moderation.lookups.numbers.transparency import Transparency
from bot.moderation.lookups.samples import Samples
from bot.moderation.lookups.why import Why
from bot.moderation.policies.in_force import PoliciesInForce
from bot.moderation.policies.nameable_rules import NameableRules
from bot.wiring.stores import Stores


@dataclass(frozen=True, slots=True, kw_only=True)
class LookUpServices:
    """The services that answer questions about the past."""

    why: Why
    bridge: ExternalActions
    samples: Samples
    stats: StatsLookup
    numbers: PolicyNumbersLookup
    transparency: Transparency
    fairness: Fairness
    trail: AuditTrail
    disclosure: Disclosure


def build_look_ups(
    stores: Stores,
    *,
    files: CaseFiles,
    in_force: PoliciesInForce,
    is_waiting: Callable[[int], bool],
    now: Callable[[], datetime],
    version: str,
) -> LookUpServices:
    """Build the services. Reads and writes nothing.

    Args:
        version: of Bylaw.
        is_waiting: is this message waiting for the judge?
    """
    samples = Samples(store=stores.samples, options=stores.options, servers=stores.servers, now=now)
    why = Why(
        search=stores.search,
        verdicts=stores.verdicts,
        policies=stores.policies,
        servers=stores.servers,
        in_force=in_force,
        is_waiting=is_waiting,
    )
    return LookUpServices(
        why=why,
        bridge=ExternalActions(
            cases=stores.cases,
            actions=stores.actions,
            servers=stores.servers,
            now=now,
            rule_in=NameableRules(stores.policies).begins,
        ),
        samples=samples,
        stats=StatsLookup(store=stores.stats, samples=samples, now=now),
        numbers=PolicyNumbersLookup(stats=stores.stats, scores=stores.decided_scores, judges=stores.drift, now=now),
        fairness=Fairness(stores.outcomes, now=now),
        transparency=Transparency(stores.months, version=version),
        trail=AuditTrail(stores.audit_search),
        disclosure=Disclosure(_sources(stores, files, why), log=stores.search, now=now),
    )


def _sources(stores: Stores, files: CaseFiles, why: Why) -> CaseSources:
    return CaseSources(
        files=files,
        policies=stores.policies,
        actions=stores.actions,
        notices=stores.notices,
        notes=stores.notes,
        messages=stores.messages,
        controls=stores.raid_controls,
        appeals=stores.appeals,
        reports=stores.reports,
        why=why,
    )
