"""A policy says something: it is neither empty nor made of headings only."""

from __future__ import annotations

from collections.abc import Iterator

from guild_policies.findings import Finding
from guild_policies.text.grammar import heading
from guild_policies.text.hidden import is_blank
from guild_policies.text.parse import Parsed


def check(parsed: Parsed) -> Iterator[Finding]:
    """Find a text without a sentence in it. Blocking: there is nothing to judge by."""
    written = [line.raw.strip() for line in parsed.lines if not is_blank(line.raw)]
    if written and any(heading(line) is None for line in written):
        return
    yield Finding(
        code="text_is_not_empty",
        line=1,
        column=1,
        message="The policy has headings, but nothing under them." if written else "The policy is empty.",
        hint="Write what members must not do, in one or two sentences under `### R1 Title`.",
        blocking=True,
    )
