"""Cards, case files and checks stay within Discord's limits for every text that there is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.cogs.cards.card import is_cut, render_card
from bot.cogs.cards.history import history_lines, history_of
from bot.cogs.interactions.quoting import units
from bot.cogs.judging.check_menu import render_check
from bot.cogs.lookups.case_command import rules_then
from bot.cogs.lookups.history_pages import history_page
from bot.languages.language import Language
from bot.languages.translation import speaking
from bot.moderation.cards.face import AppealLine, CardFace, Likelihood, NoticeState
from bot.moderation.cases.action import Action, ActionKind, ActionState, NewAction
from bot.moderation.cases.attached_file import AttachedFile, NotRead
from bot.moderation.cases.audit import AuditAction, AuditEntry
from bot.moderation.cases.case import (
    Case,
    CaseKind,
    CaseState,
    Claim,
    ContextLine,
    Decision,
    Earlier,
    Edited,
    RuleBroken,
)
from bot.moderation.cases.case_file import CaseFile
from bot.moderation.cases.further_messages import FurtherMessage
from bot.moderation.cases.note import Note
from bot.moderation.cases.webhook import CopiedMessage, Webhook
from bot.moderation.judging.check import Checked, CheckResult
from bot.moderation.policies.in_force import PolicyInForce
from classifier import Undecided, UndecidedReason
from classifier.scripted import clear, violation
from guild_policies.policy import Policy, Rule
from tests.bot.cogs.cards.views import fits

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
ID = 2**63 - 1
any_text = st.one_of(
    st.text(max_size=200),
    st.sampled_from(
        [
            "*" * 4_000,
            "😀" * 10_000,
            "z" + "\u0336" * 4_000,
            "\n" * 4_000,
            "ש" * 4_000,
            "\u200b" * 4_000,
            "a\u0336" * 2_000,
            "@everyone" * 400,
        ]
    ),
)
rules_broken = st.builds(
    RuleBroken, id=any_text, title=any_text, severity=st.sampled_from(["low", "medium", "high", "?"])
)
few = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def below(file: CaseFile, face: CardFace) -> tuple[str, ...]:
    """What ``/case show`` puts below a card."""
    rules = (rules_then(file.rules, "It is only shown."),) if file.rules else ()
    return (*rules, history_page(history_lines(face, file.history), None).text)


files = st.builds(
    AttachedFile,
    name=any_text,
    kind=any_text,
    size=st.integers(0, 2**40),
    url=any_text.map(lambda text: f"https://cdn.discordapp.com/{text}"),
    description=any_text,
    not_read=st.sampled_from([None, *NotRead]),
)


@st.composite
def actions(draw: st.DrawFn) -> Action:
    """Something that was done, tried or rehearsed."""
    kind = draw(st.sampled_from(ActionKind))
    new = NewAction(
        guild_id=ID,
        case_number=ID,
        kind=kind,
        target_id=ID,
        by=draw(st.sampled_from([None, ID])),
        reason=draw(any_text),
        length=timedelta(days=28) if kind is ActionKind.TIMEOUT else None,
    )
    why = "Discord does not let Bylaw do that. " * draw(st.integers(0, 9))
    return Action(id=ID, new=new, state=draw(st.sampled_from(ActionState)), why=why, asked_at=NOW)


@st.composite
def faces(draw: st.DrawFn, case_factory: Callable[..., Case]) -> CardFace:
    """Whatever the member wrote, the model answered, the admin named and moderators did."""
    decision = Decision(state=CaseState.NOT_A_VIOLATION, moderator_id=ID, at=NOW)
    decided = draw(st.booleans())
    case = case_factory(
        guild_id=ID,
        number=ID,
        channel_id=ID,
        message_id=ID,
        author_id=ID,
        text=draw(any_text),
        kind=draw(st.sampled_from(CaseKind)),
        rules=tuple(draw(st.lists(rules_broken, max_size=40))),
        context=tuple(ContextLine(author_id=ID, text=text) for text in draw(st.lists(any_text, max_size=8))),
        policy_name=draw(any_text),
        rationale=draw(any_text),
        score=draw(st.sampled_from([None, 0.97])),
        gone=draw(st.booleans()),
        method=draw(st.sampled_from(["lite", "conversation:probed"])),
        forwarded=draw(st.booleans()),
        edit=draw(st.sampled_from([0, 1_790_000_000_000])),
        version_id=draw(st.sampled_from([0, ID])),
        decision=decision if decided else None,
        state=decision.state if decided else CaseState.OPEN,
        claim=draw(st.sampled_from([None, Claim(moderator_id=ID, at=NOW)])),
        before=draw(st.one_of(st.none(), any_text)),
        files=tuple(draw(st.lists(files, max_size=12))),
        app_id=draw(st.sampled_from([None, ID])),
        webhook=draw(st.one_of(st.none(), st.builds(Webhook, id=st.sampled_from([ID, 1]), name=any_text))),
        copy=draw(st.sampled_from([None, CopiedMessage(message_id=ID, member_id=ID, certain=False)])),
        passage=draw(st.sampled_from([None, (0, 50), (100, 4_600)])),
        speakers=tuple((chr(65 + n), ID) for n in range(26)),
        edited=draw(st.one_of(st.none(), st.builds(Edited, edit=st.just(1_790_000_000_000), text=any_text))),
    )
    elsewhere = FurtherMessage(channel_id=ID, message_id=ID, author_id=ID, gone=draw(st.booleans()))
    note = Note(id=1, guild_id=ID, case_number=ID, author_id=ID, text=draw(st.one_of(st.none(), any_text)), at=NOW)
    done = enumerate(draw(st.lists(actions(), max_size=6)))
    return CardFace(
        case=case,
        clause=draw(any_text),
        actions=tuple(replace(each, id=ID - number) for number, each in done),
        notes=(note,) * draw(st.integers(0, 3)),
        earlier=Earlier(count=draw(st.sampled_from([0, 1, 10**6])), last_at=NOW),
        also=(elsewhere,) * draw(st.integers(0, 9)),
        reports=draw(st.integers(0, 3)),
        notice=draw(st.sampled_from([None, *NoticeState])),
        likelihood=draw(st.sampled_from([None, Likelihood(probability=0.97, decisions=10**6)])),
        appeal=draw(st.sampled_from([None, AppealLine(state="asked", at=NOW)])),
    )


@given(data=st.data())
@few
async def test_every_case_has_a_card_within_the_limits(case_factory: Callable[..., Case], data: st.DataObject) -> None:
    """Whatever anybody wrote and whatever was done; in the channel, and with its rules and its history below."""
    face = data.draw(faces(case_factory))
    with speaking(data.draw(st.sampled_from(Language))):
        assert fits(render_card(face))
        assert_fits_below(face, data)


def assert_fits_below(face: CardFace, data: st.DataObject) -> None:
    """With its rules and its history below; and as a history of its own."""
    rule = Rule(id=data.draw(any_text), title=data.draw(any_text), breaks_it=data.draw(any_text), does_not="x" * 900)
    entry = AuditEntry(
        guild_id=ID, actor_id=ID, action=AuditAction.CASE_DECIDED, subject="case:1", detail="not_a_violation", at=NOW
    )
    file = CaseFile(case=face.case, rules=(rule,) * data.draw(st.integers(0, 3)), history=(entry,) * 40)
    assert fits(render_card(face, *below(file, face)))
    assert units(history_of(face, file.history, (face.case,) * 12).text) <= 2_000


@pytest.mark.parametrize("language", Language)
def test_the_fullest_card_there_can_be_fits(
    face_factory: Callable[..., CardFace], action_factory: Callable[..., Action], language: Language
) -> None:
    """Everything at once, every text as long as can be, with rules and history below it."""
    long = "*" * 4_000
    action = action_factory(
        guild_id=ID,
        case_number=ID,
        target_id=ID,
        by=ID,
        reason=long,
        length=timedelta(days=28),
        why="w" * 400,
        state=ActionState.UNCERTAIN,
    )
    note = Note(id=1, guild_id=ID, case_number=ID, author_id=ID, text=long, at=NOW)
    decision = Decision(state=CaseState.NOT_A_VIOLATION, moderator_id=ID, at=NOW)
    face = face_factory(
        guild_id=ID,
        number=ID,
        channel_id=ID,
        message_id=ID,
        author_id=ID,
        text=long + "\u0336" * 900,
        forwarded=True,
        edit=1_790_000_000_000,
        context=(ContextLine(author_id=ID, text=long),) * 5,
        policy_name=long,
        version_number=10**9,
        rules=(RuleBroken(id=long, title=long, severity="medium"),) * 40,
        rationale=long,
        method="scripted",
        decision=decision,
        state=decision.state,
        clause=long,
        actions=(action,) * 6,
        notes=(note,) * 3,
        earlier=Earlier(count=10**6, last_at=NOW),
        reports=999,
        notice=NoticeState.FAILED,
        also=(FurtherMessage(channel_id=ID, message_id=ID, author_id=1),) * 9,
        webhook=Webhook(id=1, name=long),
        copy=CopiedMessage(message_id=ID, member_id=ID, certain=True),
        appeal=AppealLine(state="asked", at=NOW),
        before=long,
        edited=Edited(edit=1_790_000_000_000, text=long),
        speakers=tuple((chr(65 + n), ID) for n in range(26)),
    )
    rule = Rule(id=long, title=long, breaks_it=long, does_not=long)
    with speaking(language):
        assert fits(render_card(face))
        assert fits(render_card(face, *below(CaseFile(case=face.case, rules=(rule,) * 3, history=()), face)))
        assert is_cut(face)


@given(any_text, st.integers(1, 12), st.lists(files, max_size=9))
@few
async def test_every_check_is_within_the_limits(text: str, policies: int, attached: list[AttachedFile]) -> None:
    """One part per policy, as many as a server can have."""

    class Version:
        number = 10**6

    policy = PolicyInForce(
        name=text, version=Version(), policy=Policy(title=text, rules=(Rule(id="R1", title=text),)), text=None
    )
    judgements = [violation(["R1", "R2"], rationale=text or "x"), clear(rationale=text)]
    judgements.append(Undecided(reason=UndecidedReason.DEADLINE))
    answers = tuple(Checked(policy=policy, judgement=judgements[n % 3]) for n in range(policies))
    assert fits(render_check(CheckResult(answers=answers, case=None, files=tuple(attached))))
