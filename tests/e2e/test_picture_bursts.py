"""One member posts nothing but pictures in many channels: one card. With the real bot, judge by script."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import discord
import pytest
from simcord.backend.models import Overwrite
from simcord.enums import OverwriteType

from bot.app import BylawBot
from bot.moderation.cases.case import CaseState
from classifier import Judge
from classifier.scripted import ScriptedJudge
from tests.e2e.acting import act, card_text, moderator, nothing_was_done
from tests.e2e.appeals import letters
from tests.e2e.pictures import OTHER, channels, post, settle

TITLE = "Pictures in many channels"


async def ready(world: Any, *, burst: int = 3) -> list[Any]:
    """A server that counts bursts, with some channels."""
    await world.set_up()
    said = world.said(await world.mira.slash(world.general, "settings pictures", burst_channels=burst))
    assert f"from {burst} channels in a minute on" in said
    return channels(world)


async def test_it_is_off_until_an_admin_says_otherwise(world: Any, judge: ScriptedJudge) -> None:
    """Pictures alone are no case in a new server, and no judge is asked about them."""
    await world.set_up()
    for room in channels(world):
        await post(world, where=room)
    assert world.cards() == []
    assert judge.requests == []
    shown = world.said(await world.mira.slash(world.general, "settings pictures"))
    assert "by one member: off" in shown
    assert "not kept" in shown


async def test_one_card_for_the_whole_burst(world: Any, judge: ScriptedJudge) -> None:
    """It lists the pictures, links every message, and nothing happens by itself."""
    rooms = await ready(world)
    for room in rooms[:2]:
        await post(world, where=room, description="Win a *prize*")
    assert world.cards() == []
    await post(world, where=rooms[2])
    await post(world, OTHER, where=rooms[3])
    (card,) = world.cards()
    said = world.said(card)
    for part in (
        TITLE,
        f"**Where:** <#{rooms[0].id}>",
        f"<#{rooms[1].id}> ([open]",
        f"<#{rooms[3].id}> ([open]",
        r"prize\.png, image\/png",
        r"Described as: Win a \*prize\*",
        r"Nothing looked at what is on them\.",
        "nothing, report only",
    ):
        assert part in said, said
    assert all(not each.content.target.text for each in judge.requests)  # it reads what is written about them
    assert nothing_was_done(world)
    assert letters(world, world.ana) == []
    assert world.bot.services.tally.adds_up()


@pytest.mark.parametrize("form", ["html", "json"])
async def test_the_file_of_a_case_lists_the_pictures(world: Any, form: str) -> None:
    """With type, size, link and what is written about them, as text and as nothing else."""
    for room in (await ready(world))[:3]:
        await post(world, where=room, description="<script>prize</script>")
    exported = await world.omar.slash(world.mods, "case export", number=1, form=form)
    (text,) = world.files(exported).values()
    for part in ("prize.png", "image/png", "https://cdn.discordapp.com/attachments/", "picture_burst"):
        assert part in text
    assert ("<script>" in text) is (form == "json")
    assert "prize&lt;/script&gt;" in text or form == "json"


async def test_what_is_no_burst(world: Any) -> None:
    """One channel, text beside the pictures, a minute between them, other files, and other members."""
    rooms = await ready(world)
    for _ in range(5):
        await post(world, where=rooms[0])
    for room in rooms:
        await post(world, where=room, text="my cat", who=world.omar)
        await post(world, b"%PDF-1.7", where=room, who=world.rita, filename="a.pdf", content_type="application/pdf")
    for who in (world.mira, world.omar, world.rita):
        await post(world, where=rooms[1], who=who)
    assert world.cards() == []


async def test_a_minute_between_them(world: Any) -> None:
    """Somebody who shows a photo here and there does not post in a burst."""
    for room in await ready(world):
        await post(world, where=room)
        await world.env.advance_time(61)
    assert world.cards() == []


async def test_a_decision_names_a_rule_and_deletes_all_of_it(world: Any) -> None:
    """The judge named none, so whoever acts does; the messages of the burst are deleted together."""
    for room in (rooms := await ready(world)):
        await post(world, where=room)
    form = await world.omar.click(world.cards()[-1], label="Violation")
    await world.omar.submit_modal(form, {"rule": ["other"], "words": "Hacked account"})
    assert "Hacked account" in card_text(world)
    await act(world, moderator(world), "delete")
    assert [room.history() for room in rooms] == [[], [], [], []]
    listed = world.said(await world.omar.slash(world.mods, "case list", kind="picture_burst", state="violation"))
    assert "pictures in many channels" in listed


async def test_messages_that_were_deleted_meanwhile(world: Any) -> None:
    """Deleting them again hides nothing: they count, and the card says that they are gone."""
    rooms = await ready(world)
    for room in rooms[:3]:
        message = await post(world, where=room)
        if room is not rooms[2]:
            world.env.backend.delete_message(room.id, message.id)
            await settle(world)
    said = world.said(world.cards()[0])
    assert TITLE in said
    assert "the message was deleted" in said
    assert f"<#{rooms[1].id}> (deleted)" in said
    assert f"<#{rooms[2].id}> ([open]" in said


async def test_an_edit_counts_for_nothing(world: Any) -> None:
    """Whoever takes a picture away again, or describes it, posts no other one."""
    rooms = await ready(world)
    for room in rooms[:3]:
        await post(world, where=room)
    await world.omar.click(world.cards()[0], label="Not a violation")
    await world.env.advance_time(5)
    for room in rooms[:3]:
        (message,) = room.history()
        files = world.env.backend.get_message(room.id, message.id).attachments
        described = [{**each, "description": "my cat"} for each in files]
        world.env.backend.edit_message(room.id, message.id, {"attachments": described})
        await settle(world)
    assert len(world.cards()) == 1


async def test_a_restart_in_the_middle(world: Any, bot_factory: Callable[[Judge], BylawBot], judge: Judge) -> None:
    """What goes on after it joins the card that is there."""
    rooms = await ready(world)
    for room in rooms[:3]:
        await post(world, where=room)
    await world.env.restart_bot(bot_factory(judge))
    for room in (*rooms[1:4], rooms[0]):
        await post(world, where=room)
    (card,) = world.cards()
    assert "more" in world.said(card).split("**Also in:**")[1].split("\n")[0]


async def test_a_card_that_discord_refuses_comes_later(world: Any) -> None:
    """The case is there, and its card is posted once the channel takes it."""
    rooms = await ready(world)
    deny = discord.Permissions(send_messages=True).value
    overwrite = Overwrite(target_id=world.bot.user.id, type=OverwriteType.MEMBER, allow=0, deny=deny)
    world.env.backend.set_overwrite(world.mods.id, overwrite)
    for room in rooms[:3]:
        await post(world, where=room)
    assert world.cards() == []
    world.env.backend.delete_overwrite(world.mods.id, world.bot.user.id)
    with world.env._bot_scope():
        await world.bot.schedule.run_now("cards")
    await settle(world)
    assert TITLE in world.said(world.cards()[0])


@pytest.mark.parametrize("label", ["Not a violation", "Violation"])
async def test_a_new_burst_after_a_decision_is_a_new_case(world: Any, label: str) -> None:
    """What somebody decided stays decided."""
    rooms = await ready(world)
    for room in rooms[:3]:
        await post(world, where=room)
    if label == "Violation":
        form = await world.omar.click(world.cards()[0], label=label)
        await world.omar.submit_modal(form, {"rule": ["other"], "words": "x"})
    else:
        await world.omar.click(world.cards()[0], label=label)
    await world.env.advance_time(120)
    for room in rooms[:3]:
        await post(world, OTHER, where=room)
    assert len(world.cards()) == 2
    first = await world.bot.services.review.find(world.guild.id, 1)
    assert first.state is not CaseState.OPEN


@pytest.mark.parametrize("given", [1, 0])
async def test_too_few_channels(world: Any, given: int) -> None:
    """One channel is no burst; nought switches it off."""
    await ready(world)
    said = world.said(await world.mira.slash(world.general, "settings pictures", burst_channels=given))
    assert ("Nothing was changed" in said, "by one member: off" in said) == (given == 1, given == 0)
