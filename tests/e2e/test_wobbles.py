"""A publication is followed by a test of whether verdicts hang on the layout."""

from __future__ import annotations

from typing import Any

import pytest

from bot.cogs.trials.wobble_runner import under_way
from classifier import Judge, Judgement, JudgeRequest
from classifier.scripted import ScriptedJudge, clear, violation


def _needs_the_ship(request: JudgeRequest) -> Judgement:
    known = any("ship" in example.text for rule in request.policy.rules for example in rule.examples)
    return violation("R1") if known and "butler" in request.content.target.words else clear()


@pytest.fixture
def judge() -> Judge:
    """Knows the butler only where the policy has its example about the ship."""
    return ScriptedJudge(_needs_the_ship)


async def pinned(world: Any) -> None:
    """A pin, and a draft to publish."""
    form = await world.mira.slash(world.general, "policy pin", name="Spoilers", must="R1")
    await world.mira.submit_modal(form, {"text": "the butler did it"})


def lines(world: Any) -> list[str]:
    """What the moderators' channel says about layouts."""
    return [said for said in map(world.said, world.cards()) if "**Spoilers**, version" in said]


async def test_one_line_says_which_example_a_rule_hangs_on(world: Any) -> None:
    """After the publication was answered, and only where something is pinned or decided."""
    await world.set_up()
    assert lines(world) == []
    await pinned(world)
    await world.rewrite("Spoilers", world.policy.replace("Keep surprises safe.", "Keep all surprises safe."))
    await world.env.settle()
    report = "R1 depends on example 2: without it, 1 of 1 changed. 1 text is too few to conclude from."
    assert lines(world) == [f"**Spoilers**, version 2: {report}"]
    answered, tested = [
        place
        for place, entry in enumerate(world.env.http_requests)
        if any(words in str(entry.json) for words in ("** version 2 is in force", "version 2: R1 depends"))
    ]
    assert answered < tested


async def test_the_button_stops_it_and_asks_who_clicks(world: Any) -> None:
    """Of an old test it says that this is over."""
    await world.set_up()
    await pinned(world)
    runner = world.bot.get_cog("PolicyCommand").trials.runner.wobbles
    policy = await world.stored()
    plan = await world.bot.services.wobbles.plan(policy, policy.published)
    posted = await runner._posts.post(world.guild.id, world.mods.id, lambda: under_way(plan))
    progress = next(message for message in world.cards() if message.id == posted)
    assert "1 pinned example or decided case under 6 layouts" in world.said(progress)
    assert "Only members with Manage Server" in world.said(await world.omar.click(progress, label="Stop"))
    await world.mira.click(progress, label="Stop")
    assert "This is over." in [world.said(message) for message in world.cards()]
