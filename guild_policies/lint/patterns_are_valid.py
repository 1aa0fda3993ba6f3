"""Every pattern is an expression that RE2 accepts and that says something about a message.

RE2 runs in time linear to the text, so no pattern can hang the bot; compiling one can still cost memory and time,
which is why patterns get a budget here.
"""

from __future__ import annotations

from collections.abc import Iterator

import re2

from guild_policies.findings import Finding
from guild_policies.lint.patterns_are_few import MAX_PATTERNS
from guild_policies.text.lines import Line, Role
from guild_policies.text.parse import Parsed

#: Bytes for a compiled pattern. Ordinary ones need a few thousand; ``\pL{300}`` would take a tenth of a second.
_BUDGET = 256 * 1024


def check(parsed: Parsed) -> Iterator[Finding]:
    """Find patterns that RE2 refuses or that match everything. Blocking: neither can be searched for."""
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _BUDGET
    patterns = [line for line in parsed.lines if line.role is Role.PATTERN]
    for line in patterns[:MAX_PATTERNS]:
        try:
            matches_nothing = re2.compile(line.content, options).search("") is not None
        except re2.error as error:
            reason = error.args[0].decode("utf-8", "replace")
            yield _finding(
                line,
                f"RE2 cannot read this pattern: {reason}.",
                "Correct it, or put a backslash before a character that is meant literally; RE2 has no"
                " look-arounds and no back-references.",
            )
        else:
            if matches_nothing:
                yield _finding(
                    line,
                    "This pattern matches an empty message, and so every message.",
                    "Make it require something, for example with `+` instead of `*`.",
                )


def _finding(line: Line, message: str, hint: str) -> Finding:
    return Finding(
        code="patterns_are_valid", line=line.number, column=line.column, message=message, hint=hint, blocking=True
    )
