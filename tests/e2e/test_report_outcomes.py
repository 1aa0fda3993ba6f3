"""Members who report hear back: once, without details, and only if they ask."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import discord
import pytest

from bot.app import BylawBot
from bot.cogs.appeals.buttons import MemberButton, MemberClick, MemberVerb
from bot.cogs.members.report_menu import MENU
from bot.moderation.cases.action import ActionKind
from bot.moderation.cases.ground import Ground
from bot.wiring.stores import utc_now
from classifier import Judge
from tests.e2e.appeals import letters

LATER = timedelta(minutes=11)


async def reported(world: Any, *, by: Any = None, asks: bool = True) -> Any:
    """Omar's message is reported by Ana, or by somebody else, who asks to hear the outcome; the message."""
    message = await world.omar.send(world.general, "the gardener is nice")
    await report(world, by or world.ana, message, asks=asks)
    return message


async def report(world: Any, who: Any, message: Any, *, asks: bool = True) -> str:
    """Report a message and ask to hear the outcome; what is said to that."""
    done = await who.context_menu(world.general, MENU, message)
    if not asks:
        return str(world.said(done))
    return str(world.said(await who.click(done.response, label="Tell me the outcome")))


async def tell(world: Any, *, after: timedelta = LATER) -> int:
    """The scheduled work, as it is that long after now."""
    before = utc_now() + after - timedelta(minutes=10)
    return int(await world.bot.services.members.outcomes.tell(decided_before=before, serves=lambda _: True))


async def decide(world: Any, label: str, who: Any = None) -> None:
    """Rita decides, or somebody else; a violation needs a ground, because no judge named a rule."""
    who = who or world.rita
    clicked = await who.click(world.cards()[0], label=label)
    if label == "Violation":
        await who.submit_modal(clicked, {"rule": [], "words": "It gives the end away."})


@pytest.mark.also_invented
async def test_no_action(world: Any) -> None:
    """Some minutes after the decision, one message that names nobody and quotes nothing."""
    await world.set_up()
    message = await world.omar.send(world.general, "the gardener is nice")
    said = await report(world, world.ana, message)
    assert "You get one direct message once a moderator has decided" in said
    assert await tell(world) == 0
    await decide(world, "Not a violation")
    assert await tell(world, after=timedelta()) == 0
    assert await tell(world) == 1
    assert await tell(world) == 0
    (letter,) = letters(world, world.ana)
    said = world.said(letter)
    assert "a moderator reviewed it and took no action with Bylaw" in said
    for secret in ("gardener", "Spoilers", "R1", str(world.omar.id), str(world.rita.id)):
        assert secret not in said


async def test_action(world: Any) -> None:
    """Something was done about it, and stays."""
    await world.set_up()
    await reported(world)
    await world.bot.services.act.act(
        world.guild.id,
        1,
        kind=ActionKind.DELETE,
        moderator_id=world.mira.id,
        reason="secret",
        ground=Ground(words="It gives the end away."),
    )
    assert await tell(world) == 1
    said = world.said(letters(world, world.ana)[0])
    assert "a moderator reviewed it and took action" in said
    assert "secret" not in said


async def test_a_violation_without_an_action(world: Any) -> None:
    """Only what was done counts, not what was thought."""
    await world.set_up()
    await reported(world)
    await decide(world, "Violation")
    await tell(world)
    assert "took no action" in world.said(letters(world, world.ana)[0])


async def test_who_did_not_ask(world: Any) -> None:
    """Hears nothing; another reporter of the same case, who did, does."""
    await world.set_up()
    message = await reported(world, asks=False)
    await report(world, world.rita, message)
    await decide(world, "Violation", world.mira)
    assert await tell(world) == 1
    assert letters(world, world.ana) == []
    assert len(letters(world, world.rita)) == 1


async def test_a_decision_that_is_taken_back_at_once(world: Any) -> None:
    """Nobody hears of it; they hear of the one that stays, once."""
    await world.set_up()
    await reported(world)
    await decide(world, "Violation")
    form = await world.rita.click(world.cards()[0], label="Reopen…")
    await world.rita.submit_modal(form, {"text": "Wrong case."})
    assert await tell(world) == 0
    await decide(world, "Not a violation")
    assert await tell(world) == 1
    form = await world.rita.click(world.cards()[0], label="Reopen…")
    await world.rita.submit_modal(form, {"text": "Wrong again."})
    await decide(world, "Violation")
    assert await tell(world) == 0
    assert len(letters(world, world.ana)) == 1


@pytest.mark.also_invented
async def test_closed_direct_messages(world: Any) -> None:
    """It is tried once and never again, and said to whoever asks."""
    await world.set_up()
    message = await reported(world)
    await decide(world, "Violation")
    world.env.inject_error("POST", "/users/@me/channels", status=403, code=50007)
    assert await tell(world) == 1
    assert await tell(world) == 0
    assert letters(world, world.ana) == []
    assert "your direct messages were closed" in await report(world, world.ana, message)
    assert await tell(world) == 0


async def test_after_a_restart(world: Any, bot_factory: Callable[[Judge], BylawBot], judge: Judge) -> None:
    """Who waited waits, and who was told is not told again."""
    await world.set_up()
    await reported(world)
    await world.env.restart_bot(bot_factory(judge))
    await decide(world, "Violation")
    assert await tell(world) == 1
    await world.env.restart_bot(bot_factory(judge))
    assert await tell(world) == 0
    assert len(letters(world, world.ana)) == 1


async def test_a_server_that_tells_nobody(world: Any) -> None:
    """There is no button, an old one says so, and who waits hears nothing."""
    await world.set_up()
    message = await reported(world)
    await decide(world, "Violation")
    assert "outcome: on" in world.said(await world.mira.slash(world.general, "settings reports"))
    saved = await world.mira.slash(world.general, "settings reports", tells_outcome=False)
    assert "outcome: off" in world.said(saved)
    assert await tell(world) == 0
    assert "outcome" not in await report(world, world.ana, message, asks=False)
    view = discord.ui.View(timeout=None)
    view.add_item(MemberButton(MemberClick(verb=MemberVerb.REPORT_OUTCOME, guild_id=world.guild.id, number=message.id)))
    old = await world.bot.get_channel(world.general.id).send("x", view=view)
    clicked = await world.ana.click(old, label="Tell me the outcome")
    assert "does not tell reporters" in world.said(clicked)


async def test_somebody_elses_report(world: Any) -> None:
    """Nobody waits for the outcome of a report that they did not make."""
    await world.set_up()
    message = await reported(world)
    view = discord.ui.View(timeout=None)
    view.add_item(MemberButton(MemberClick(verb=MemberVerb.REPORT_OUTCOME, guild_id=world.guild.id, number=message.id)))
    forged = await world.bot.get_channel(world.general.id).send("x", view=view)
    clicked = await world.rita.click(forged, label="Tell me the outcome")
    assert "You have not reported this message" in world.said(clicked)
    await decide(world, "Violation")
    assert await tell(world) == 1
    assert letters(world, world.rita) == []


async def test_a_reporter_who_erased_their_words(world: Any) -> None:
    """Hears nothing afterwards."""
    await world.set_up()
    await reported(world)
    asked = await world.ana.slash(world.general, "privacy erase")
    await world.ana.click(asked.response)
    await decide(world, "Violation")
    assert await tell(world) == 0
    assert letters(world, world.ana) == []


@pytest.mark.parametrize("who", ["omar", "ana"])
async def test_only_admins_set_it(world: Any, who: str) -> None:
    """Whatever commands Discord shows."""
    await world.set_up()
    commands = {each.name: each for each in await world.bot.tree.fetch_commands()}
    world.guild.set_command_permissions(commands["settings"], {world.guild.default_role: True})
    refused = await getattr(world, who).slash(world.general, "settings reports", tells_outcome=False)
    assert world.said(refused) == "Only members with Manage Server may do that."
