"""``/policy flash``: one sentence in force at once, and its report when the time is over."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest

from bot.cogs.policies.buttons import PolicyVerb
from bot.settings import Settings
from classifier import Judge, Judgement, JudgeRequest
from classifier.scripted import ScriptedJudge
from tests.e2e.conftest import World

SENTENCE = "telling what the gardener did"


@pytest.fixture
def judge(flags_by_the_policy: Callable[[JudgeRequest], Judgement]) -> Judge:
    """Flags the gardener only where a rule speaks of them."""
    return ScriptedJudge(flags_by_the_policy)


def time_is_up(settings: Settings) -> None:
    """The end of every flash rule was a while ago."""
    with closing(sqlite3.connect(settings.data_dir / "bylaw.sqlite3")) as database:
        database.execute("UPDATE policies SET ends_at = '2026-01-01 00:00:00.000000' WHERE ends_at IS NOT NULL")
        database.commit()


def reports(world: World) -> list[Any]:
    """What was said in the moderators' channel about flash rules."""
    return [message for message in world.mods.history() if "is over" in world.said(message)]


async def started(world: World, **options: Any) -> str:
    """What Mira is told when she starts one."""
    await world.mira.slash(world.general, "setup", channel=world.mods, starters="none")
    return world.said(await world.mira.slash(world.general, "policy flash", text=SENTENCE, **options))


async def test_it_is_in_force_at_once(world: World) -> None:
    """The next message is flagged and nothing else is done; members read the sentence and its end in /rules."""
    said = await started(world, hours=3)
    assert "**flash\\-1** is in force" in said
    assert SENTENCE in said
    await world.ana.send(world.general, "the gardener burned the letter")
    assert len(world.cards()) == 1
    assert "R1" in world.said(world.cards()[0])
    assert len(world.general.history()) == 1
    rules = world.said(await world.ana.slash(world.general, "rules"))
    assert SENTENCE in rules
    assert "until <t:" in rules
    assert "until <t:" in world.said(await world.mira.slash(world.general, "policy list"))


@pytest.mark.also_invented
async def test_it_ends_by_itself_and_reports(world: World, settings: Settings) -> None:
    """Once, with what came of its cases; nothing is judged by it from then on."""
    await started(world)
    for text in ("the gardener did it", "the gardener lied"):
        await world.ana.send(world.general, text)
    await world.omar.click(world.cards()[0], label="Violation")
    time_is_up(settings)
    for _ in range(2):
        assert await world.bot.schedule.run_now("flash rules")
    (report,) = reports(world)
    assert "It flagged 2 cases: 1 decided as violations, 0 dismissed, 1 still open." in world.said(report)
    assert "v1 is paused" in world.said(await world.mira.slash(world.general, "policy list"))
    assert "Bylaw checks no rules" in world.said(await world.ana.slash(world.general, "rules"))


async def test_one_that_flagged_nothing_says_so(world: World, settings: Settings) -> None:
    """Silence is a result as well."""
    await started(world)
    time_is_up(settings)
    assert await world.bot.schedule.run_now("flash rules")
    assert "It flagged nothing." in world.said(reports(world)[0])


@pytest.mark.also_invented
async def test_a_draft_can_be_made_of_it(world: World, settings: Settings) -> None:
    """With what the linter finds, and compared with the team's decisions. Only editors may."""
    await started(world)
    await world.ana.send(world.general, "the gardener did it")
    await world.omar.click(world.cards()[0], label="Violation")
    time_is_up(settings)
    assert await world.bot.schedule.run_now("flash rules")
    (report,) = reports(world)
    refused = world.said(await world.omar.click(report, label="Make a draft of it"))
    assert "Only" in refused
    said = world.said(await world.mira.click(report, label="Make a draft of it"))
    assert "Saved **flash\\-1** as a draft" in said
    assert "no example" in said.lower() or "examples" in said.lower()
    assert f"see <#{world.mods.id}>" in said
    assert any("Backtest" in world.said(message) for message in world.mods.history())
    again = world.said(await world.mira.click(report, label="Make a draft of it"))
    assert "has a draft already" in again
    done = world.said(await world.mira.slash(world.general, "policy resume", name="flash-1"))
    assert "in force again" in done


async def test_names_are_counted_on(world: World) -> None:
    """A second one has a name of its own."""
    await started(world)
    said = world.said(await world.mira.slash(world.general, "policy flash", text="posts about the leak"))
    assert "**flash\\-2** is in force" in said


@pytest.mark.also_invented
async def test_nothing_is_started_without_a_channel_for_its_cards(world: World) -> None:
    """What it flags would be seen by nobody."""
    said = world.said(await world.mira.slash(world.general, "policy flash", text=SENTENCE))
    assert "Run /setup first" in said
    assert await world.bot.services.policies.list(world.guild.id) == ()


async def test_a_blank_sentence_is_refused(world: World) -> None:
    """And leaves nothing behind."""
    await world.mira.slash(world.general, "setup", channel=world.mods, starters="none")
    said = world.said(await world.mira.slash(world.general, "policy flash", text="   "))
    assert "one plain sentence" in said
    assert await world.bot.services.policies.list(world.guild.id) == ()


async def test_a_refused_report_is_posted_on_the_next_turn(world: World, settings: Settings) -> None:
    """Discord may be down at that moment. Nothing is lost, and the report comes once."""
    await started(world)
    time_is_up(settings)
    world.env.inject_error("POST", f"/channels/{world.mods.id}/messages", status=403, code=50_013)
    assert await world.bot.schedule.run_now("flash rules")
    assert reports(world) == []
    for _ in range(2):
        assert await world.bot.schedule.run_now("flash rules")
    assert len(reports(world)) == 1


async def test_it_ends_without_a_report_where_the_channel_is_gone(world: World, settings: Settings) -> None:
    """The rule ends anyway, and the bot stays quiet."""
    await started(world)
    time_is_up(settings)
    await world.bot.http.delete_channel(world.mods.id)
    await world.env.settle()
    assert await world.bot.schedule.run_now("flash rules")
    assert "v1 is paused" in world.said(await world.mira.slash(world.general, "policy list"))


def test_the_button_keeps_its_name() -> None:
    """It is in messages that are posted already."""
    assert PolicyVerb.KEEP_FLASH == "keep_flash"
