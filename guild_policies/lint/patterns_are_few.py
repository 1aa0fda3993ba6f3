"""A policy has at most fifty patterns; more are a word list, and Discord's own AutoMod is the place for that."""

from __future__ import annotations

from collections.abc import Iterator

from guild_policies.findings import Finding
from guild_policies.text.lines import Role
from guild_policies.text.parse import Parsed

MAX_PATTERNS = 50


def check(parsed: Parsed) -> Iterator[Finding]:
    """Find the first pattern beyond the limit. Blocking: every pattern costs time on every message."""
    patterns = [line for line in parsed.lines if line.role is Role.PATTERN]
    for line in patterns[MAX_PATTERNS : MAX_PATTERNS + 1]:
        yield Finding(
            code="patterns_are_few",
            line=line.number,
            column=line.column,
            message=f"The policy has {len(patterns)} patterns; at most {MAX_PATTERNS} are allowed.",
            hint="Join some with `|`, or leave plain word lists to Discord's AutoMod.",
            blocking=True,
        )
