"""A text of spaces or of characters that nobody can see is no text: it is no appeal, no reason and no rule."""

from __future__ import annotations

from typing import Any

import pytest

from bot.cogs.interactions.submitted_forms import NOTHING_TO_READ, _routes_of
from bot.moderation.appeals.appeal import AppealState
from bot.moderation.cases.case import CaseState
from tests.e2e.acting import act, flagged
from tests.e2e.appeals import appeal_card, appealed, letters, stored, warned

NOTHING = ["   ", "\u200b\u2060", "\u3164\u2800"]
#: Forms that mean something although nothing was written into them.
MAY_BE_EMPTY = {
    "an action": "the rule is the reason, and a note says itself that it is empty",
    "the rule of a case": "a menu names the rule",
    "a choice for many cases": "the rule is the reason",
    "a changed timeout": "the reason of the timeout stays",
    "a raid control": "the reason may be left out",
    "what differs from precedents": "it says itself that the answer is empty",
    "a form": "policies and examples say what they miss; without questions, Bylaw's own are asked",
}


def test_every_form_says_whether_it_may_be_empty(world: Any) -> None:
    """Whoever adds a form decides what becomes of one that says nothing."""
    routes = [route for cog in world.bot.cogs.values() for route, _ in _routes_of(cog)]
    forms = [route for route in routes if route.kind.name == "modal_submit"]
    assert {route.what for route in forms if route.must_say is None} == set(MAY_BE_EMPTY)
    assert len([route for route in forms if route.must_say is not None]) == 6


@pytest.mark.parametrize("nothing", NOTHING)
async def test_no_appeal_without_a_word(world: Any, nothing: str) -> None:
    """The member may send it again; the answer to the second question comes back to them."""
    await warned(world)
    form = await world.ana.user.click(letters(world, world.ana)[-1], label="Appeal")
    sent = await world.ana.user.submit_modal(form, {"0": nothing, "1": "it was a joke"})
    assert NOTHING_TO_READ in world.said(sent)
    assert "it was a joke" in world.files(sent)["your-words.txt"]
    assert await stored(world) is None


@pytest.mark.parametrize("nothing", NOTHING)
async def test_no_decision_on_an_appeal_without_a_reason(world: Any, nothing: str) -> None:
    """The member reads the reason. The appeal keeps waiting, and no letter goes out."""
    await appealed(world)
    before = len(letters(world, world.ana))
    for label in ("Keep the decision…", "Reverse the decision…", "Ask a question…"):
        form = await world.mira.click(appeal_card(world), label=label)
        assert NOTHING_TO_READ in world.said(await world.mira.submit_modal(form, {"0": nothing}))
    assert ((await stored(world)).state, len(letters(world, world.ana))) == (AppealState.OPEN, before)


async def test_no_answer_without_a_word(world: Any) -> None:
    """The question stays asked."""
    await appealed(world)
    await world.mira.submit_modal(await world.mira.click(appeal_card(world), label="Ask a question…"), {"0": "When?"})
    form = await world.ana.user.click(letters(world, world.ana)[-1], label="Answer")
    assert NOTHING_TO_READ in world.said(await world.ana.user.submit_modal(form, {"0": "\u200b"}))
    assert (await stored(world)).newest_question is not None


async def test_nothing_is_added_to_a_report(world: Any) -> None:
    """Why it was reported must be told in words."""
    await world.set_up()
    message = await world.omar.send(world.general, "the gardener is nice")
    told = await world.ana.context_menu(world.general, "Report to moderators", message)
    form = await world.ana.click(told.response, label="Say why")
    assert NOTHING_TO_READ in world.said(await world.ana.submit_modal(form, {"0": "\u200b \u200b"}))


@pytest.mark.parametrize("nothing", NOTHING)
async def test_a_case_is_not_reopened_without_a_reason(world: Any, nothing: str) -> None:
    """Neither from its card nor by command, and nothing goes wrong."""
    card = await flagged(world)
    await world.omar.click(card, label="Violation")
    form = await world.omar.click(world.cards()[-1], label="Reopen…")
    assert NOTHING_TO_READ in world.said(await world.omar.submit_modal(form, {"text": nothing}))
    told = await world.omar.slash(world.mods, "case reopen", number=1, reason=nothing)
    assert "Say why, in a word or two" in world.said(told)
    assert (await world.bot.services.review.find(world.guild.id, 1)).state is CaseState.VIOLATION


async def test_a_reason_that_shows_nothing_gives_way_to_the_rule(world: Any) -> None:
    """As one that was left empty does; a note that shows nothing is refused."""
    await flagged(world)
    await act(world, world.omar, "warn", reason="\u200b\u2060")
    assert "Reason: R1 Unmarked spoiler" in world.said(world.cards()[-1])
    told = await world.omar.slash(world.mods, "case note", number=1, text="\u200b")
    assert "This note is empty" in world.said(told)
    assert await world.bot.services.notes.of_case(world.guild.id, 1) == ()


@pytest.mark.parametrize("nothing", NOTHING)
async def test_no_rule_without_a_sentence_comes_into_force(world: Any, nothing: str) -> None:
    """No flash rule, no pinned example, no policy."""
    await world.set_up()
    told = await world.mira.slash(world.general, "policy flash", text=nothing, hours=1)
    assert "Say in one plain sentence" in world.said(told)
    form = await world.mira.slash(world.general, "policy pin", name="Spoilers", must="R1")
    assert "Write the sentence" in world.said(await world.mira.submit_modal(form, {"text": nothing}))
    file = ("x.md", f"{nothing}\n{nothing}".encode())
    told = await world.mira.slash(world.general, "policy new", name="Nothing", file=file)
    assert "The policy is empty" in world.said(told)
    assert [each.name for each in await world.bot.services.policies.list(world.guild.id)] == ["Spoilers"]


async def test_sentences_of_admins_that_show_nothing_are_left_out(world: Any) -> None:
    """``/rules`` and notices use Bylaw's own instead."""
    choices = {"channel": world.mods, "reviewers": world.reviewers, "starters": "none"}
    await world.mira.slash(world.general, "setup", **choices, appeal="\u200b")
    assert "Think a decision is wrong?" in world.said(await world.ana.slash(world.general, "rules"))
    saved = await world.mira.slash(world.general, "settings notices", opening="\u3164")
    assert "First words: Bylaw's" in world.said(saved)
