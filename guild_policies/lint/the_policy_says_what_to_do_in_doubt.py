"""A policy says what counts when a message can be read both ways.

Otherwise the judge decides that for each such message, and the policy's author should.
"""

from __future__ import annotations

from collections.abc import Iterator

from guild_policies.findings import Finding
from guild_policies.text.parse import Parsed


def check(parsed: Parsed) -> Iterator[Finding]:
    """Find a policy without the section. Text without structure has more urgent needs."""
    if parsed.structured and not parsed.policy.when_unclear:
        last = parsed.places[-1]
        yield Finding(
            code="the_policy_says_what_to_do_in_doubt",
            line=last.number,
            column=last.column,
            message="The policy does not say what to do in doubt.",
            hint="Write a section `## When it is unclear`, such as: Count it as allowed when it may be a joke among"
            " friends.",
        )
