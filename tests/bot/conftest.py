"""Factories of the values that cards and answers are made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.moderation.cards.face import CardFace
from bot.moderation.cases.action import Action, ActionKind, ActionState, NewAction
from bot.moderation.cases.case import (
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
        policy_id=5,
        policy_name="Spoilers",
        version_id=33,
        version_number=3,
        rules=(RuleBroken(id="R1", title="Unmarked spoiler", severity="high"),),
        score=0.97,
        rationale="It tells who did it.",
        reasoning="It names the culprit.",
        method="reasoned",
        judge="gguf:1",
        prompt_fingerprint=None,
    )
    case = Case(
        guild_id=1,
        number=12,
        kind=CaseKind.VIOLATION,
        state=CaseState.OPEN,
        evidence=evidence,
        judged=judged,
        decision=None,
        card_state=CardState.PENDING,
        card_channel_id=None,
        card_message_id=None,
        opened_at=NOW,
    )

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


@pytest.fixture(scope="session")
def face_factory(case_factory: Callable[..., Case]) -> Callable[..., CardFace]:
    """Makes faces; keyword arguments replace fields of the face, else of its case."""

    def make(**changes: object) -> CardFace:
        of_face = {field: value for field, value in changes.items() if field in CardFace.__dataclass_fields__}
        of_case = {field: value for field, value in changes.items() if field not in of_face}
        return CardFace(**{"case": case_factory(**of_case), **of_face})

    return make


@pytest.fixture(scope="session")
def action_factory() -> Callable[..., Action]:
    """Makes actions: a timeout of one hour that a moderator gave, done; keyword arguments replace fields."""
    new = NewAction(
        guild_id=1,
        case_number=12,
        kind=ActionKind.TIMEOUT,
        target_id=7,
        by=5,
        reason="spoilers again",
        length=timedelta(hours=1),
    )
    action = Action(id=3, new=new, state=ActionState.DONE, asked_at=NOW, settled_at=NOW)

    def make(**changes: object) -> Action:
        of_new = {field: value for field, value in changes.items() if field in NewAction.__dataclass_fields__}
        if "kind" in of_new and of_new["kind"] is not ActionKind.TIMEOUT:
            of_new.setdefault("length", None)
        of_action = {field: value for field, value in changes.items() if field not in of_new}
        return replace(action, new=replace(new, **of_new), **of_action)

    return make
