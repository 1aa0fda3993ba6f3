"""Members take their data away and have it erased; the bot leaves servers."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing

import discord

from bot.cogs.interactions.reply import row_of
from bot.cogs.members.privacy_command import EraseButton, EraseClick
from bot.moderation.cases.case import Case
from bot.settings import Settings
from tests.e2e.acting import flagged
from tests.e2e.conftest import World, answer


async def case_of(world: World) -> Case:
    """Case 1 as it is kept."""
    case = await world.bot.services.files.find(world.guild.id, 1)
    assert case is not None
    return case.case


async def decided(world: World) -> None:
    """Ana wrote something and Omar decided on it."""
    await flagged(world)
    await world.omar.click(world.cards()[0], label="Violation")


async def test_a_member_takes_their_data_away(world: World) -> None:
    """As a file that only they see; a case that nobody decided is not in it."""
    await flagged(world)
    result = await world.ana.slash(world.general, "privacy export")
    assert answer(result).flags.ephemeral
    assert json.loads(world.files(result)["my-data.json"])["cases"] == []
    await world.omar.click(world.cards()[0], label="Violation")
    files = world.files(await world.ana.slash(world.general, "privacy export"))
    (case,) = json.loads(files["my-data.json"])["cases"]
    assert "butler" in case["text"]
    assert str(world.omar.id) not in files["my-data.json"]


async def test_a_member_has_their_words_erased(world: World) -> None:
    """After one more question. The card shows the case without its text then."""
    await decided(world)
    assert "butler" in world.said(world.cards()[0])
    asked = await world.ana.slash(world.general, "privacy erase")
    assert "The facts stay" in world.said(asked)
    assert (await case_of(world)).evidence.text is not None
    done = await world.ana.click(answer(asked), label="Erase my words")
    assert "- cases: 1" in world.said(done)
    assert (await case_of(world)).evidence.text is None
    assert "butler" not in world.said(world.cards()[0])


async def test_what_is_undecided_goes_after_the_decision(world: World) -> None:
    """The member is not told that somebody is looking at something; the schedule does the rest."""
    await flagged(world)
    asked = await world.ana.slash(world.general, "privacy erase")
    done = await world.ana.click(answer(asked), label="Erase my words")
    assert "- cases: 0" in world.said(done)
    assert (await case_of(world)).evidence.text is not None
    assert await world.bot.schedule.run_now("erasures")
    assert (await case_of(world)).evidence.text is not None
    await world.omar.click(world.cards()[0], label="Not a violation")
    assert await world.bot.schedule.run_now("erasures")
    assert (await case_of(world)).evidence.text is None
    assert "butler" not in world.said(world.cards()[0])


async def test_nobody_erases_for_others(world: World) -> None:
    """The button is for the member whose words it is about, wherever somebody found it."""
    await decided(world)
    channel = world.bot.get_channel(world.general.id)
    assert isinstance(channel, discord.TextChannel)
    button = EraseButton(EraseClick(world.guild.id, world.ana.id))
    shown = await channel.send("A button", view=row_of((button,)))
    refused = await world.omar.click(shown, label="Erase my words")
    assert "for somebody else" in world.said(refused)
    assert (await case_of(world)).evidence.text is not None


async def happened(what: Callable[[], bool]) -> None:
    """Give the bot its turns until this is so."""
    async with asyncio.timeout(20):
        while not what():  # noqa: ASYNC110  # nothing of the bot says when it is through
            await asyncio.sleep(0)


async def test_leaving_and_coming_back(world: World, settings: Settings) -> None:
    """A server that the bot was removed from is noted; coming back, or being there after all, takes the note away."""

    def noted() -> list[int]:
        with closing(sqlite3.connect(settings.data_dir / "bylaw.sqlite3")) as database:
            return [row[0] for row in database.execute("SELECT guild_id FROM departures")]

    await world.set_up()
    server = world.bot.get_guild(world.guild.id)
    for back in (("ready",), ("guild_join", server)):
        world.bot.dispatch("guild_remove", server)
        await happened(lambda: noted() == [world.guild.id])
        assert await world.bot.schedule.run_now("departures")
        world.bot.dispatch(*back)
        await happened(lambda: noted() == [])
