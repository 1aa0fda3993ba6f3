"""Rules stand under headings of their own, so that a verdict can name the one that was broken."""

from __future__ import annotations

from collections.abc import Iterator

from guild_policies.findings import Finding
from guild_policies.text.parse import Parsed


def check(parsed: Parsed) -> Iterator[Finding]:
    """Find a text without rule headings. It is still judged, as one rule R1."""
    if parsed.structured:
        return
    place = parsed.places[0]
    yield Finding(
        code="rules_stand_under_headings",
        line=place.number,
        column=place.column,
        message="No rule has a heading, so the whole text is read as one rule.",
        hint="Start each rule with `### R1 Title`; below it write `Breaks it:`, `Does not:` and `Examples:`.",
    )
