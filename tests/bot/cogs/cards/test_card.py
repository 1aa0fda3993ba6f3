"""Cards, case files and checks stay within Discord's limits for every text that there is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import discord
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from simcord.components import validate_components

from bot.cogs.cards.card import is_cut, render_card
from bot.cogs.cards.context import reasoning_of
from bot.cogs.cards.history import history_lines, history_of
from bot.cogs.interactions.quoting import units
from bot.cogs.judging.check_menu import render_check
from bot.cogs.lookups.case_command import rules_then
from bot.cogs.lookups.history_pages import history_page
from bot.moderation.cards.face import AppealLine, CardFace, NoticeState
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
from bot.moderation.judging.check import Checked, CheckResult
from bot.moderation.policies.in_force import PolicyInForce
from classifier import Undecided, UndecidedReason
from classifier.scripted import clear, violation
from guild_policies.policy import Policy, Rule

V2 = 1 << 15
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


def parts(view: discord.ui.LayoutView) -> Iterator[dict[str, Any]]:
    """Every component of a view, as it goes to Discord."""

    def walk(components: list[Any]) -> Iterator[dict[str, Any]]:
        for component in components:
            yield component
            yield from walk(component.get("components", []))

    return walk(view.to_components())


def text_of(view: discord.ui.LayoutView) -> str:
    """What a view shows."""
    return "\n".join(part["content"] for part in parts(view) if "content" in part)


def below(file: CaseFile, face: CardFace) -> tuple[str, ...]:
    """What ``/case show`` puts below a card."""
    rules = (rules_then(file.rules, "It is only shown."),) if file.rules else ()
    return (*rules, history_page(history_lines(face, file.history), None).text)


def fits(view: discord.ui.LayoutView) -> bool:
    """Would Discord take it? By our own count, and by SimCord's."""
    validate_components(view.to_components(), flags=V2)
    components = list(parts(view))
    custom_ids = [part["custom_id"] for part in components if "custom_id" in part]
    assert len(set(custom_ids)) == len(custom_ids)
    assert all(1 <= len(custom_id) <= 100 for custom_id in custom_ids)
    assert all(part["content"].strip() for part in components if "content" in part)
    return len(components) <= 40 and sum(units(part.get("content", "")) for part in components) <= 4_000


files = st.builds(
    AttachedFile,
    name=any_text,
    kind=any_text,
    size=st.integers(0, 2**40),
    url=any_text.map(lambda text: f"https://cdn.discordapp.com/{text}"),
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
        appeal=draw(st.sampled_from([None, AppealLine(state="asked", at=NOW)])),
    )


@given(data=st.data())
@few
async def test_every_case_has_a_card_within_the_limits(case_factory: Callable[..., Case], data: st.DataObject) -> None:
    """Whatever anybody wrote and whatever was done; in the channel, and with its rules and its history below."""
    face = data.draw(faces(case_factory))
    assert fits(render_card(face))
    rule = Rule(id=data.draw(any_text), title=data.draw(any_text), breaks_it=data.draw(any_text), does_not="x" * 900)
    entry = AuditEntry(
        guild_id=ID, actor_id=ID, action=AuditAction.CASE_DECIDED, subject="case:1", detail="not_a_violation", at=NOW
    )
    file = CaseFile(case=face.case, rules=(rule,) * data.draw(st.integers(0, 3)), history=(entry,) * 40)
    assert fits(render_card(face, *below(file, face)))
    assert units(history_of(face, file.history, (face.case,) * 12).text) <= 2_000


def test_the_fullest_card_there_can_be_fits(
    face_factory: Callable[..., CardFace], action_factory: Callable[..., Action]
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
        also=(FurtherMessage(channel_id=ID, message_id=ID, author_id=ID),) * 9,
        appeal=AppealLine(state="asked", at=NOW),
        before=long,
        edited=Edited(edit=1_790_000_000_000, text=long),
        speakers=tuple((chr(65 + n), ID) for n in range(26)),
    )
    rule = Rule(id=long, title=long, breaks_it=long, does_not=long)
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


@pytest.mark.parametrize(
    ("score", "shown"), [(0.97, "0.97"), (0.5, "0.5"), (0.99954, "1"), (0.9987, "0.999"), (0.8012, "0.801")]
)
async def test_the_score_is_a_number_that_promises_nothing(
    face_factory: Callable[..., CardFace], score: float, shown: str
) -> None:
    """Nobody has counted yet how often a verdict with this score is right, and the card says so."""
    said = text_of(render_card(face_factory(score=score)))
    assert f"**Score:** {shown}\n" in said
    assert "A score puts cards in order. It is no probability." in said
    assert "ikely" not in said


@pytest.mark.parametrize(("mass", "told"), [(0.49, True), (0.5, False), (1.0, False), (None, False)])
async def test_an_answer_that_the_model_hardly_wanted_to_give_is_pointed_out(
    face_factory: Callable[..., CardFace], mass: float | None, told: bool
) -> None:
    """Its score alone would not show that another text was likelier than both digits together."""
    said = text_of(render_card(face_factory(digit_mass=mass)))
    assert ("would rather have written something else" in said) is told


async def test_without_a_score_nothing_is_said_of_scores(face_factory: Callable[..., CardFace]) -> None:
    """A card about a message that could not be judged."""
    assert "score" not in text_of(render_card(face_factory(score=None))).lower()


async def test_severity_is_a_word_and_a_colour(face_factory: Callable[..., CardFace]) -> None:
    """Of the gravest rule broken; a decided case steps back, an undecided one is grey."""
    colours, words = set(), []
    for severity in ("low", "medium", "high"):
        broken = (RuleBroken(id="R1", title="a", severity="low"), RuleBroken(id="R2", title="b", severity=severity))
        view = render_card(face_factory(rules=broken))
        colours.add(next(parts(view))["accent_color"])
        words.append(f"{severity.title()} severity" in text_of(view))
    decided = Decision(state=CaseState.VIOLATION, moderator_id=9, at=NOW)
    colours.add(next(parts(render_card(face_factory(decision=decided))))["accent_color"])
    colours.add(next(parts(render_card(face_factory(kind=CaseKind.UNDECIDED, rules=()))))["accent_color"])
    assert (len(colours), words) == (5, [True, True, True])


async def test_many_rules_are_summed_up(face_factory: Callable[..., CardFace]) -> None:
    """Three by name, the others by number."""
    broken = tuple(RuleBroken(id=f"R{number}", title="x", severity="low") for number in range(1, 6))
    said = text_of(render_card(face_factory(rules=broken)))
    assert "**and R3 x**\n**and 2 more rules**" in said
    assert "R4" not in said


@pytest.mark.parametrize(
    ("kind", "title"), [(CaseKind.AUTOMOD, "Caught by Discord's AutoMod"), (CaseKind.MANUAL, "Done by hand")]
)
async def test_a_case_without_a_message(face_factory: Callable[..., CardFace], kind: CaseKind, title: str) -> None:
    """Nothing to open and nothing to quote, and no retention time to blame; the rule stands below the title."""
    said = text_of(
        render_card(face_factory(kind=kind, text=None, gone=True, channel_id=0, version_id=0, rationale="", score=None))
    )
    assert f"{title}\n**R1 Unmarked spoiler**" in said
    for absent in ("Where:", "open the message", "was deleted", "retention", "gave no reason", "v3"):
        assert absent not in said


async def test_a_reported_message_says_who_counts(face_factory: Callable[..., CardFace]) -> None:
    """How many members, not who."""
    said = text_of(render_card(face_factory(kind=CaseKind.REPORT, rules=(), reports=2)))
    assert "Reported by members" in said
    assert "**Reported by:** 2 members" in said


async def test_a_purged_case_says_that_its_text_is_gone(face_factory: Callable[..., CardFace]) -> None:
    """And is not cut: there is nothing more to see."""
    face = face_factory(text=None)
    assert "retention time" in text_of(render_card(face))
    assert not is_cut(face)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"reasoning": "It names the culprit."}, "> It names the culprit"),
        ({"reasoning": None}, "retention time"),
        ({"reasoning": " "}, "works without reasoning"),
        ({"kind": CaseKind.UNDECIDED, "reasoning": None}, "no verdict"),
        ({"kind": CaseKind.REPORT, "version_id": 0, "reasoning": None}, "no policy was asked"),
        ({"reasoning": "x" * 5_000}, "as a file"),
    ],
)
async def test_the_reasoning_is_shown_or_why_there_is_none(
    case_factory: Callable[..., Case], changes: dict[str, Any], said: str
) -> None:
    """In the message, as a file where it is long, or in a word why not."""
    reply = reasoning_of(case_factory(**changes))
    assert said in reply.text
    assert units(reply.text) <= 2_000
    assert [file.text for file in reply.files] == (["x" * 5_000] if "file" in said else [])


async def test_a_judge_without_words_leaves_no_empty_reason(face_factory: Callable[..., CardFace]) -> None:
    """A model may answer with a number alone."""
    assert "gave no reason" in text_of(render_card(face_factory(rationale="  ")))


def test_a_card_says_how_it_was_judged_where_nobody_thought(case_factory: Callable[..., Case]) -> None:
    """In words; a verdict that the model reasoned about needs none."""

    def shown(method: str) -> str:
        return text_of(render_card(CardFace(case=case_factory(method=method))))

    assert "answered at once, without thinking" in shown("probed")
    assert "stopped while it was thinking" in shown("cut")
    assert "answered at once" in shown("no_reasoning")
    assert "Lite judge" in shown("lite")
    assert "thinking" not in shown("reasoned")


def test_an_edited_message_is_shown_before_and_after(face_factory: Callable[..., CardFace]) -> None:
    """The text that was judged stays where it is; below it, what it said before and what it says now."""
    edited = Edited(edit=1_790_000_000_000, text="*nothing* to see")
    said = text_of(render_card(face_factory(edit=1_789_000_000_000, before="hi all", edited=edited)))
    order = ["> the butler did it", "Before the edit it read:\n> hi all", "**Edited since**, <t:1790000000:f>"]
    assert [part for part in order if part in said] == order
    assert "It reads now:\n> \\*nothing\\* to see" in said
    assert sorted(order, key=said.index) == order
    assert "Edited since" not in text_of(render_card(face_factory()))


def test_a_long_text_of_an_edit_is_cut_and_says_so(face_factory: Callable[..., CardFace]) -> None:
    """Whoever wants all of it opens the message."""
    edited = Edited(edit=1_790_000_000_000, text="x" * 500)
    assert "152 more characters" in text_of(render_card(face_factory(edited=edited)))


def test_letters_of_a_rationale_are_explained(face_factory: Callable[..., CardFace]) -> None:
    """Only those that it names, and only where there were several speakers; members' mentions, which never ping."""
    people = (("A", 7), ("B", 8), ("C", 9), ("A1", 10))
    said = text_of(render_card(face_factory(rationale="B mocks A1, as in ABC.", speakers=people)))
    assert "-# B is <@8>, A1 is <@10>." in said
    assert "C is" not in said
    assert " is <@" not in text_of(render_card(face_factory(rationale="It insults somebody.", speakers=people)))
    assert " is <@" not in text_of(render_card(face_factory(rationale="A insults all.", speakers=people[:1])))


@pytest.mark.parametrize(
    ("waited", "edit", "said"),
    [
        (timedelta(minutes=5), 0, ""),
        (timedelta(minutes=14, seconds=50), 0, "Judged 14 minutes after it was posted."),
        (timedelta(minutes=119), 0, "Judged 119 minutes after it was posted."),
        (timedelta(hours=3), 0, "Judged 3 hours after it was posted."),
        (timedelta(days=2), 0, "Judged 2 days after it was posted."),
        (timedelta(days=2), 60_000, "Judged 14 minutes after it was edited."),
    ],
)
def test_a_late_verdict_says_so(face_factory: Callable[..., CardFace], waited: timedelta, edit: int, said: str) -> None:
    """After more than five minutes, counted from the edit where one was judged."""
    changed = NOW + waited - timedelta(minutes=14)
    edit = edit and int(changed.timestamp() * 1000)
    shown = text_of(render_card(face_factory(opened_at=NOW + waited, edit=edit)))
    assert (said in shown, "Judged" in shown) == (True, bool(said))


def test_a_conversation_and_a_report_are_never_late(face_factory: Callable[..., CardFace]) -> None:
    """A conversation waits until it is quiet, a report until somebody reports."""
    late = NOW + timedelta(hours=3)
    said = text_of(render_card(face_factory(opened_at=late, method="conversation:lite")))
    assert "Judged as part of a conversation." in said
    assert "Lite judge" in said
    assert "after it was" not in said
    assert "after it was" not in text_of(render_card(face_factory(opened_at=late, kind=CaseKind.REPORT)))
