"""Cards, case files and checks stay within Discord's limits for every text that there is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import discord
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from simcord.components import validate_components

from bot.cogs.card import is_cut, render_card
from bot.cogs.case_cog import render_file
from bot.cogs.check_cog import render_check
from bot.cogs.quoting import units
from bot.cogs.review_cog import reasoning_of
from bot.moderation.audit import AuditAction, AuditEntry
from bot.moderation.case_file import CaseFile
from bot.moderation.cases import Case, CaseKind, CaseState, Decision, RuleBroken
from bot.moderation.check import Checked, CheckResult
from bot.moderation.in_force import PolicyInForce
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


def fits(view: discord.ui.LayoutView) -> bool:
    """Would Discord take it? By our own count, and by SimCord's."""
    validate_components(view.to_components(), flags=V2)
    components = list(parts(view))
    custom_ids = [part["custom_id"] for part in components if "custom_id" in part]
    assert len(set(custom_ids)) == len(custom_ids)
    assert all(1 <= len(custom_id) <= 100 for custom_id in custom_ids)
    assert all(part["content"].strip() for part in components if "content" in part)
    return len(components) <= 40 and sum(units(part.get("content", "")) for part in components) <= 4_000


@given(data=st.data())
@few
async def test_every_case_has_a_card_within_the_limits(case_factory: Callable[..., Case], data: st.DataObject) -> None:
    """Whatever the member wrote, the model answered and the admin named things; decided or not."""
    case = case_factory(
        guild_id=ID, number=ID, channel_id=ID, message_id=ID, author_id=ID, text=data.draw(any_text),
        rules=tuple(data.draw(st.lists(rules_broken, min_size=1, max_size=40))), policy_name=data.draw(any_text),
        rationale=data.draw(any_text), score=data.draw(st.floats(0, 1)), gone=data.draw(st.booleans()),
        method=data.draw(st.sampled_from(["lite", "reasoned", "probed"])), forwarded=data.draw(st.booleans()),
        edit=data.draw(st.sampled_from([0, 1_790_000_000_000])),
        decision=data.draw(st.sampled_from([None, Decision(state=CaseState.NOT_A_VIOLATION, moderator_id=ID, at=NOW)])),
    )  # fmt: skip
    assert fits(render_card(case))


def test_a_card_says_how_it_was_judged_where_nobody_thought(case_factory: Callable[..., Case]) -> None:
    """In words; a verdict that the model reasoned about needs none."""
    assert "answered at once, without thinking" in text_of(render_card(case_factory(method="probed")))
    assert "Lite judge" in text_of(render_card(case_factory(method="lite")))
    assert "thinking" not in text_of(render_card(case_factory(method="reasoned")))


@given(any_text, any_text, st.integers(0, 40))
@few
async def test_every_case_file_is_within_the_limits(
    case_factory: Callable[..., Case], text: str, other: str, entries: int
) -> None:
    """The card, the rule as it read then, and the history, all on one page."""
    rule = Rule(id=other, title=text, breaks_it=other, does_not=text)
    entry = AuditEntry(
        guild_id=ID, actor_id=ID, action=AuditAction.CASE_DECIDED, subject="case:1", detail="not_a_violation", at=NOW
    )
    broken = RuleBroken(id=other, title=text, severity="high")
    decision = Decision(state=CaseState.NOT_A_VIOLATION, moderator_id=ID, at=NOW)
    case = case_factory(
        guild_id=ID, number=ID, text=text, rationale=other, rules=(broken,) * 5, policy_name=text, forwarded=True,
        edit=1_790_000_000_000, author_id=ID, channel_id=ID, message_id=ID, method="lite", decision=decision,
    )  # fmt: skip
    assert fits(render_file(CaseFile(case=case, rules=(rule,) * 3, history=(entry,) * entries)))


@given(any_text, st.integers(1, 12))
@few
async def test_every_check_is_within_the_limits(text: str, policies: int) -> None:
    """One part per policy, as many as a server can have."""

    class Version:
        number = 10**6

    policy = PolicyInForce(
        name=text, version=Version(), policy=Policy(title=text, rules=(Rule(id="R1", title=text),)), text=None
    )
    judgements = [violation(["R1", "R2"], rationale=text or "x"), clear(rationale=text)]
    judgements.append(Undecided(reason=UndecidedReason.DEADLINE))
    answers = tuple(Checked(policy=policy, judgement=judgements[n % 3]) for n in range(policies))
    assert fits(render_check(CheckResult(answers=answers, case=None)))


@pytest.mark.parametrize(
    ("score", "words"),
    [(0.97, "Very likely a violation (97%)"), (0.8, "Likely a violation (80%)"), (0.55, "A close call (55%)")],
)
async def test_the_score_is_told_in_words(case_factory: Callable[..., Case], score: float, words: str) -> None:
    """The number stands behind them, for those who want it."""
    assert words in text_of(render_card(case_factory(score=score)))


async def test_severity_is_a_word_and_a_colour(case_factory: Callable[..., Case]) -> None:
    """Of the gravest rule broken; a decided case steps back, an undecided one is grey."""
    colours, words = set(), []
    for severity in ("low", "medium", "high"):
        broken = (RuleBroken(id="R1", title="a", severity="low"), RuleBroken(id="R2", title="b", severity=severity))
        view = render_card(case_factory(rules=broken))
        colours.add(next(parts(view))["accent_color"])
        words.append(f"{severity.title()} severity" in text_of(view))
    decided = Decision(state=CaseState.VIOLATION, moderator_id=9, at=NOW)
    colours.add(next(parts(render_card(case_factory(decision=decided))))["accent_color"])
    colours.add(next(parts(render_card(case_factory(kind=CaseKind.UNDECIDED, rules=()))))["accent_color"])
    assert (len(colours), words) == (5, [True, True, True])


async def test_many_rules_are_summed_up(case_factory: Callable[..., Case]) -> None:
    """Three by name, the others by number."""
    broken = tuple(RuleBroken(id=f"R{number}", title="x", severity="low") for number in range(1, 6))
    said = text_of(render_card(case_factory(rules=broken)))
    assert "**and R3 x**\n**and 2 more rules**" in said
    assert "R4" not in said


async def test_a_purged_case_says_that_its_text_is_gone(case_factory: Callable[..., Case]) -> None:
    """And is not cut: there is nothing more to see."""
    case = case_factory(text=None)
    assert "retention time" in text_of(render_card(case))
    assert not is_cut(case)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"reasoning": "It names the culprit."}, "> It names the culprit"),
        ({"reasoning": None}, "retention time"),
        ({"reasoning": " "}, "works without reasoning"),
        ({"kind": CaseKind.UNDECIDED, "reasoning": None}, "no verdict"),
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


async def test_a_judge_without_words_leaves_no_empty_reason(case_factory: Callable[..., Case]) -> None:
    """A model may answer with a number alone."""
    assert "gave no reason" in text_of(render_card(case_factory(rationale="  ")))
