"""On each side of the line a rule has at least two examples, so that one can be clear and one close to the line.

Only the model could say how close an example is to the line; lint only counts whether there can be a close one. The
model's usage guide asks for four to six short examples near the boundary, of both classes.
"""

from __future__ import annotations

from collections.abc import Iterator

from guild_policies.findings import Finding
from guild_policies.text.parse import Parsed

_ENOUGH = 2


def check(parsed: Parsed) -> Iterator[Finding]:
    """Find rules with a single example on one side; a side with none is for `examples_stand_on_both_sides`."""
    for place, rule in zip(parsed.places, parsed.policy.rules, strict=True):
        violates = sum(example.violates for example in rule.examples)
        allowed = len(rule.examples) - violates
        if min(violates, allowed) == 0 or min(violates, allowed) >= _ENOUGH:
            continue
        if violates == allowed:
            side = "on each side"
        else:
            side = "that breaks it" if violates < allowed else "of what is allowed"
        yield Finding(
            code="two_examples_stand_near_the_line",
            line=place.number,
            column=place.column,
            message=f"{rule.id or 'This rule'} has only one example {side}.",
            hint="Add one that nearly falls on the other side, to show where the line is.",
        )
