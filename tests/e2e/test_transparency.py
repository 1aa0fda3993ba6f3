"""``/mod report``: a page to publish."""

from __future__ import annotations

import re
from typing import Any

import pytest

from bot.cogs.members.report_menu import MENU
from tests.e2e.acting import flagged
from tests.e2e.conftest import World
from tests.e2e.languages import set_locales


async def month(world: World) -> tuple[str, dict[str, str]]:
    """The answer about the present month, and its files."""
    now = world.bot.services.discord_time.now()
    done = await world.omar.slash(world.general, "mod report", month=f"{now:%Y-%m}")
    return world.said(done), world.files(done)


@pytest.mark.also_invented
async def test_one_case_is_not_shown(world: World) -> None:
    """Of a single case nothing but that there are few can be read."""
    await flagged(world)
    said, files = await month(world)
    assert "cases: fewer than 5" in said
    (page, text) = sorted(files.values(), key=lambda each: not each.startswith("<!doctype"))
    for each in (page, text):
        assert "fewer than 5" in each
        assert "Unmarked spoiler" not in each
        assert str(world.ana.id) not in each
        assert "butler" not in each


async def test_enough_cases_are_counted(world: World) -> None:
    """By rule, by how they were found, by what was decided and done."""
    await world.set_up()
    await world.mira.slash(world.general, "settings cards", per_hour=60)
    for number in range(6):
        await world.ana.send(world.general, f"the butler did it, part {number}")
        await world.env.advance_time(2)
    for number in range(1, 7):
        case = await world.bot.services.review.find(world.guild.id, number)
        assert case is not None
        await decide(world, number)
    said, files = await month(world)
    assert "cases: 6" in said
    (text,) = [each for each in files.values() if not each.startswith("<!doctype")]
    assert re.search(r"Spoilers, R1 Unmarked spoiler \| 6 \|", text)
    assert "| Flagged by the judge | 6 |" in text
    assert "| A rule was broken | 6 |" in text


async def test_hits_of_automod_are_one_row(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its rules are of several kinds, and none of them stands for the others. No English is left in the page."""
    set_locales(monkeypatch)[world.omar.id] = "ja"
    await world.set_up()
    for number, trigger in enumerate((1, 2, 1, 3, 5)):
        payload = {
            "guild_id": str(world.guild.id), "action": {"type": 1}, "rule_id": "5", "rule_trigger_type": trigger,
            "user_id": str(world.ana.id), "channel_id": str(world.general.id), "content": f"badger {number}",
        }  # fmt: skip
        await world.env.advance_time(60)
        world.env.backend.emit("AUTO_MODERATION_ACTION_EXECUTION", payload)
        await world.env.settle()
    _, files = await month(world)
    (text,) = [each for each in files.values() if not each.startswith("<!doctype")]
    assert "| Discord AutoMod |" in text
    assert not [word for word in ("keywords", "spam", "links", "rule") if word in text]


async def decide(world: World, number: int) -> Any:
    """Omar decides a case as a violation."""
    (card,) = [each for each in world.cards() if f"Case {number}" in world.said(each)][:1]
    return await world.omar.click(card, label="Violation")


async def test_a_wrong_month_is_one_line(world: World) -> None:
    """Without one it is about the last whole month."""
    await world.set_up()
    assert "2026-11" in world.said(await world.omar.slash(world.general, "mod report", month="soon"))
    said = world.said(await world.omar.slash(world.general, "mod report"))
    assert "cases: 0" in said


async def test_a_servers_name_is_only_a_name(world: World) -> None:
    """Neither page takes it for markup."""
    await world.set_up()
    world.env.backend.edit_guild(world.guild.id, {"name": "<script>x</script> | # a"})
    await world.env.settle()
    _, files = await month(world)
    assert all("<script>" not in each or "\\<script" in each for each in files.values())


async def test_a_rule_that_a_moderator_named_counts(world: World) -> None:
    """Under its policy, with those that the judge found; a report without a rule breaks nothing."""
    await world.set_up()
    for number in range(5):
        message = await world.ana.send(world.general, f"the gardener is nice, part {number}")
        await world.rita.context_menu(world.general, MENU, message)
    (rule,) = await world.bot.services.aids.rules.of(world.guild.id)
    for card in list(world.cards()):
        form = await world.omar.click(card, label="Violation")
        await world.omar.submit_modal(form, {"rule": [str(rule.key)], "words": ""})
    _, files = await month(world)
    (text,) = [each for each in files.values() if not each.startswith("<!doctype")]
    assert re.search(r"Spoilers, R1 Unmarked spoiler \| 5 \|", text)
