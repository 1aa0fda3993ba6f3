"""Every rule has an id, because a verdict names the rule that was broken by its id."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from textwrap import shorten

from guild_policies.findings import Finding
from guild_policies.text.grammar import without_list_mark
from guild_policies.text.parse import Parsed

_LONGEST_SHOWN = 40  # characters of a title in the hint


def check(parsed: Parsed) -> Iterator[Finding]:
    """Find rule headings without an id. Blocking: nobody could say that this rule was broken."""
    taken = {rule.id for rule in parsed.policy.rules}
    free = (name for number in count(1) if (name := f"R{number}") not in taken)
    for place, rule in zip(parsed.places, parsed.policy.rules, strict=True):
        if rule.id:
            continue
        title = shorten(without_list_mark(rule.title), _LONGEST_SHOWN, placeholder=" …")
        yield Finding(
            code="every_rule_has_an_id",
            line=place.number,
            column=place.column,
            message="This rule has no id.",
            hint=f"Write `### {next(free)} {title or 'Title'}`.",
            blocking=True,
        )
