"""A policy has at least one rule."""

from __future__ import annotations

from collections.abc import Iterator

from guild_policies.findings import Finding
from guild_policies.text.grammar import Section
from guild_policies.text.parse import Parsed


def check(parsed: Parsed) -> Iterator[Finding]:
    """Find a policy without a rule. Blocking: there is nothing that a message could break."""
    if parsed.policy.rules:
        return
    place = next((line for line in parsed.lines if line.known is Section.RULES), parsed.lines[0])
    yield Finding(
        code="the_policy_has_a_rule",
        line=place.number,
        column=place.column,
        message="The policy has no rule.",
        hint="Write `### R1 Title` under `## Rules`, and below it what breaks the rule.",
        blocking=True,
    )
