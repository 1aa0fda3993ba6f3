"""A rule is about one problem, so that its verdict, its examples and its consequence fit together.

Only the admin knows whether two things are one problem. Two plain signs are looked for: a short title made of two
things (*Spam and scams*), and a second ``Breaks it:`` in the same rule.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from guild_policies.findings import Finding
from guild_policies.text.grammar import Key
from guild_policies.text.lines import Line, Role
from guild_policies.text.parse import Parsed

_JOINED = re.compile(
    r"(?P<first>.+?)(?:\s+(?:and|or|und|oder|et|ou|и|или)\s+|\s*&\s*|(?<=\D)/(?=\D))(?P<second>.+)", re.IGNORECASE
)
#: After one of these the two things describe one problem: *Links to scams and spam*.
_DESCRIBING = re.compile(
    r"\b(?:about|against|at|between|by|for|from|in|into|of|on|to|towards|with|without"
    r"|mit|ohne|gegen|von|zu|avec|sans|contre|de|des|без|о|против)\b",
    re.IGNORECASE,
)
_LONGEST_SHORT_TITLE = 60
_MOST_WORDS_BEFORE = 2
_MOST_WORDS_AFTER = 3


def check(parsed: Parsed) -> Iterator[Finding]:
    """Find rules that look like two."""
    for place, rule in zip(parsed.places, parsed.policy.rules, strict=True):
        if parsed.structured and (match := _two_things(rule.title)) is not None:
            yield _finding(place, place.column + match.end("first"), "The title names two problems.")
    told: set[int | None] = set()
    for line in parsed.lines:
        if line.role is Role.KEY and line.key is Key.BREAKS_IT:
            if line.rule in told:
                yield _finding(line, len(line.raw) - len(line.raw.lstrip()) + 1, "This rule has `Breaks it:` twice.")
            told.add(line.rule)


def _two_things(title: str) -> re.Match[str] | None:
    match = _JOINED.fullmatch(title) if len(title) <= _LONGEST_SHORT_TITLE else None
    if match is None or _DESCRIBING.search(match["first"]):
        return None
    few = len(match["first"].split()) <= _MOST_WORDS_BEFORE and len(match["second"].split()) <= _MOST_WORDS_AFTER
    return match if few else None


def _finding(line: Line, column: int, message: str) -> Finding:
    return Finding(
        code="one_problem_per_rule",
        line=line.number,
        column=column,
        message=message,
        hint="Make each problem a rule of its own, with its own examples.",
    )
