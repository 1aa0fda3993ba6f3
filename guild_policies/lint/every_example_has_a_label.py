"""Every example says whether it violates the rule or is allowed."""

from __future__ import annotations

from collections.abc import Iterator

from guild_policies.findings import Finding
from guild_policies.text.lines import Role
from guild_policies.text.parse import Parsed


def check(parsed: Parsed) -> Iterator[Finding]:
    """Find items among the examples without a label. They are kept as notes and do not count as examples."""
    for line in parsed.lines:
        if line.role is Role.UNLABELLED:
            yield Finding(
                code="every_example_has_a_label",
                line=line.number,
                column=line.column,
                message="This example does not say whether it breaks the rule.",
                hint="Write `- violates:` or `- allowed:` in front of it.",
            )
