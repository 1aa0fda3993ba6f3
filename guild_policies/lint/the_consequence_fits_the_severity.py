"""A rule of low severity has a mild consequence: a minor violation is not worth an hour's timeout."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from guild_policies.findings import Finding
from guild_policies.policy import ConsequenceKind, Rule, Severity
from guild_policies.text.grammar import Key
from guild_policies.text.lines import Line, Role
from guild_policies.text.parse import Parsed
from guild_policies.text.values import written_consequence

_LONGEST_FOR_MEDIUM = timedelta(days=1)


def check(parsed: Parsed) -> Iterator[Finding]:
    """Find rules whose consequence is stronger than their severity."""
    keys = {line.rule: line for line in parsed.lines if line.role is Role.KEY and line.key is Key.CONSEQUENCE}
    for number, rule in enumerate(parsed.policy.rules):
        enough = _enough(rule)
        if enough and number in keys:
            yield _finding(keys[number], rule, enough)


def _enough(rule: Rule) -> str:
    """A consequence that would be strong enough; empty if the present one fits."""
    kind, length = rule.consequence.kind, rule.consequence.length
    if rule.severity is Severity.LOW and kind is not ConsequenceKind.FLAG:
        return "`flag`"
    if rule.severity is Severity.MEDIUM and kind is ConsequenceKind.TIMEOUT and length and length > _LONGEST_FOR_MEDIUM:
        return "`timeout 1d` at most"
    return ""


def _finding(line: Line, rule: Rule, enough: str) -> Finding:
    return Finding(
        code="the_consequence_fits_the_severity",
        line=line.number,
        column=line.column,
        message=f"`{written_consequence(rule.consequence)}` is strong for a rule of {rule.severity} severity.",
        hint=f"Write {enough}, or raise the severity.",
    )
