"""Every rule says in words what breaks it; a title alone leaves that to the model."""

from __future__ import annotations

from collections.abc import Iterator

from guild_policies.findings import Finding
from guild_policies.policy import Rule
from guild_policies.text.hidden import is_blank
from guild_policies.text.parse import Parsed


def check(parsed: Parsed) -> Iterator[Finding]:
    """Find rules that are nothing but a title, or only say what is allowed."""
    for rule, place in zip(parsed.policy.rules, parsed.places, strict=True):
        if not _says_something(rule):
            yield Finding(
                code="every_rule_says_what_breaks_it",
                line=place.number,
                column=place.column,
                message=f"{rule.id or 'The rule'} does not say what breaks it.",
                hint="Write `Breaks it:` and what is in a message that breaks this rule.",
            )


def _says_something(rule: Rule) -> bool:
    """In words of its own, in text under its heading, or by an example."""
    violating = (example.text for example in rule.examples if example.violates)
    return not all(map(is_blank, (rule.breaks_it, rule.notes, *violating)))
