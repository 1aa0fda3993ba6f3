"""What Bylaw itself says in the place of a judge's reason, a policy or a rule: in the reader's language."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.cogs.appeals.card import everything, render_appeal
from bot.cogs.appeals.replies import choice_name, described
from bot.cogs.lookups.why_command import _case, _clear
from bot.languages.language import Language
from bot.languages.translation import speaking
from bot.moderation.appeals.appeal import Appeal, AppealKey, AppealState, Fresh, FreshAnswer
from bot.moderation.appeals.file import AppealFile
from bot.moderation.cases.case import Case, CaseKind, Clear, RuleBroken
from bot.moderation.cases.external_actions import AUTOMOD
from bot.moderation.judging.decide import why_undecided
from bot.moderation.lookups.why import DELETED_POLICY, ClearFound, ClearTold
from bot.moderation.members.record import RecordEntry
from bot.moderation.members.reporting import SOURCE
from classifier import Method, UndecidedReason
from tests.bot.cogs.appeals.test_letters import shown

NOW = datetime(2026, 11, 21, tzinfo=UTC)


@pytest.fixture(autouse=True)
def german() -> Iterator[None]:
    """The reader's language."""
    with speaking(Language.GERMAN):
        yield


@pytest.fixture
def reported(case_factory: Callable[..., Case]) -> Case:
    """A case without a policy."""
    case = case_factory()
    judged = replace(case.judged, version_id=0, version_number=0, policy_name=SOURCE, rules=())
    return replace(case, kind=CaseKind.REPORT, judged=judged)


def appeal_in(case: Case, *answers: FreshAnswer) -> AppealFile:
    """An appeal that waits, with what the judge says now."""
    key = AppealKey(guild_id=case.guild_id, case_number=case.number, attempt=1)
    appeal = Appeal(
        key=key,
        member_id=7,
        state=AppealState.OPEN,
        opened_at=NOW,
        waiting_since=NOW,
        answers=(),
        fresh=Fresh(answers=answers),
        against=None,
    )
    return AppealFile(appeal=appeal, case=case, actions=(), rules=(), version_now=None, paused=False)


def test_why_the_judge_has_no_answer_today(reported: Case) -> None:
    """On the card of an appeal and in its file; the judge's own words stay."""
    why = why_undecided(UndecidedReason.DEADLINE)
    none = FreshAnswer(policy_name="Spoilers", version_number=1, violation=None, rationale=why)
    clear = replace(none, violation=False, rationale=why)
    for said in (shown(render_appeal(appeal_in(reported, none)))[0], everything(appeal_in(reported, none)).text):
        assert "Das Modell antwortete nicht rechtzeitig" in said
        assert why.rstrip(".") not in said
    assert why in everything(appeal_in(reported, clear)).text


def test_where_a_case_without_a_policy_came_from(reported: Case) -> None:
    """On the card of an appeal, and behind /why."""
    assert "Meldung eines Mitglieds" in shown(render_appeal(appeal_in(reported)))[0]
    assert _case(reported).startswith("- Meldung eines Mitglieds · ")


def test_a_policy_that_was_deleted() -> None:
    """Is no name that anybody gave."""
    clear = Clear(
        guild_id=1,
        channel_id=50,
        message_id=9,
        edit=0,
        version_id=1,
        score=0.02,
        method=Method.REASONED.value,
        judge="",
    )
    found = ClearFound(clear=clear, at=NOW)
    told = ClearTold(policy_name=DELETED_POLICY, version_number=1, below_threshold=False, found=found)
    assert _clear(told).startswith("- eine gelöschte Richtlinie v1: ")
    assert _clear(replace(told, policy_name="a policy")).startswith("- a policy v1: ")


def test_the_kind_of_an_automod_rule(case_factory: Callable[..., Case]) -> None:
    """In a member's record and in the list of their cases. What a server calls its own rule stays."""
    case = case_factory()
    judged = replace(
        case.judged,
        policy_name=AUTOMOD,
        rules=(RuleBroken(id="AutoMod", title="harmful links", severity="medium"),),
    )
    hit = RecordEntry(case=replace(case, kind=CaseKind.AUTOMOD, judged=judged), actions=(), appeal=None)
    assert "AutoMod schädliche Links" in described(hit)
    assert "AutoMod schädliche Links" in choice_name(hit, "")
    own = RecordEntry(case=replace(case, judged=judged), actions=(), appeal=None)
    assert "AutoMod harmful links" in described(own)
