"""The public rules page: the rules in force, where they apply, how long texts are kept, and how to appeal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.moderation.policies.consequences import ActingRule, Consequences
from bot.moderation.policies.reading import read_policy
from bot.moderation.servers.server import ServerStore
from guild_policies.policy import Rule
from guild_policies.scope import Scope
from guild_policies.store.port import PolicyStore


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicPolicy:
    """A policy in force as members may read it: its own words without patterns and examples."""

    name: str
    version_number: int
    title: str
    purpose: str
    definitions: tuple[str, ...]
    rules: tuple[Rule, ...]  #: without examples, patterns and notes, which are for the judge
    when_unclear: str
    scope: Scope
    ends_at: datetime | None = None  #: end of a temporary rule


@dataclass(frozen=True, slots=True, kw_only=True)
class RulesPage:
    """Everything that ``/rules`` shows."""

    policies: tuple[PublicPolicy, ...]
    retention_days: int | None  #: how long the text of a flagged message is kept; None: nothing is judged
    appeal: str  #: how to appeal, in the server's own words; empty if it has none
    acting: tuple[ActingRule, ...] = ()  #: automatic actions


class PublicRules:
    """Assembles the page."""

    def __init__(self, *, servers: ServerStore, policies: PolicyStore, consequences: Consequences) -> None:
        self._servers = servers
        self._policies = policies
        self._consequences = consequences

    async def of(self, guild_id: int) -> RulesPage:
        """The page of a server. Drafts, paused policies and settings of the judge are not on it."""
        settings = await self._servers.get(guild_id)
        if settings is None:
            return RulesPage(policies=(), retention_days=None, appeal="")
        found = []
        for stored in await self._policies.published(guild_id):
            if stored.in_force is None:
                continue
            policy = await read_policy(stored.in_force.text)
            found.append(
                PublicPolicy(
                    name=stored.name,
                    version_number=stored.in_force.number,
                    title=policy.title,
                    purpose=policy.purpose or policy.plain_words,
                    definitions=policy.definitions,
                    rules=tuple(map(_public, policy.rules)),
                    when_unclear=policy.when_unclear,
                    scope=stored.settings.scope,
                    ends_at=stored.ends_at,
                )
            )
        return RulesPage(
            policies=tuple(found),
            retention_days=settings.retention_days,
            appeal=settings.appeal,
            acting=await self._consequences.acting(guild_id),
        )


def _public(rule: Rule) -> Rule:
    return Rule(
        id=rule.id,
        title=rule.title,
        severity=rule.severity,
        looks_at=rule.looks_at,
        consequence=rule.consequence,
        breaks_it=rule.breaks_it,
        does_not=rule.does_not,
    )
