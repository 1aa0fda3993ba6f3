"""To whom an offer to edit is made: every row of the table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.moderation.cases.case import CardState, Case, CaseKind, CaseState, Edited, RuleBroken
from bot.moderation.cases.webhook import Webhook
from bot.moderation.mending.offer import NEWS_FOR, may_be_offered
from bot.moderation.messages.message_seen import MessageSeen

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
SEEN = MessageSeen(guild_id=1, channel_id=20, message_id=300, author_id=7, text="hm", posted_at=NOW)


@pytest.fixture
def case(case_factory: Callable[..., Case]) -> Case:
    """A case of low severity about that message, with a card of its own."""
    made = case_factory()
    evidence = replace(made.evidence, message_id=300, edit=0, gone=False, edited=None, overtaken=False)
    judged = replace(made.judged, rules=(RuleBroken(id="R2", title="Language", severity="low"),))
    return replace(made, evidence=evidence, judged=judged, card_state=CardState.POSTED)


def with_severities(case: Case, *severities: str) -> Case:
    """The case with rules of these severities broken."""
    rules = tuple(RuleBroken(id=f"R{number}", title="A rule", severity=each) for number, each in enumerate(severities))
    return replace(case, judged=replace(case.judged, rules=rules))


@pytest.mark.parametrize(
    ("up_to", "severities", "offered"),
    [
        ("", ("low",), False),
        ("low", ("low",), True),
        ("low", ("low", "medium"), False),
        ("low", (), False),
        ("medium", ("low", "medium"), True),
        ("medium", ("high",), False),
        ("medium", ("low", "high"), False),
        ("high", ("low",), False),
    ],
)
def test_the_severest_rule_counts(case: Case, up_to: str, severities: tuple[str, ...], offered: bool) -> None:
    """Off unless chosen, never for high severity, and not for what no setting of ours is."""
    assert may_be_offered(with_severities(case, *severities), SEEN, up_to=up_to, now=NOW) is offered


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": CaseKind.UNDECIDED},
        {"kind": CaseKind.REPORT},
        {"state": CaseState.VIOLATION},
        {"card_state": CardState.GROUPED},
        {"card_state": CardState.HELD},
        {"card_state": CardState.PENDING},
    ],
)
def test_only_an_open_violation_with_its_own_card(case: Case, changes: dict[str, Any]) -> None:
    """In a raid cases share a card, and nobody is asked."""
    assert may_be_offered(case, SEEN, up_to="low", now=NOW)
    assert not may_be_offered(replace(case, **changes), SEEN, up_to="low", now=NOW)


@pytest.mark.parametrize(
    "changes",
    [{"gone": True}, {"overtaken": True}, {"edited": Edited(edit=5, text="x")}, {"message_id": 301}, {"edit": 4}],
)
def test_only_a_message_that_reads_as_it_was_judged(case: Case, changes: dict[str, Any]) -> None:
    """Not one that is gone, was edited since, or joined the case of another one."""
    other = replace(case, evidence=replace(case.evidence, **changes))
    assert not may_be_offered(other, SEEN, up_to="low", now=NOW)


@pytest.mark.parametrize(
    "changes",
    [
        {"forwarded": True},
        {"app_id": 5},
        {"author_is_bot": True},
        {"webhook": Webhook(id=5, name="Proxy")},
        {"posted_at": NOW - NEWS_FOR - timedelta(seconds=1)},
    ],
)
def test_only_what_its_author_can_edit(case: Case, changes: dict[str, Any]) -> None:
    """And only while it is news."""
    assert not may_be_offered(case, replace(SEEN, **changes), up_to="low", now=NOW)


def test_no_title(case: Case) -> None:
    """Who gave a thread its title is not certain."""
    title = replace(case, evidence=replace(case.evidence, message_id=-300))
    assert not may_be_offered(title, replace(SEEN, message_id=-300), up_to="low", now=NOW)
