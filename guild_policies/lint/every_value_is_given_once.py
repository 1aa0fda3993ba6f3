"""A rule gives its severity, what it looks at and its consequence once; of two values only the last one counts."""

from __future__ import annotations

from collections.abc import Iterator

from guild_policies.findings import Finding
from guild_policies.text.grammar import Key
from guild_policies.text.lines import Role
from guild_policies.text.parse import Parsed

_ONE_WORD = frozenset({Key.SEVERITY, Key.LOOKS_AT, Key.CONSEQUENCE})


def check(parsed: Parsed) -> Iterator[Finding]:
    """Find values that a later line replaces."""
    last = {(line.rule, line.key): line for line in parsed.lines if line.role is Role.KEY and line.key in _ONE_WORD}
    for line in parsed.lines:
        if line.role is not Role.KEY or line.key not in _ONE_WORD:
            continue
        later = last[line.rule, line.key]
        if later is not line:
            yield Finding(
                code="every_value_is_given_once",
                line=line.number,
                column=line.column,
                message=f"This `{line.key}` does not count, because line {later.number} replaces it.",
                hint="Keep one of the two lines.",
            )
