"""Letters to members and cards of appeals stay within Discord's limits and hold nothing but text, whoever wrote it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.cogs.appeals.card import everything, render_appeal
from bot.cogs.appeals.letters import render_letter
from bot.cogs.appeals.member_words import action_in_brief, done_to_you, stays
from bot.cogs.interactions.quoting import units
from bot.languages.language import Language
from bot.languages.translation import speaking
from bot.moderation.appeals.appeal import (
    MAX_ASKED,
    MAX_QUESTIONS,
    Answer,
    Appeal,
    AppealKey,
    AppealState,
    Asked,
    Fresh,
    FreshAnswer,
    Review,
)
from bot.moderation.appeals.direct_messages import DirectMessage, Notice, Outcome, Question
from bot.moderation.appeals.eligibility import NO_MORE, TOO_SOON, MayAppeal, NoAppeal
from bot.moderation.appeals.file import AppealFile, RuleThenAndNow
from bot.moderation.cards.face import NoticeState
from bot.moderation.cases.action import Action, ActionKind, ActionState, NewAction
from bot.moderation.cases.case import Case, CaseKind, CaseState, Decision
from bot.moderation.review import whys
from guild_policies.diff import Change, ChangeKind, FieldChange, diff
from guild_policies.policy import Policy, Rule

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
KEY = AppealKey(guild_id=2**63, case_number=2**62, attempt=99)
#: What fills the room most: each of these takes more place on the screen than in the text.
NASTY = st.one_of(
    st.text(max_size=60),
    st.sampled_from(["*" * 4_000, "@everyone " * 400, "\u202e" * 900, "😀" * 2_000, "\n" * 900 + "x", "```" * 600, ""]),
)


def action(kind: ActionKind, state: ActionState = ActionState.DONE, reason: str = "", why: str = "") -> Action:
    """Something that was done, by a moderator with a long id."""
    length = timedelta(days=28) if kind is ActionKind.TIMEOUT else None
    new = NewAction(guild_id=1, case_number=12, kind=kind, target_id=7, by=2**63, reason=reason[:400], length=length)
    return Action(id=1, new=new, state=state, why=why, asked_at=NOW)


def shown(view: Any) -> tuple[str, int]:
    """All the text of a view, and how many components it has."""
    items = list(view.walk_children())
    return "".join(getattr(item, "content", "") for item in items), len(items)


def file_of(case: Case, text: str, state: AppealState) -> AppealFile:
    """An appeal in which everything that can be long is."""
    over = state in {AppealState.UPHELD, AppealState.OVERTURNED}
    rule = Rule(id="R1", title=text[:300], breaks_it=text, does_not=text)
    asked = Asked(by=2**63, at=NOW, question=text, answer=text, answered_at=NOW)
    answer = FreshAnswer(
        policy_name=text[:50], version_number=9, violation=True, rule_ids=("R1",) * 9, score=0.5, rationale=text
    )
    appeal = Appeal(
        key=KEY,
        member_id=2**63,
        state=state,
        opened_at=NOW,
        waiting_since=NOW,
        answers=(Answer(question=text[:100], text=text[:1_000]),) * MAX_QUESTIONS,
        asked=(asked,) * MAX_ASKED,
        fresh=Fresh(answers=(answer,) * 3),
        told=NoticeState.FAILED if over else None,
        review=Review(reviewer_id=2**63, at=NOW, reason=text[:1_000]) if over else None,
        against=Decision(state=CaseState.VIOLATION, moderator_id=2**63, at=NOW),
    )
    actions = tuple(
        action(kind, ActionState.UNCERTAIN, text, max(whys.WHYS, key=len))
        for kind in (ActionKind.WARN, ActionKind.DELETE, ActionKind.TIMEOUT, ActionKind.BAN)
    )
    now = replace(rule, breaks_it="x", title=f"{text[:200]} x")
    changes = diff(Policy(title="", rules=(rule,)), Policy(title="", rules=(now,)))
    compared = RuleThenAndNow(then=rule, now=now, changes=changes)
    return AppealFile(appeal=appeal, case=case, actions=actions, rules=(compared,) * 3, version_now=99, paused=True)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=NASTY, state=st.sampled_from(AppealState), language=st.sampled_from(Language))
def test_the_card_of_an_appeal_fits(
    case_factory: Callable[..., Case], text: str, state: AppealState, language: Language
) -> None:
    """Below 4,000 characters and 40 components, and nothing in it mentions everybody."""
    case = case_factory(text=text, rationale=text, policy_name=text[:50], guild_id=2**63, score=0.5)
    with speaking(language):
        said, components = shown(render_appeal(file_of(case, text, state)))
    assert units(said) <= 4_000, units(said)
    assert components <= 40
    outside_code = re.sub(r"```.*?```", "", said, flags=re.DOTALL)
    assert "@everyone" not in outside_code.replace("\\@everyone", "")
    assert everything(file_of(case, text, state)).text


def letters_of(case: Case, text: str) -> list[DirectMessage]:
    """Every kind of letter, with everything that can be long."""
    rule = Rule(id="R1", title=text[:300], breaks_it=text, does_not=text)
    notice = Notice(
        case=case,
        action=action(ActionKind.TIMEOUT),
        rules=(rule,) * 4,
        opening=text[:700],
        moderator_id=2**63,
        can_appeal=True,
        appeal_hint=text,
    )
    outcome = Outcome(
        key=KEY,
        state=AppealState.OVERTURNED,
        reason=text[:1_000],
        reviewer_id=2**63,
        again=NoAppeal(why=TOO_SOON, until=NOW),
        taken_back=(action(ActionKind.BAN, ActionState.UNDONE),) * 9,
        not_taken_back=(action(ActionKind.KICK),) * 9,
    )
    return [
        notice,
        replace(notice, can_appeal=False),
        replace(notice, rules=(), opening="", moderator_id=None),
        Question(key=KEY, text=text[:1_000]),
        outcome,
        replace(outcome, state=AppealState.UPHELD, taken_back=(), not_taken_back=(), reason=""),
    ]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=NASTY)
def test_letters_fit(case_factory: Callable[..., Case], text: str) -> None:
    """Whatever the member, the admins and the moderators wrote, and whatever the server is called."""
    for letter in letters_of(case_factory(text=text, guild_id=2**63), text):
        said, components = shown(render_letter(letter, text[:100]))
        assert units(said) <= 4_000, units(said)
        assert components <= 40
        assert "@everyone" not in said.replace("\\@everyone", "")


@pytest.mark.parametrize("kind", list(ActionKind))
def test_every_action_has_words(kind: ActionKind) -> None:
    """For whoever it was done to, for a list, and for why it stays."""
    done = action(kind)
    assert done_to_you(done).endswith(".")
    assert action_in_brief(replace(done, state=ActionState.UNDONE)).endswith(" (undone)")
    assert action_in_brief(replace(done, state=ActionState.UNCERTAIN)).endswith(" (not certain)")
    assert ": " in stays(done)


def notice_of(case: Case, done: Action, **changed: Any) -> str:
    """What a member reads about an action."""
    notice = Notice(case=case, action=done, rules=(), opening="", moderator_id=None, can_appeal=False, appeal_hint="")
    return shown(render_letter(replace(notice, **changed), "Film club"))[0]


def test_a_notice_of_something_automatic(case_factory: Callable[..., Case]) -> None:
    """It says that a machine found it and acted, and has no link where the message is gone."""
    done = action(ActionKind.DELETE)
    said = notice_of(case_factory(gone=True, text=None), replace(done, new=replace(done.new, by=None)))
    assert "An automated system found this in your message and acted on its own" in said
    assert "Open the message" not in said


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (CaseKind.VIOLATION, "An automated system found this in your message, and a moderator decided."),
        (CaseKind.UNDECIDED, "An automated system could not judge your message. A moderator looked and decided."),
        (CaseKind.AUTOMOD, "Discord's AutoMod found this in your message, and a moderator decided."),
        (CaseKind.REPORT, "A moderator looked at it and decided."),
        (CaseKind.MANUAL, "A moderator looked at it and decided."),
    ],
)
def test_a_notice_says_how_it_was_decided(case_factory: Callable[..., Case], kind: CaseKind, said: str) -> None:
    """Machine or person, for every kind of case. That somebody reported the message is nobody's business."""
    letter = notice_of(replace(case_factory(), kind=kind), action(ActionKind.TIMEOUT))
    assert f"**How it was decided:** {said}" in letter
    assert "report" not in letter.casefold()


def test_a_notice_names_the_rule_of_a_deleted_policy(case_factory: Callable[..., Case]) -> None:
    """Where the version's text is gone, the case still knows which rule it was, and of which version."""
    case = case_factory()
    broken = case.judged.rules[0]
    said = notice_of(case, action(ActionKind.WARN))
    assert f"**{broken.id} {broken.title}**" in said
    assert f"version {case.judged.version_number}" in said
    many = replace(case, judged=replace(case.judged, rules=(broken,) * 4))
    assert "and 2 more rules" in notice_of(many, action(ActionKind.WARN))
    none = replace(case, judged=replace(case.judged, rules=()))
    assert "**Why:** the moderators decided so." in notice_of(none, action(ActionKind.WARN))


def test_a_notice_links_the_message_while_it_is_there(case_factory: Callable[..., Case]) -> None:
    """The one about its deletion does not, and one about no message shows none."""
    case = case_factory()
    assert "[Open the message]" in notice_of(case, action(ActionKind.WARN))
    assert "[Open the message]" in notice_of(case, action(ActionKind.DELETE, ActionState.REFUSED))
    assert "[Open the message]" not in notice_of(case, action(ActionKind.DELETE))
    by_hand = replace(case, evidence=replace(case.evidence, channel_id=0, text=None))
    assert "Your message" not in notice_of(by_hand, action(ActionKind.KICK))


def test_a_notice_says_until_when_and_how_to_object(case_factory: Callable[..., Case]) -> None:
    """A timeout has its end, a ban says that it has none; every server names a way to object."""
    case = case_factory()
    until = NOW + timedelta(days=28)
    assert f"until <t:{int(until.timestamp())}:f>" in notice_of(case, action(ActionKind.TIMEOUT))
    assert "The ban has no end date." in notice_of(case, action(ActionKind.BAN))
    assert "Press **Appeal**" in notice_of(case, action(ActionKind.BAN), can_appeal=True)
    assert "Ask \\*Mira\\*" in notice_of(case, action(ActionKind.BAN), appeal_hint="Ask *Mira*")
    assert "Message the server's moderators." in notice_of(case, action(ActionKind.BAN))


@pytest.mark.parametrize(
    ("again", "said"),
    [
        (MayAppeal(attempt=2), "You can appeal once more with /appeal."),
        (
            NoAppeal(why=TOO_SOON, until=NOW),
            f"You can appeal once more with /appeal from <t:{int(NOW.timestamp())}:f>.",
        ),
        (NoAppeal(why=NO_MORE), NO_MORE),
        (None, "Decided by a person"),
    ],
)
def test_the_outcome_says_how_to_object_again(again: MayAppeal | NoAppeal | None, said: str) -> None:
    """When the next appeal is possible, or that there is none; and that a person decided."""
    outcome = Outcome(key=KEY, state=AppealState.UPHELD, reason="No.", again=again)
    text, _ = shown(render_letter(outcome, "Film club"))
    assert said in text
    assert "-# Decided by a person\n" in f"{text}\n"


def test_what_is_left_after_the_retention_time(case_factory: Callable[..., Case]) -> None:
    """The card of an old appeal holds no words, and says so."""
    file = file_of(case_factory(text=None), "secret", AppealState.UPHELD)
    appeal = replace(
        file.appeal,
        answers=(Answer(question="Why?", text=None),),
        fresh=None,
        told=NoticeState.DELIVERED,
        asked=(Asked(by=1, at=NOW, question=None, answered_at=NOW),),
        review=Review(reviewer_id=1, at=NOW, reason=None),
        against=None,
    )
    said, _ = shown(render_appeal(replace(file, appeal=appeal, rules=(), actions=())))
    assert said.count("retention time") == 2
    assert "1 question was asked" in said
    assert "by nobody" in said
    whole = everything(replace(file, appeal=appeal, rules=())).text
    assert "(deleted)" in whole
    assert "secret" not in whole


def test_what_changed_in_a_rule_is_said_in_the_language(case_factory: Callable[..., Case]) -> None:
    """On the card and in the file with everything; the authors' words stay as they are."""
    field = FieldChange(name="title", before=("Spam",), after=("Adverts",))
    change = Change(part="R1 Adverts", kind=ChangeKind.CHANGED, fields=(field,))
    rule = Rule(id="R1", title="Spam")
    file = file_of(case_factory(), "x", AppealState.OPEN)
    file = replace(file, rules=(RuleThenAndNow(then=rule, now=rule, changes=(change,)),))
    with speaking(Language.GERMAN):
        for said in (shown(render_appeal(file))[0], everything(file).text):
            assert "R1 Adverts: geändert\n  Titel: Spam → Adverts" in said


@pytest.mark.parametrize(
    ("now", "version", "said"),
    [(None, None, "The policy was deleted."), (None, 4, "v4 no longer has this rule")],
)
def test_a_rule_that_is_gone(
    case_factory: Callable[..., Case], now: Rule | None, version: int | None, said: str
) -> None:
    """The card says which way."""
    file = file_of(case_factory(), "x", AppealState.OPEN)
    compared = RuleThenAndNow(then=Rule(id="R1", title="x"), now=now, changes="")
    gone = replace(file, rules=(compared,), version_now=version, paused=False)
    assert said in shown(render_appeal(gone))[0]
    assert said in everything(gone).text


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"violation": None, "rationale": "No time."}, "⚪ No verdict"),
        ({"violation": False, "score": 0.1}, "🟢 No violation"),
        ({"violation": True, "rule_ids": ("R1",)}, "🔴 Breaks R1"),
    ],
)
def test_what_the_judge_says_today(case_factory: Callable[..., Case], answer: dict[str, Any], said: str) -> None:
    """In words, with a sign; while it was not asked, that is said."""
    file = file_of(case_factory(), "x", AppealState.OPEN)
    fresh = Fresh(answers=(FreshAnswer(policy_name="A", version_number=1, **answer),))
    assert said in shown(render_appeal(replace(file, appeal=replace(file.appeal, fresh=fresh))))[0]
    waiting = replace(file, appeal=replace(file.appeal, fresh=None, asked=()))
    assert "no answer yet" in shown(render_appeal(waiting))[0]
