"""Factories of values, and a moderation desk wired to fakes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from bot.moderation.in_force import PolicyInForce
from bot.moderation.seen import MessageSeen
from classifier import Method, Outcome, Provenance, Verdict
from guild_policies.compile import compile_policy
from guild_policies.parse import parse
from guild_policies.versions import PolicyVersion

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
POLICY = """# Spoilers

Keep surprises safe.

## Rules
### R1 Unmarked spoiler
Severity: high
Consequence: timeout 10m
Breaks it: telling how the film ends.
Does not: opinions without plot.
Examples:
- violates: "cannot believe the sister was behind it all along"
- violates: "the ship sinks and he drowns"
- allowed: "the ending wrecked me, no details"
- allowed: "is it worth seeing"
"""


@pytest.fixture
def seen_factory() -> Callable[..., MessageSeen]:
    """Makes messages seen; keyword arguments replace what a test is about."""

    def make(**changes: object) -> MessageSeen:
        values: dict[str, object] = {
            "guild_id": 1, "channel_id": 20, "message_id": 300, "author_id": 7, "text": "the butler did it",
            "posted_at": NOW,
        }  # fmt: skip
        return MessageSeen(**{**values, **changes})  # type: ignore[arg-type]  # the tests name real fields

    return make


@pytest.fixture
def in_force() -> PolicyInForce:
    """Version 3 of a small policy with one rule of high severity."""
    policy = parse(POLICY).policy
    text = compile_policy(policy)
    version = PolicyVersion(
        id=33, policy_id=5, number=3, text=POLICY, fingerprint=text.fingerprint, author_id=9, created_at=NOW
    )
    return PolicyInForce(name="Spoilers", version=version, policy=policy, text=text)


@pytest.fixture
def verdict_factory(in_force: PolicyInForce) -> Callable[..., Verdict]:
    """Makes verdicts; without arguments a violation of R1."""

    def make(outcome: Outcome = Outcome.VIOLATION, *, score: float = 0.97) -> Verdict:
        return Verdict(
            outcome=outcome,
            rule_ids=("R1",) if outcome is Outcome.VIOLATION else (),
            score=score,
            rationale="R1: tells the ending." if outcome is Outcome.VIOLATION else "",
            reasoning="It names the culprit.",
            provenance=Provenance(
                method=Method.SCRIPTED, judge="scripted:1", policy_fingerprint=in_force.text.fingerprint
            ),
        )

    return make
