"""Rules stand under headings of their own, so that a verdict can name the one that was broken."""

from __future__ import annotations

from collections.abc import Iterator

from guild_policies.findings import Finding
from guild_policies.text.parse import Parsed


def check(parsed: Parsed) -> Iterator[Finding]:
    """Find a text without rule headings. It is still judged, as one rule R1; a policy in another form, as its rules."""
    if parsed.structured and not parsed.dialect:
        return
    place = parsed.places[0]
    if parsed.dialect:
        count = len(parsed.policy.rules)
        yield Finding(
            code="rules_stand_under_headings",
            line=place.number,
            column=place.column,
            message=f"This policy is in another format; it is read as {count} {'rule' if count == 1 else 'rules'}.",
            hint="`/policy import` and `bylaw policy import` show what was understood and rewrite it.",
        )
        return
    yield Finding(
        code="rules_stand_under_headings",
        line=place.number,
        column=place.column,
        message="No rule has a heading, so the whole text is read as guidance about one rule.",
        hint="Start each rule with `### R1 Title`; below it write `Breaks it:`, `Does not:` and `Examples:`.",
    )
