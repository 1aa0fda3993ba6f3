"""A policy's patterns, searched for in one pass.

Nearly every message matches none of them, so all patterns are joined into one expression; only if that matches is each
pattern tried by itself. RE2 needs linear time for any of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

import re2

from classifier.content import clean_text
from classifier.policy_text import RuleText


class _Pattern(Protocol):
    """What we use of a compiled RE2 pattern; the package comes without types."""

    def search(self, text: bytes) -> object: ...


class Patterns:
    """The patterns of a policy's rules. One that RE2 cannot read is left out: lint reported it."""

    def __init__(self, rules: Iterable[RuleText]) -> None:
        given = ((rule, clean_text(pattern)) for rule in rules for pattern in rule.patterns)
        self._patterns = [
            (rule, text, compiled) for rule, text in given if (compiled := _compiled(text.encode())) is not None
        ]
        together = b"|".join(b"(?:%s)" % text.encode() for _, text, _ in self._patterns)
        # None where they cannot be joined, such as for two groups of one name.
        self._together = _compiled(together) if len(self._patterns) > 1 else None

    def __bool__(self) -> bool:
        """Whether there are any patterns."""
        return bool(self._patterns)

    def matches(self, texts: tuple[bytes, ...]) -> Iterator[tuple[RuleText, str]]:
        """Each rule with a pattern that matches one of the texts, and the first such pattern."""
        if self._together is not None:
            texts = tuple(filter(self._together.search, texts))
        if not texts:
            return
        found: set[str] = set()
        for rule, text, pattern in self._patterns:
            if rule.id not in found and any(map(pattern.search, texts)):
                found.add(rule.id)
                yield rule, text


def _compiled(pattern: bytes) -> _Pattern | None:
    options = re2.Options()
    options.log_errors = False
    options.never_capture = True
    try:
        compiled: _Pattern = re2.compile(pattern, options)
    except re2.error:
        return None
    return compiled
