"""Where the judge named no rule, whoever decides a case as a violation says which one was broken, or why else."""

from __future__ import annotations

from typing import Any

import pytest

from bot.cogs.members.report_menu import MENU
from bot.moderation.cases.case import CaseState
from bot.moderation.cases.ground import Ground
from bot.moderation.review.decisions import OwnCase
from classifier import Judge, Judgement, JudgeRequest, Undecided, UndecidedReason
from classifier.scripted import ScriptedJudge, clear
from tests.e2e.acting import act, card_text, moderator, nothing_was_done
from tests.e2e.appeals import letters
from tests.e2e.test_bridge import by_hand, cases

OTHER = "other"


def _cannot_say(request: JudgeRequest) -> Judgement:
    if "riddle" in request.content.target.text:
        return Undecided(reason=UndecidedReason.UNREADABLE)
    return clear()


@pytest.fixture
def judge() -> Judge:
    """Nothing breaks a rule, and riddles cannot be judged."""
    return ScriptedJudge(_cannot_say)


async def reported(world: Any, text: str = "the gardener is nice") -> Any:
    """A server that is set up, with a card about a message of Ana's that Rita reported."""
    await world.set_up()
    message = await world.ana.send(world.general, text)
    await world.rita.context_menu(world.general, MENU, message)
    return world.cards()[-1]


async def key(world: Any) -> str:
    """What the menu sends for the rule R1."""
    (rule,) = await world.bot.services.aids.rules.of(world.guild.id)
    return str(rule.key)


async def case_of(world: Any, number: int = 1) -> Any:
    """A case as the database has it."""
    return await world.bot.services.review.find(world.guild.id, number)


async def name(world: Any, who: Any, rule: str, words: str = "") -> Any:
    """Click Violation on the newest card, and send the form off."""
    form = await who.click(world.cards()[-1], label="Violation")
    return await who.submit_modal(form, {"rule": [rule] if rule else [], "words": words})


@pytest.mark.also_invented
async def test_a_report_names_its_rule(world: Any) -> None:
    """On the card, in lists, searches, numbers and exports, and in the notice if somebody acts later."""
    await reported(world)
    await name(world, world.omar, await key(world))
    said = card_text(world)
    assert "**R1 Unmarked spoiler**" in said
    assert "named by a moderator: Spoilers v1" in said
    assert "**The rule says:** telling how the film ends" in said
    assert f"Violation, decided by <@{world.omar.id}>" in said
    listed = world.said(await world.omar.slash(world.mods, "case search", rule="r1", policy="Spoilers"))
    assert "R1 Unmarked spoiler · reported by members" in listed
    assert "found by people: 1" in world.said(await world.omar.slash(world.mods, "mod stats"))
    exported = world.files(await world.omar.slash(world.mods, "case export", form="json"))["cases.json"]
    assert '"rules": ["R1"]' in exported
    assert f"rule named, by <@{world.omar.id}>" in world.said(
        await world.omar.click(world.cards()[-1], label="History")
    )
    await act(world, moderator(world), "warn")
    (letter,) = letters(world, world.ana)
    assert "R1 Unmarked spoiler" in world.said(letter)


async def test_another_reason_is_told_to_the_member(world: Any) -> None:
    """In the moderator's own words, as text and as nothing else; the card says that no rule was named."""
    await reported(world)
    await name(world, world.omar, OTHER, "**Not** funny, @everyone")
    assert r"**Reason, no rule:** \*\*Not\*\* funny\, \@everyone" in card_text(world)
    await act(world, moderator(world), "warn")
    (letter,) = letters(world, world.ana)
    assert r"**Why:** \*\*Not\*\* funny\, \@everyone" in world.said(letter)
    mine = world.files(await world.ana.slash(world.general, "privacy export"))
    assert '"reason_of_the_decision": "**Not** funny, @everyone"' in "".join(mine.values())


@pytest.mark.parametrize(("rule", "words"), [("", ""), (OTHER, "  ")])
async def test_without_a_rule_nothing_is_decided(world: Any, rule: str, words: str) -> None:
    """Nothing chosen, or a reason without words: one line, and the case stays open."""
    await reported(world)
    assert "Choose the rule that was broken" in world.said(await name(world, world.omar, rule, words))
    assert (await case_of(world)).state is CaseState.OPEN


async def test_the_id_of_a_rule_is_as_good_as_the_menu(world: Any) -> None:
    """For servers with more rules than a menu holds."""
    await reported(world)
    await name(world, world.omar, "", "spoilers r1")
    case = await case_of(world)
    assert ([rule.id for rule in case.rules], case.ground.words) == (["R1"], None)


async def test_no_violation_asks_nothing(world: Any) -> None:
    """One click, as before."""
    await reported(world)
    await world.omar.click(world.cards()[-1], label="Not a violation")
    assert (await case_of(world)).ground is None


async def test_acting_names_the_rule_too(world: Any) -> None:
    """What could not be judged: without a rule or a reason nothing is done; a reason alone is the ground."""
    await world.set_up()
    await world.ana.send(world.general, "a riddle")
    boss = moderator(world)
    refused = await act(world, boss, "timeout", reason="")
    assert "Choose the rule that was broken" in world.said(refused)
    assert nothing_was_done(world)
    form = await boss.click(world.cards()[-1], label="Act…")
    await boss.submit_modal(form, {"what": "timeout", "rule": [await key(world)], "reason": ""})
    case = await case_of(world)
    assert (case.ground.rule.id, case.ground.words) == ("R1", None)
    assert "R1 Unmarked spoiler" in card_text(world)
    await world.guild.add_member(world.env.create_user("eve")).send(world.general, "another riddle")
    await act(world, boss, "warn", reason="Riddles are for Fridays")
    assert (await case_of(world, 2)).ground == Ground(words="Riddles are for Fridays")


async def test_the_form_of_somebody_who_is_timed_out(world: Any) -> None:
    """Discord takes five parts: what they would say besides is said by the labels."""
    await world.set_up()
    boss = moderator(world)
    for text in ("a riddle", "another riddle"):
        await world.ana.send(world.general, text)
    form = await boss.click(world.cards()[0], label="Act…")
    await boss.submit_modal(form, {"what": "timeout", "reason": "riddles", "length": ["3600"]})
    form = await boss.click(world.cards()[1], label="Act…")
    await boss.submit_modal(form, {"what": "timeout", "reason": "riddles", "running": "keep", "length": ["300"]})
    assert (await case_of(world, 2)).ground == Ground(words="riddles")


async def test_the_first_decision_counts(world: Any) -> None:
    """Two open the form; the second is told, and changes nothing."""
    card = await reported(world)
    first, second = await world.omar.click(card, label="Violation"), await world.mira.click(card, label="Violation")
    await world.omar.submit_modal(first, {"rule": [await key(world)], "words": ""})
    late = await world.mira.submit_modal(second, {"rule": [OTHER], "words": "rude"})
    assert f"<@{world.omar.id}> decided" in world.said(late)
    assert (await case_of(world)).ground.rule.id == "R1"


async def test_a_rule_is_changed_and_a_reopened_case_asks_again(world: Any) -> None:
    """Naming another reason replaces the rule, in searches too; reopening takes the ground back."""
    await reported(world)
    await name(world, world.omar, await key(world))
    form = await world.omar.click(world.cards()[-1], label="Change the rule…")
    await world.omar.submit_modal(form, {"rule": [OTHER], "words": "rude"})
    assert "**Reason, no rule:** rude" in card_text(world)
    assert "No case fits" in world.said(await world.omar.slash(world.mods, "case search", rule="R1"))
    form = await world.omar.click(world.cards()[-1], label="Change the rule…")
    await world.omar.slash(world.mods, "case reopen", number=1, reason="a mistake")
    assert (await case_of(world)).ground is None
    late = await world.omar.submit_modal(form, {"rule": [OTHER], "words": "rude"})
    assert "cannot be changed" in world.said(late)


async def test_the_rule_stays_as_its_form_showed_it(world: Any) -> None:
    """A version that was published in the meantime changes nothing about it."""
    card = await reported(world)
    rule = await key(world)
    form = await world.omar.click(card, label="Violation")
    await world.rewrite("Spoilers", world.policy.replace("Unmarked spoiler", "Spoiler"))
    await world.omar.submit_modal(form, {"rule": [rule], "words": ""})
    assert (await case_of(world)).source.version_number == 1
    assert "**R1 Unmarked spoiler**" in card_text(world)


async def test_nobody_names_the_rule_of_their_own_case(world: Any) -> None:
    """Somebody else decides, as with every case."""
    await world.set_up()
    message = await world.omar.send(world.general, "the gardener is nice")
    await world.ana.context_menu(world.general, MENU, message)
    assert "about you" in world.said(await world.omar.click(world.cards()[-1], label="Violation"))
    other = Ground(words="rude")
    review, me = world.bot.services.review, world.omar.id
    for outcome in (
        await review.decide(world.guild.id, 1, state=CaseState.VIOLATION, moderator_id=me, ground=other),
        await review.name_rule(world.guild.id, 1, other, moderator_id=me),
    ):
        assert isinstance(outcome, OwnCase)
    assert (await case_of(world)).state is CaseState.OPEN


class TestByHand:
    """What moderators do in Discord itself."""

    async def test_a_reason_that_begins_with_a_rule_names_it(self, world: Any) -> None:
        """So a ban by hand counts for its rule."""
        await world.set_up()
        await by_hand(world, 22, reason="R1: for the third time")
        (case,) = await cases(world)
        assert [rule.id for rule in case.rules] == ["R1"]

    async def test_the_rule_can_be_named_later(self, world: Any) -> None:
        """With the button below /case show."""
        await world.set_up()
        await by_hand(world, 22, reason="again")
        shown = await world.mira.slash(world.mods, "case show", number=1)
        form = await world.mira.click(shown.response, label="Name the rule…")
        await world.mira.submit_modal(form, {"rule": [await key(world)], "words": ""})
        assert [rule.id for rule in (await case_of(world)).rules] == ["R1"]
