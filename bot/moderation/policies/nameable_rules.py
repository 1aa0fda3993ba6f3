"""The rules that a moderator can name if the judge named none, and their choice.

A rule's key is its version and its position in it. Versions never change, so a form submitted an hour later still means
the rule that its sender saw.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bot.moderation.cases.ground import MAX_WORDS, Ground, NamedRule
from bot.moderation.policies.reading import read_policy
from guild_policies.policy import Policy
from guild_policies.store.port import PolicyStore
from guild_policies.versions import PolicyVersion

OTHER_REASON = "other"  #: the key for: no rule, another reason

_BIGGEST = 2**63 - 1  # of a column


@dataclass(frozen=True, slots=True, kw_only=True)
class NameableRule:
    """A rule that can be named."""

    key: str  #: the value submitted when it is chosen
    rule: NamedRule


class NameableRules:
    """Lists rules, and turns what a moderator chose and wrote into a ground."""

    def __init__(self, policies: PolicyStore) -> None:
        self._policies = policies

    async def of(self, guild_id: int, *, first: int = 0) -> tuple[NameableRule, ...]:
        """The rules in force in a server, in the order of its policies.

        Args:
            first: the policy whose rules come first, such as the one that a judge could not decide under.
        """
        found: list[NameableRule] = []
        for stored in sorted(await self._policies.published(guild_id), key=lambda each: each.id != first):
            if stored.in_force is not None:
                policy = await read_policy(stored.in_force.text)
                found += _rules_of(stored.name, stored.in_force, policy)
        return tuple(found)

    async def ground(self, guild_id: int, *, key: str, words: str) -> Ground | None:
        """The ground that a moderator named; None if they named none.

        Args:
            key: of the rule that they chose, `OTHER_REASON`, or empty.
            words: what they wrote. The id of a single rule in force, and nothing else, names that rule.
        """
        words = words.strip()[:MAX_WORDS]
        chosen = await self._chosen(guild_id, key)
        if chosen is not None:
            return Ground(rule=chosen, words=words or None)
        if not words:
            return None
        named = await self.named_by(guild_id, words) if key != OTHER_REASON else None
        return Ground(words=words) if named is None else Ground(rule=named)

    async def named_by(self, guild_id: int, words: str) -> NamedRule | None:
        """The rule with this id, or this policy and id. None if there is none, or more than one."""
        wanted = " ".join(words.split()).casefold()
        found = [each.rule for each in await self.of(guild_id)]
        for names in ([rule.id for rule in found], [f"{rule.policy_name} {rule.id}" for rule in found]):
            same = [rule for rule, name in zip(found, names, strict=True) if name.casefold() == wanted]
            if len(same) == 1:
                return same[0]
        return None

    async def begins(self, guild_id: int, reason: str) -> NamedRule | None:
        """The rule whose id a reason begins with, as in “R2 for the third time”. None unless exactly one matches."""
        words = reason.split(maxsplit=1)
        return await self.named_by(guild_id, words[0].rstrip(":;,.-")) if words else None

    async def _chosen(self, guild_id: int, key: str) -> NamedRule | None:
        version_id, _, place = key.partition(".")
        if not (version_id.isdecimal() and place.isdecimal()) or len(key) > 30 or int(version_id) > _BIGGEST:
            return None
        version = await self._policies.version(guild_id, int(version_id))
        if version is None:
            return None
        names = {policy.id: policy.name for policy in await self._policies.list(guild_id)}
        policy = await read_policy(version.text)
        rules = _rules_of(names.get(version.policy_id, policy.title), version, policy)
        return next((each.rule for each in rules if each.key == key), None)


def _rules_of(name: str, version: PolicyVersion, policy: Policy) -> Iterator[NameableRule]:
    for place, rule in enumerate(policy.rules):
        if rule.id:
            named = NamedRule(
                policy_id=version.policy_id,
                policy_name=name,
                version_id=version.id,
                version_number=version.number,
                id=rule.id,
                title=rule.title,
                severity=rule.severity.value,
            )
            yield NameableRule(key=f"{version.id}.{place}", rule=named)
