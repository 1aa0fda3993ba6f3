"""Pinned examples are held against a draft, and stand in the way of publishing it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from bot.moderation.policies.outcomes import PinsFail, Published, Refused, Saved
from classifier import Judgement, JudgeRequest, Lane, Undecided, UndecidedReason
from classifier.scripted import clear, violation
from guild_policies.examples import MAX_PIN_LENGTH, MAX_PINS_PER_POLICY, Pin, PinOutcome, PinReport
from guild_policies.scope import PolicySettings

Desk = Any  # the fixture's own class, which no test can import
STRICT = "# Spoilers\n## Rules\n### R1 Strict\nBreaks it: strict.\n### R2 Other\nBreaks it: other."
LAX = "# Spoilers\n## Rules\n### R1 Lax\nBreaks it: lax."


def answer(request: JudgeRequest) -> Judgement:
    """Ending are told by "butler"; the lax policy flags nothing; "maybe" is beyond the judge."""
    text = request.content.target.text
    if "maybe" in text:
        return Undecided(reason=UndecidedReason.UNREADABLE)
    if "butler" in text and "lax" not in request.policy.rules[0].breaks_it:
        return violation("R1", score=0.9)
    return clear()


@pytest.fixture
async def desk(desk_factory: Callable[..., Awaitable[Desk]]) -> Desk:
    """The server with this judge."""
    return await desk_factory(answer)


async def pin(desk: Desk, text: str, rule_id: str | None) -> Pin:
    """Pin a sentence to "Spoilers"."""
    made = await desk.pins.add(1, "Spoilers", text, rule_id=rule_id, actor_id=9)
    assert isinstance(made, Pin)
    return made


async def draft(desk: Desk, text: str, *, seen: int | None = None, number: int = 1) -> None:
    """Save a draft of "Spoilers"."""
    saved = await desk.policy_desk.save_draft(1, "Spoilers", text, seen_revision=seen, seen_number=number, actor_id=9)
    assert isinstance(saved, Saved)


async def test_pins_are_about_rules_that_there_are(desk: Desk) -> None:
    """Of the version in force or of the draft, in any case of letters."""
    assert (await pin(desk, " the butler ", "r1")).rule_id == "R1"
    refused = await desk.pins.add(1, "Spoilers", "x", rule_id="R2", actor_id=9)
    assert refused == Refused(why="“Spoilers” has no rule R2. It has: R1.")
    await draft(desk, STRICT)
    assert (await pin(desk, "x", "R2")).rule_id == "R2"
    assert [each.text for each in await desk.pins.of(1, "spoilers")] == ["the butler", "x"]
    assert await desk.pins.of(1, "Nope") == ()


@pytest.mark.parametrize("text", ["", " \n", "x" * (MAX_PIN_LENGTH + 1), "a\0b", "\ud800"])
async def test_odd_pins_are_refused(desk: Desk, text: str) -> None:
    """With one sentence."""
    assert isinstance(await desk.pins.add(1, "Spoilers", text, rule_id=None, actor_id=9), Refused)


async def test_pins_are_limited_and_removed(desk: Desk) -> None:
    """One too many is refused until one is removed; what is not there cannot be removed."""
    for number in range(MAX_PINS_PER_POLICY):
        await pin(desk, f"sentence {number}", None)
    assert isinstance(await desk.pins.add(1, "Spoilers", "more", rule_id=None, actor_id=9), Refused)
    assert isinstance(await desk.pins.remove(1, "Spoilers", 1, actor_id=9), Pin)
    assert isinstance(await desk.pins.remove(1, "Spoilers", 1, actor_id=9), Refused)
    for wrong in (
        await desk.pins.remove(1, "Nope", 2, actor_id=9),
        await desk.pins.add(1, "Nope", "x", rule_id=None, actor_id=9),
        await desk.pins.run(1, "Nope"),
    ):
        assert isinstance(wrong, Refused)
    await pin(desk, "room again", None)


async def test_running_pins_says_which_hold(desk: Desk) -> None:
    """Under the draft where there is one, by the policy's threshold, in the order of the list, ahead of the queue."""
    for text, rule_id in (("the butler", "R1"), ("the butler again", None), ("tea", None), ("maybe", None)):
        await pin(desk, text, rule_id)
    report = await desk.pins.run(1, "Spoilers")
    assert isinstance(report, PinReport)
    assert [each.outcome for each in report.results] == [
        PinOutcome.HOLDS,
        PinOutcome.FAILS,
        PinOutcome.HOLDS,
        PinOutcome.UNDECIDED,
    ]
    assert {request.lane for request in desk.judge.requests} == {Lane.INTERACTIVE}
    await desk.life.change_settings(1, "Spoilers", PolicySettings(threshold=0.95), seen=PolicySettings(), actor_id=9)
    report = await desk.pins.run(1, "Spoilers")
    assert [each.outcome for each in report.results][:2] == [PinOutcome.FAILS, PinOutcome.HOLDS]
    await desk.policy_desk.create(1, "Other", LAX, actor_id=9)
    assert await desk.pins.run(1, "Other") == PinReport(results=())


async def test_failing_pins_stand_in_the_way(desk: Desk) -> None:
    """Nothing is published until somebody says why; the reason and the pins are in history and audit log."""
    pinned = await pin(desk, "it was the butler", "R1")
    await draft(desk, LAX)
    stopped = await desk.policy_desk.publish(1, "Spoilers", actor_id=9)
    assert isinstance(stopped, PinsFail)
    assert [each.pin for each in stopped.report.failing] == [pinned]
    assert (await desk.policy_desk.find(1, "Spoilers")).published.number == 1
    assert isinstance(await desk.policy_desk.publish(1, "Spoilers", actor_id=9, overrule=" \n "), PinsFail)
    done = await desk.policy_desk.publish(1, "Spoilers", actor_id=9, overrule="butlers may be named now")
    assert isinstance(done, Published)
    history = await desk.policy_desk.history(done.policy)
    assert history[0].overruled == f"butlers may be named now (pin {pinned.id} fails)"
    newest = (await desk.audit.entries(1))[0]
    assert newest.detail.endswith(history[0].overruled)
    assert [each.held for each in await desk.pins.of(1, "Spoilers")] == [False]


async def test_pins_that_hold_are_no_obstacle(desk: Desk) -> None:
    """A reason given for nothing is not kept."""
    await pin(desk, "it was the butler", "R1")
    await draft(desk, STRICT)
    done = await desk.policy_desk.publish(1, "Spoilers", actor_id=9, overrule="just in case")
    assert isinstance(done, Published)
    assert done.report is not None
    assert done.report.failing == ()
    assert (await desk.policy_desk.history(done.policy))[0].overruled == ""
    assert [each.held for each in await desk.pins.of(1, "Spoilers")] == [True]


async def test_a_text_beside_itself(desk: Desk) -> None:
    """Draft and version in force are asked at once; the answer says whether they differ."""
    await draft(desk, LAX)
    both = await desk.policy_test.compare(1, "Spoilers", "it was the butler")
    assert (both.draft.number, both.published.number) == (2, 1)
    assert (both.draft.flagged, both.published.flagged, both.differ) == (False, True, True)
    assert {request.lane for request in desk.judge.requests} == {Lane.INTERACTIVE}
    assert not (await desk.policy_test.compare(1, "Spoilers", "tea")).differ
    assert not (await desk.policy_test.compare(1, "Spoilers", "maybe")).differ


async def test_a_text_under_one_side_only(desk: Desk) -> None:
    """A side that is not there, or that cannot be judged, is none."""
    only = await desk.policy_test.compare(1, "Spoilers", "it was the butler")
    assert (only.draft, only.differ) == (None, False)
    for name, text in (("Nope", "x"), ("Spoilers", "  ")):
        assert isinstance(await desk.policy_test.compare(1, name, text), Refused)
    conversations = "# C\n## Rules\n### R1 Rows\nLooks at: conversations\nBreaks it: rows."
    await desk.policies.create(guild_id=1, name="Rows", text=conversations, actor_id=9)
    assert isinstance(await desk.policy_test.compare(1, "Rows", "x"), Refused)
