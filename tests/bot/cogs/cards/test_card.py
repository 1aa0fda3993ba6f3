"""What cards say, and what case files and checks say beside them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.cogs.cards.card import is_cut, render_card
from bot.cogs.cards.context import reasoning_of
from bot.cogs.interactions.quoting import units
from bot.moderation.cards.face import CardFace, Likelihood
from bot.moderation.cases.case import (
    Case,
    CaseKind,
    CaseState,
    Decision,
    Edited,
    RuleBroken,
)
from tests.bot.cogs.cards.views import parts, text_of

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
ID = 2**63 - 1


@pytest.mark.parametrize(
    ("score", "shown"), [(0.97, "0.97"), (0.5, "0.5"), (0.99954, "1"), (0.9987, "0.999"), (0.8012, "0.801")]
)
async def test_the_score_is_a_number_that_promises_nothing(
    face_factory: Callable[..., CardFace], score: float, shown: str
) -> None:
    """Nobody has counted yet how often a verdict with this score is right, and the card says so."""
    said = text_of(render_card(face_factory(score=score)))
    assert f"**Score:** {shown}\n" in said
    assert "A score puts cards in order. It is not a probability." in said
    assert "ikely" not in said


@pytest.mark.parametrize(
    ("probability", "word"),
    [
        (1.0, "Violation: almost certainly"),
        (0.95, "Violation: almost certainly"),
        (0.94, "Violation: very likely"),
        (0.6, "Violation: likely"),
        (0.5, "Violation: as likely as not"),
        (0.39, "Violation: unlikely"),
        (0.0, "Violation: unlikely"),
    ],
)
async def test_words_for_scores_come_from_counts(
    face_factory: Callable[..., CardFace], probability: float, word: str
) -> None:
    """Once there are enough decisions the card says how likely the verdict is right, and what that is counted from."""
    likelihood = Likelihood(probability=probability, decisions=64)
    said = text_of(render_card(face_factory(likelihood=likelihood)))
    assert f"-# {word}, going by 64 decisions of your team on scores of this policy." in said
    assert "a probability" not in said


@pytest.mark.parametrize(("mass", "told"), [(0.49, True), (0.5, False), (1.0, False), (None, False)])
async def test_an_answer_that_the_model_hardly_wanted_to_give_is_pointed_out(
    face_factory: Callable[..., CardFace], mass: float | None, told: bool
) -> None:
    """Its score alone would not show that another text was likelier than both digits together."""
    said = text_of(render_card(face_factory(digit_mass=mass)))
    assert ("would rather have written something other" in said) is told


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
    assert "It now reads:\n> \\*nothing\\* to see" in said
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
    assert "-# B = <@8>, A1 = <@10>" in said
    assert "C = " not in said
    assert " = <@" not in text_of(render_card(face_factory(rationale="It insults somebody.", speakers=people)))
    assert " = <@" not in text_of(render_card(face_factory(rationale="A insults all.", speakers=people[:1])))


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
