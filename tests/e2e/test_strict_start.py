"""``/policy publish strict_days``: a version flags more at first, does nothing by itself, and relaxes with numbers."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from typing import Any

import pytest

from bot.moderation.policies.consequences import ConsequenceMode
from bot.settings import Settings
from classifier import Effort, Judge, JudgeRequest, Verdict
from classifier.scripted import ScriptedJudge, clear, violation
from guild_policies.scope import PolicySettings
from tests.e2e.conftest import World, answer
from tests.e2e.test_by_itself import LINE

SETTINGS = PolicySettings(threshold=0.8)


def _by_how_sure(request: JudgeRequest) -> Verdict:
    """Sure about the butler, and less so about a maybe."""
    text = request.content.target.words
    if "butler" in text:
        return violation("R1", score=0.6 if "maybe" in text else 0.9, rationale="It tells who did it.")
    return clear()


@pytest.fixture
def judge() -> Judge:
    """Has scores of its own."""
    return ScriptedJudge(_by_how_sure)


async def start(world: World, text: str = World.policy, **options: Any) -> str:
    """Publish the policy strictly; what Mira is told in the end."""
    await world.mira.slash(world.general, "setup", channel=world.mods, starters="none")
    form = await world.mira.slash(world.general, "policy new", name="Spoilers")
    await world.mira.submit_modal(form, {"text": text})
    await world.bot.services.life.change_settings(
        world.guild.id, "Spoilers", SETTINGS, seen=PolicySettings(), actor_id=world.mira.id
    )
    shown = await world.mira.slash(world.general, "policy publish", name="Spoilers", **options)
    assert "It starts strict" in world.said(shown)
    return world.said(await world.mira.click(answer(shown), label="Publish"))


def time_is_up(settings: Settings) -> None:
    """The strict start should have ended a while ago."""
    strict = {"since": "2026-01-01T00:00:00+00:00", "until": "2026-01-08T00:00:00+00:00", "decisions": None}
    with closing(sqlite3.connect(settings.data_dir / "bylaw.sqlite3")) as database:
        database.execute("UPDATE policies SET strict = ? WHERE strict IS NOT NULL", (json.dumps(strict),))
        database.commit()


def reports(world: World) -> list[str]:
    """What was said about strict starts in the moderators' channel."""
    said = [world.said(message) for message in world.mods.history()]
    return [each for each in said if "strict start" in each]


async def test_it_flags_more_and_thinks_harder(world: World, judge: ScriptedJudge) -> None:
    """What is below the usual threshold opens a case as well."""
    said = await start(world, strict_days=7)
    assert "is in force" in said
    assert "It starts strict for 7 days" in said
    await world.ana.send(world.general, "maybe the butler")
    assert len(world.cards()) == 1
    assert judge.requests[-1].effort is Effort.MEDIUM
    assert "strict for now" in world.said(await world.mira.slash(world.general, "policy list"))


async def test_it_relaxes_with_the_numbers(world: World, settings: Settings, judge: ScriptedJudge) -> None:
    """Once, on its date; from then on the policy's own settings apply."""
    await start(world, strict_days=7)
    for text, label in (("the butler did it", "Violation"), ("maybe the butler", "Not a violation")):
        await world.ana.send(world.general, text)
        await world.omar.click(world.cards()[-1], label=label)
    assert await world.bot.schedule.run_now("strict starts")
    assert reports(world) == []
    time_is_up(settings)
    for _ in range(2):
        assert await world.bot.schedule.run_now("strict starts")
    (report,) = reports(world)
    assert "2 cases were decided since: 1 as violations, 1 dismissed" in report
    assert "1 of them was flagged only because it was strict: 0 violation, 1 dismissed" in report
    assert "threshold 0.8" in report
    await world.ana.send(world.general, "maybe the butler again")
    assert "strict start" in world.said(world.cards()[-1])  # and no card behind it
    assert judge.requests[-1].effort is not Effort.MEDIUM


async def test_it_relaxes_after_enough_decisions(world: World) -> None:
    """Before its date."""
    await start(world, strict_days=7, strict_decisions=1)
    await world.ana.send(world.general, "the butler did it")
    assert await world.bot.schedule.run_now("strict starts")
    assert reports(world) == []
    await world.omar.click(world.cards()[-1], label="Violation")
    assert await world.bot.schedule.run_now("strict starts")
    assert len(reports(world)) == 1


async def test_publishing_again_keeps_it(world: World, judge: ScriptedJudge) -> None:
    """A correction is not the end of it."""
    await start(world, strict_days=7)
    await world.rewrite("Spoilers", world.policy.replace("Keep surprises safe.", "Keep all surprises safe."))
    await world.ana.send(world.general, "maybe the butler")
    assert len(world.cards()) == 1
    assert judge.requests[-1].effort is Effort.MEDIUM


async def test_decisions_alone_are_no_end(world: World) -> None:
    """A team that decides nothing would stay strict forever."""
    await world.mira.slash(world.general, "setup", channel=world.mods, starters="none")
    shown = await world.mira.slash(world.general, "policy publish", name="Spoilers", strict_decisions=5)
    assert "strict_days" in world.said(shown)


async def test_nothing_is_done_automatically_meanwhile(world: World, settings: Settings) -> None:
    """Whatever is switched on; it applies again after the strict start."""
    await start(world, world.policy.replace("Severity: high", LINE), strict_days=7)
    for mode in (ConsequenceMode.REHEARSE, ConsequenceMode.ON):
        await world.bot.services.consequences.set(
            world.guild.id, "Spoilers", "R1", mode=mode, from_score=0.5, actor_id=world.mira.id
        )
    await world.ana.send(world.general, "the butler did it")
    assert len(world.general.history()) == 1
    assert len(world.cards()) == 1
    time_is_up(settings)
    assert await world.bot.schedule.run_now("strict starts")
    await world.ana.send(world.general, "the butler did it again")
    await world.env.settle()
    assert len(world.general.history()) == 1
