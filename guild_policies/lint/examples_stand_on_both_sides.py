"""Every rule has examples on both sides of the line: some that break it, and some that look alike and are allowed."""

from __future__ import annotations

from collections.abc import Iterator

from guild_policies.findings import Finding
from guild_policies.text.parse import Parsed


def check(parsed: Parsed) -> Iterator[Finding]:
    """Find rules without an example on one side or on both."""
    for place, rule in zip(parsed.places, parsed.policy.rules, strict=True):
        violates = any(example.violates for example in rule.examples)
        allowed = any(not example.violates for example in rule.examples)
        if violates and allowed:
            continue
        missing = "example that breaks it" if allowed else "example of what is allowed" if violates else "example"
        label = "- violates:" if allowed else "- allowed:"
        yield Finding(
            code="examples_stand_on_both_sides",
            line=place.number,
            column=place.column,
            message=f"{rule.id or 'This rule'} has no {missing}.",
            hint=f'Add a line such as `{label} "..."` under `Examples:`.'
            if violates or allowed
            else 'Write `Examples:` and below it lines such as `- violates: "..."` and `- allowed: "..."`.',
        )
