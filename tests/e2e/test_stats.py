"""``/mod stats`` and the weekly sample of quiet messages."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import discord
import pytest
from PIL import Image
from simcord.backend.models import Overwrite
from simcord.enums import OverwriteType

from bot.app import BylawBot
from classifier import Judge


def at_the_servers_time(world: Any) -> None:
    """The ids of the simulated Discord are of another month than the clock: samples go by the ids."""
    (newest, *_) = sorted(world.general.history(), key=lambda message: -message.id)
    world.bot.services.questions.samples._now = lambda: newest.created_at


async def sampled(world: Any, weekly: int = 5) -> discord.Message:
    """Three quiet messages and a flagged one, and the post about this week's sample."""
    await world.set_up()
    for text in ("lovely film", "is it worth seeing", "**see** you @everyone"):
        await world.ana.send(world.general, text)
    await world.ana.send(world.general, "the butler did it")
    await world.mira.slash(world.general, "mod sample", weekly=weekly)
    at_the_servers_time(world)
    assert await world.bot.schedule.run_now("samples")
    return world.cards()[-1]


class TestStats:
    """Numbers, and a picture of them."""

    async def test_an_empty_server(self, world: Any) -> None:
        """Says so, without a picture."""
        await world.set_up()
        answer = await world.omar.slash(world.mods, "mod stats")
        assert "No verdict opened a case." in world.said(answer)
        assert not [file for message in (answer.response, *answer.followups) for file in message.attachments]

    async def test_small_numbers_in_words(self, world: Any) -> None:
        """Agreement by rule, time to close, appeals; a picture; and no moderator's name."""
        await world.set_up()
        for number in range(4):
            await world.ana.send(world.general, f"the butler did it, number {number}")
        for card, label in zip(world.cards(), ("Violation", "Violation", "Not a violation"), strict=False):
            await world.omar.click(card, label=label)
        answer = await world.omar.slash(world.mods, "mod stats", days=7)
        said = world.said(answer)
        assert "**The last 7 days**" in said
        assert "1. R1 Unmarked spoiler · Spoilers: agreed with 2 of 3 · open: 1" in said
        assert "%" not in said
        assert "3 cases closed, half of them within less than a minute" in said
        assert "**Appeals:** none." in said
        assert str(world.omar.id) not in said
        (file,) = [file for message in (answer.response, *answer.followups) for file in message.attachments]
        with Image.open(io.BytesIO(world.env.backend.cdn.get(file.url) or b"")) as picture:
            assert (file.filename, picture.format, picture.width) == ("agreement.png", "PNG", 720)

    @pytest.mark.also_invented
    async def test_who_may(self, world: Any) -> None:
        """Reviewers read numbers, admins set the sample; whatever commands Discord shows."""
        await world.set_up()
        commands = {command.name: command for command in await world.bot.tree.fetch_commands()}
        world.guild.set_command_permissions(commands["mod"], {world.guild.default_role: True})
        refused = await world.ana.slash(world.general, "mod stats")
        assert world.said(refused).startswith("Only reviewers may do that")
        refused = await world.omar.slash(world.general, "mod sample", weekly=3)
        assert world.said(refused) == "Only members with Manage Server may do that."


class TestSample:
    """Quiet messages that moderators look at."""

    async def test_a_week(self, world: Any) -> None:
        """Told once in the moderators' channel, without texts; shown one by one to whoever looks; counted."""
        post = await sampled(world)
        assert "Here are 3 messages, drawn at random from 3" in world.said(post)
        assert "film" not in world.said(post)
        shown = await world.omar.click(post, label="Look at them")
        texts = {world.said(shown)}
        assert shown.response.ephemeral
        for label in ("Fine", "Violation", "Fine"):
            shown = await world.omar.click(shown.response, label=label)
            texts.add(world.said(shown))
        assert "That is all of this week's sample." in world.said(shown)
        assert any(r"\*\*see\*\* you \@everyone" in text for text in texts)
        assert any("> lovely film" in text for text in texts)
        assert not any("butler" in text for text in texts)
        said = world.said(await world.omar.slash(world.mods, "mod stats"))
        assert "of 3 quiet messages that moderators looked at, 1 broke a rule. That is too few" in said
        posts = len(world.cards())
        await world.bot.schedule.run_now("samples")
        assert len(world.cards()) == posts

    async def test_two_at_once_after_a_restart(
        self, world: Any, bot_factory: Callable[[Judge], BylawBot], judge: Judge
    ) -> None:
        """The first answer counts; the other is told, and goes on with the next."""
        post = await sampled(world)
        await world.env.restart_bot(bot_factory(judge))
        at_the_servers_time(world)
        omars = await world.omar.click(post, label="Look at them")
        ritas = await world.rita.click(post, label="Look at them")
        assert world.said(omars) == world.said(ritas)
        await world.omar.click(omars.response, label="Violation")
        late = await world.rita.click(ritas.response, label="Fine")
        assert "Somebody else had answered the last one already" in world.said(late)
        assert "2 messages left" in world.said(late)
        estimate = await world.bot.services.questions.samples.estimate(world.guild.id)
        assert (estimate.answered, estimate.violations) == (1, 1)

    async def test_what_cannot_be_read_any_more(self, world: Any) -> None:
        """Counts for nothing."""
        post = await sampled(world)
        messages = [message for message in world.general.history() if message.author.id == world.ana.id]
        for message in messages:
            await world.ana.delete(message)
        assert "That is all" in world.said(await world.omar.click(post, label="Look at them"))
        assert await world.bot.services.questions.samples.estimate(world.guild.id) is None

    @pytest.mark.also_invented
    async def test_channels_that_the_reader_cannot_see(self, world: Any) -> None:
        """The bot lends nobody its eyes; somebody else can look."""
        post = await sampled(world)
        deny = discord.Permissions(read_message_history=True).value
        overwrite = Overwrite(target_id=world.rita.id, type=OverwriteType.MEMBER, allow=0, deny=deny)
        world.env.backend.set_overwrite(world.general.id, overwrite)
        await world.env.settle()
        assert "cannot read yourself" in world.said(await world.rita.click(post, label="Look at them"))
        assert "3 messages left" in world.said(await world.omar.click(post, label="Look at them"))

    async def test_off_and_out_of_reach(self, world: Any) -> None:
        """Nothing is drawn where it is off; a channel that is closed gets its post when it works again."""
        await world.set_up()
        await world.ana.send(world.general, "lovely film")
        done = await world.mira.slash(world.general, "mod sample", weekly=0)
        assert "Bylaw no longer draws messages." in world.said(done)
        await world.bot.schedule.run_now("samples")
        assert world.cards() == []
        await world.mira.slash(world.general, "mod sample", weekly=2)
        at_the_servers_time(world)
        deny = discord.Permissions(send_messages=True).value
        closed = Overwrite(target_id=world.bot.user.id, type=OverwriteType.MEMBER, allow=0, deny=deny)
        world.env.backend.set_overwrite(world.mods.id, closed)
        await world.env.settle()
        await world.bot.schedule.run_now("samples")
        assert world.cards() == []
        world.env.backend.delete_overwrite(world.mods.id, world.bot.user.id)
        await world.env.settle()
        await world.bot.schedule.run_now("samples")
        assert len(world.cards()) == 1

    @pytest.mark.parametrize("custom_id", ["bylaw:sample:look:99999999", "bylaw:sample:fine:999"])
    async def test_a_button_of_nothing(self, world: Any, custom_id: str) -> None:
        """One line."""
        post = await sampled(world)
        stored = world.env.backend.get_message(world.mods.id, post.id)
        stored.components[0]["components"][0]["custom_id"] = custom_id
        said = world.said(await world.omar.click(post, custom_id=custom_id))
        assert "Bylaw no longer has it" in said

    async def test_members_do_not_answer(self, world: Any) -> None:
        """The role is asked for at every click."""
        post = await sampled(world)
        world.env.backend.edit_member(world.guild.id, world.omar.id, {"role_ids": []})
        refused = await world.omar.click(post, label="Look at them")
        assert "Only reviewers may do that" in world.said(refused)
