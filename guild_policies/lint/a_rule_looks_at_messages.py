"""At least one rule of a policy is about messages, because messages are what is judged."""

from __future__ import annotations

from collections.abc import Iterator

from guild_policies.findings import Finding
from guild_policies.grammar import Key
from guild_policies.lines import Role
from guild_policies.parse import Parsed
from guild_policies.policy import LooksAt


def check(parsed: Parsed) -> Iterator[Finding]:
    """Find a policy whose rules all look at whole conversations. Blocking: no message could break it."""
    rules = parsed.policy.rules
    if not rules or any(rule.looks_at is not LooksAt.CONVERSATIONS for rule in rules):
        return
    place = next(line for line in parsed.lines if line.role is Role.KEY and line.key is Key.LOOKS_AT)
    yield Finding(
        code="a_rule_looks_at_messages",
        line=place.number,
        column=place.column,
        message="Every rule looks at conversations only, so no message can break this policy.",
        hint="Write `Looks at: messages` or `Looks at: both` for the rules that a single message can break.",
        blocking=True,
    )
