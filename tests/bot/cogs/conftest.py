"""Factories of the values that cards and answers are made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.moderation.cases import (
    CardState,
    Case,
    CaseKind,
    CaseState,
    Evidence,
    Judged,
    RuleBroken,
)

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def case_factory() -> Callable[..., Case]:
    """Makes cases; keyword arguments replace fields of the case, of its evidence or of its judgement."""
    evidence = Evidence(
        channel_id=20, message_id=300, author_id=7, edit=0, text="the butler did it", forwarded=False, posted_at=NOW
    )
    judged = Judged(
        policy_id=5, policy_name="Spoilers", version_id=33, version_number=3,
        rules=(RuleBroken(id="R1", title="Unmarked spoiler", severity="high"),), score=0.97,
        rationale="It tells who did it.", reasoning="It names the culprit.", method="reasoned", judge="gguf:1",
        prompt_fingerprint=None,
    )  # fmt: skip
    case = Case(
        guild_id=1, number=12, kind=CaseKind.VIOLATION, state=CaseState.OPEN, evidence=evidence, judged=judged,
        decision=None, card_state=CardState.PENDING, card_channel_id=None, card_message_id=None, opened_at=NOW,
    )  # fmt: skip

    def make(**changes: object) -> Case:
        made = case
        for field, value in changes.items():
            if field in Evidence.__dataclass_fields__:
                made = replace(made, evidence=replace(made.evidence, **{field: value}))
            elif field in Judged.__dataclass_fields__:
                made = replace(made, judged=replace(made.judged, **{field: value}))
            else:
                made = replace(made, **{field: value})
        return made

    return make
