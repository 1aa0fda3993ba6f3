"""No two rules of a policy have the same id."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

from guild_policies.findings import Finding
from guild_policies.text.parse import Parsed


def check(parsed: Parsed) -> Iterator[Finding]:
    """Find ids that were used before. Blocking: a verdict could mean either rule."""
    taken = {rule.id for rule in parsed.policy.rules}
    free = (name for number in count(1) if (name := f"R{number}") not in taken)
    seen: dict[str, int] = {}
    for place, rule in zip(parsed.places, parsed.policy.rules, strict=True):
        if rule.id and rule.id in seen:
            yield Finding(
                code="rule_ids_are_unique",
                line=place.number,
                column=place.raw.find("#") + 1,
                message=f"The rule in line {seen[rule.id]} already has the id {rule.id}.",
                hint=f"Call this one {next(free)}.",
                blocking=True,
            )
        seen.setdefault(rule.id, place.number)
