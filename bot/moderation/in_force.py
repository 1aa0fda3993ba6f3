"""The policies that a server has in force, in the form that judging needs.

The database is asked for every message, so a publication counts from the next message on and in every process; the
parsed and compiled text is kept by version id, which is safe because a version never changes.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field

from bot.moderation.seen import MessageSeen
from classifier import PolicyText
from guild_policies.compile import NotJudgeable, compile_policy
from guild_policies.parse import parse
from guild_policies.policy import Policy
from guild_policies.scope import PolicySettings, covers
from guild_policies.store import PolicyStore
from guild_policies.versions import PolicyVersion

KEPT_VERSIONS = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyInForce:
    """A published policy: its name, its version, its rules, and what a judge reads of them."""

    name: str
    version: PolicyVersion
    policy: Policy
    text: PolicyText
    settings: PolicySettings = field(default_factory=PolicySettings)

    def covers(self, seen: MessageSeen) -> bool:
        """Does the policy apply where this was posted, and to who posted it?"""
        return covers(self.settings.scope, seen.place, seen.author, at=seen.posted_at) is None


class PoliciesInForce:
    """Looks up what is in force in a server."""

    def __init__(self, store: PolicyStore, *, kept: int = KEPT_VERSIONS) -> None:
        self._store = store
        self._kept = kept
        self._compiled: OrderedDict[int, tuple[Policy, PolicyText] | None] = OrderedDict()

    async def of(self, guild_id: int) -> tuple[PolicyInForce, ...]:
        """The server's policies in force that have something to say about single messages."""
        found = []
        for stored in await self._store.published(guild_id):
            version = stored.in_force
            compiled = self._compile(version) if version else None
            if version and compiled:
                policy, text = compiled
                found.append(PolicyInForce(
                    name=stored.name, version=version, policy=policy, text=text, settings=stored.settings
                ))  # fmt: skip
        return tuple(found)

    def _compile(self, version: PolicyVersion) -> tuple[Policy, PolicyText] | None:
        if version.id in self._compiled:
            self._compiled.move_to_end(version.id)
            return self._compiled[version.id]
        policy = parse(version.text).policy
        try:
            compiled: tuple[Policy, PolicyText] | None = (policy, compile_policy(policy))
        except NotJudgeable:
            compiled = None  # rules for conversations only: nothing to ask about a single message
        self._compiled[version.id] = compiled
        if len(self._compiled) > self._kept:
            self._compiled.popitem(last=False)
        return compiled
