"""The values of ``Severity``, ``Looks at`` and ``Consequence`` are ones that the bot knows."""

from __future__ import annotations

from collections.abc import Iterator

from guild_policies.findings import Finding
from guild_policies.policy import ConsequenceKind
from guild_policies.text.grammar import Key
from guild_policies.text.lines import Line, Role
from guild_policies.text.parse import Parsed
from guild_policies.text.values import read_consequence, read_looks_at, read_severity

_CONSEQUENCES = (
    "Write flag, delete or a timeout such as `timeout 10m`, `timeout 2h` or `timeout 7d`, at most 28d;"
    " kick and ban are never automatic."
)
_CHOICES = {
    Key.SEVERITY: (read_severity, "medium", "Write low, medium or high."),
    Key.LOOKS_AT: (read_looks_at, "messages", "Write messages, conversations or both."),
    Key.CONSEQUENCE: (read_consequence, "flag", _CONSEQUENCES),
}


def check(parsed: Parsed) -> Iterator[Finding]:
    """Find values that are not known. Advice: the default is used, and the policy can be judged."""
    for line in parsed.lines:
        if line.role is not Role.KEY or line.key not in _CHOICES:
            continue
        read, default, hint = _CHOICES[line.key]
        if read(line.content) is None:
            yield _finding(line, f"This `{line.key}` is not known, so `{default}` is used.", hint)
        elif line.key is Key.CONSEQUENCE and _lacks_length(line.content):
            yield _finding(line, "This timeout has no length.", "Add one, such as `timeout 10m`.")


def _lacks_length(value: str) -> bool:
    consequence = read_consequence(value)
    return consequence is not None and consequence.kind is ConsequenceKind.TIMEOUT and consequence.length is None


def _finding(line: Line, message: str, hint: str) -> Finding:
    return Finding(code="values_are_known", line=line.number, column=line.column, message=message, hint=hint)
