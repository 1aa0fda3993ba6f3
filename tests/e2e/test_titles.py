"""Titles of threads and posts, and posts that members make with apps of their own: whose they are, and what follows."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import discord
import pytest
from simcord.backend.serializers import message_payload
from simcord.enums import MessageType

from bot.cogs.interactions.translate import message_seen
from classifier.scripted import ScriptedJudge


class TestApps:
    """A post by an app that somebody installed for themselves is theirs."""

    async def test_it_is_judged_as_the_member_who_called_the_app(self, world: Any) -> None:
        """The card names the member, and the app beside them."""
        await world.set_up()
        app = world.env.create_user("helper", bot=True)
        owners = {"1": str(world.ana.id)}
        await self.posts(world, app, owners)
        said = world.said(world.cards()[0])
        assert f"**Member:** <@{world.ana.id}>" in said
        assert f"with the app <@{app.id}>" in said

    async def test_an_app_that_the_server_installed_stays_a_bot(self, world: Any) -> None:
        """Whoever called it."""
        await world.set_up()
        app = world.env.create_user("helper", bot=True)
        await self.posts(world, app, {"0": str(world.guild.id), "1": str(world.ana.id)})
        assert world.cards() == []

    async def test_an_answer_that_comes_late_is_judged(self, world: Any) -> None:
        """An app first says that it is thinking; Discord gives no time of edit with the answer."""
        await world.set_up()
        app = world.env.create_user("helper", bot=True)
        await self.posts(world, app, {"1": str(world.ana.id)}, text="", flags=1 << 7)
        (message,) = [each for each in world.general.history() if each.author.id == app.id]
        stored = world.env.backend.get_message(world.general.id, message.id)
        stored.content, stored.flags = "the butler did it", 0
        world.env.backend.emit("MESSAGE_UPDATE", message_payload(world.env.backend, stored))
        await world.env.settle()
        assert f"**Member:** <@{world.ana.id}>" in world.said(world.cards()[0])

    @staticmethod
    async def posts(
        world: Any, app: Any, owners: dict[str, str], text: str = "the butler did it", flags: int = 0
    ) -> None:
        """Ana calls the app."""
        user = {"id": str(world.ana.id), "username": "ana", "discriminator": "0", "avatar": None}
        called = {"id": "1", "type": 2, "user": user, "authorizing_integration_owners": owners}
        backend = world.env.backend
        backend.create_message(
            world.general.id, app.id, text, interaction_metadata=called, webhook_id=app.id, flags=flags
        )
        await world.env.settle()
        await asyncio.sleep(0)


class TestTitles:
    """Titles of threads and posts are content of their own."""

    async def test_a_thread_opened_with_a_title_that_breaks_a_rule(self, world: Any) -> None:
        """The card links to the thread and says what can be done; Delete deletes nothing."""
        await world.set_up()
        thread = world.env.backend.create_thread(world.general.id, "the butler did it", world.ana.id)
        await world.env.settle()
        (card,) = world.cards()
        said = world.said(card)
        assert f"<@{world.ana.id}>" in said
        assert f"[open the thread](https://discord.com/channels/{world.guild.id}/{thread.id})" in said
        assert "title of a thread" in said

    @pytest.mark.parametrize("seconds", [2, 3_600])
    async def test_a_title_that_is_given_again_is_judged_again(
        self, world: Any, judge: ScriptedJudge, seconds: int
    ) -> None:
        """Renaming a thread away and back is a change with a moment and a case of its own."""
        await world.set_up()
        thread = world.env.backend.create_thread(world.general.id, "ships", world.ana.id)
        await world.env.settle()
        for title in ("the butler did it", "ships", "the butler did it"):
            await world.env.advance_time(seconds)
            world.env.backend.edit_channel(thread.id, {"name": title})
            await world.env.settle()
            if title != "ships":
                await world.omar.click(world.cards()[-1], label="Violation")
        assert judge.requests[-1].content.target.text == "the butler did it"
        assert len(world.cards()) == 2

    async def test_a_decided_title_that_comes_back_in_a_forum(self, world: Any) -> None:
        """The case about the first time is decided; the second time is a new one, whoever may read the thread."""
        await world.set_up()
        forum = world.guild.create_forum_channel("films")
        post = world.env.backend.create_thread(forum.id, "ships", world.ana.id)
        world.env.backend.create_message(post.id, world.ana.id, "hello all")
        await self.rename(world, post.id, "the butler did it", line_first=True)
        await world.omar.click(world.cards()[0], label="Violation")
        await self.rename(world, post.id, "ships", line_first=False)
        await self.rename(world, post.id, "the butler did it", line_first=False)
        assert len(world.cards()) == 2
        assert "**State:** Open" in world.said(world.cards()[1])

    @staticmethod
    async def rename(world: Any, thread_id: int, title: str, *, line_first: bool) -> None:
        """As Discord does it: with an event and a line, a second apart."""
        await world.env.advance_time(60)
        backend = world.env.backend

        async def line() -> None:
            backend.create_system_message(
                thread_id, MessageType.CHANNEL_NAME_CHANGE, world.ana.id, target_channel_id=thread_id
            )

        async def event() -> None:
            backend.announce_channel_update(thread_id)

        backend.get_channel(thread_id).name = title
        for tell in (line, event) if line_first else (event, line):
            await tell()
            await world.env.settle()
            await world.env.advance_time(1)

    async def test_a_title_that_came_back_during_an_absence(self, world: Any, judge: ScriptedJudge) -> None:
        """No event tells of it later: the lines in the thread do, each once."""
        await world.set_up()
        thread = world.env.backend.create_thread(world.general.id, "the butler did it", world.ana.id)
        world.env.backend.create_message(thread.id, world.ana.id, "hello all")
        await world.env.settle()
        await world.omar.click(world.cards()[0], label="Violation")
        lines = []
        for title in ("ships", "the butler did it"):
            await world.env.advance_time(60)
            world.env.backend.get_channel(thread.id).name = title
            world.env.backend.create_system_message(
                thread.id, MessageType.CHANNEL_NAME_CHANGE, world.ana.id, target_channel_id=thread.id
            )
            await world.env.settle()
            lines.append(world.bot.get_channel(thread.id).last_message_id)
        assert len(world.cards()) == 2
        for line in lines:  # read once more from history
            message = await world.bot.get_channel(thread.id).fetch_message(line)
            await world.bot.services.intake.pipeline.see(message_seen(message), own_id=world.bot.user.id)
        assert len(world.cards()) == 2
        assert [request.content.target.text for request in judge.requests].count("the butler did it") == 2

    async def test_titles_by_two_members_are_two_cases(self, world: Any) -> None:
        """Nobody answers for what somebody else named the thread, and nobody decides about their own title."""
        await world.set_up()
        thread = world.env.backend.create_thread(world.general.id, "the butler did it", world.ana.id)
        await world.env.settle()
        world.env.backend.get_channel(thread.id).name = "yes, the butler did it"
        world.env.backend.create_system_message(
            thread.id, MessageType.CHANNEL_NAME_CHANGE, world.omar.id, target_channel_id=thread.id
        )
        world.env.backend.announce_channel_update(thread.id)
        await world.env.settle()
        first, second = world.cards()
        assert f"**Member:** <@{world.ana.id}>" in world.said(first)
        assert f"**Member:** <@{world.omar.id}>" in world.said(second)
        assert "This case is about you" in world.said(await world.omar.click(second, label="Not a violation"))

    async def test_delete_on_a_title_leaves_every_message(self, world: Any) -> None:
        """A thread that began with a message has that message's id."""
        await world.set_up()
        message = await world.ana.send(world.general, "hello")
        world.env.backend.create_thread(world.general.id, "the butler did it", world.ana.id, message_id=message.id)
        await world.env.settle()
        role = world.guild.create_role("Team", permissions=discord.Permissions(manage_messages=True))
        tess = world.guild.add_member(world.env.create_user("tess"), roles=[role])
        form = await tess.click(world.cards()[-1], label="Act…")
        await tess.submit_modal(form, {"what": "delete", "reason": "spoiler"})
        assert "Bylaw does neither" in world.said(world.cards()[-1])
        assert [each.content for each in world.general.history() if each.id == message.id] == ["hello"]

    async def test_the_line_about_a_new_title_says_whose_it_is(self, world: Any) -> None:
        """Discord writes it into the thread. With the event about the thread it makes one card, whichever is first."""
        await world.set_up()
        thread = world.env.backend.create_thread(world.general.id, "ships", world.ana.id)
        await world.env.settle()
        world.env.backend.get_channel(thread.id).name = "the butler did it"
        world.env.backend.create_system_message(
            thread.id, MessageType.CHANNEL_NAME_CHANGE, world.rita.id, target_channel_id=thread.id
        )
        world.env.backend.announce_channel_update(thread.id)
        await world.env.settle()
        (card,) = world.cards()
        assert f"**Member:** <@{world.rita.id}>" in world.said(card)
        line = world.env.bot.get_channel(thread.id).last_message_id
        reported = await world.omar.context_menu(
            world.general.threads[0], "Report to moderators", target=await self.read(world, thread.id, line)
        )
        assert "Discord or Bylaw wrote it" in world.said(reported)

    @staticmethod
    async def read(world: Any, channel_id: int, message_id: int) -> discord.Message:
        """A message as somebody with the channel open has it."""
        channel = world.env.bot.get_channel(channel_id)
        return cast(discord.Message, await channel.fetch_message(message_id))

    @pytest.mark.also_invented
    async def test_the_audit_log_says_who_changed_a_title(self, world: Any) -> None:
        """An owner is not blamed for what a moderator wrote."""
        await world.set_up()
        thread = world.env.backend.create_thread(world.general.id, "ships", world.ana.id)
        await world.env.settle()
        world.env.backend.record_audit_log(
            world.guild.id,
            111,
            user_id=world.rita.id,
            target_id=thread.id,
            changes=[{"key": "name", "old_value": "ships", "new_value": "the butler did it"}],
        )
        world.env.backend.edit_channel(thread.id, {"name": "the butler did it"})
        await world.env.settle()
        assert f"**Member:** <@{world.rita.id}>" in world.said(world.cards()[0])

    async def test_an_archived_thread_that_is_renamed(self, world: Any) -> None:
        """discord.py forgets archived threads; the line in the thread says what it is called now, and by whom."""
        await world.set_up()
        thread = world.env.backend.create_thread(world.general.id, "ships", world.ana.id)
        world.env.backend.edit_channel(thread.id, {}, thread_metadata={"archived": True})
        await world.env.settle()
        assert world.bot.get_channel(thread.id) is None
        world.env.backend.get_channel(thread.id).name = "the butler did it"
        world.env.backend.create_system_message(
            thread.id, MessageType.CHANNEL_NAME_CHANGE, world.rita.id, target_channel_id=thread.id
        )
        await world.env.settle()
        (card,) = world.cards()
        assert f"**Member:** <@{world.rita.id}>" in world.said(card)

    async def test_a_thread_of_a_bot_that_somebody_renamed(self, world: Any) -> None:
        """Bots give no new titles to threads of their own that anybody would have to answer for; people do."""
        await world.set_up()
        await world.bot.http.start_thread_without_message(
            world.general.id, name="film", auto_archive_duration=60, type=11, invitable=True, rate_limit_per_user=0
        )
        (thread,) = world.general.threads
        assert world.bot.services.tally.judged == 0
        world.env.backend.edit_channel(thread.id, {"name": "the butler did it"})
        await world.env.settle()
        assert len(world.cards()) == 1

    async def test_a_card_about_an_old_title_shows_the_new_one(self, world: Any) -> None:
        """As with messages that are edited."""
        await world.set_up()
        thread = world.env.backend.create_thread(world.general.id, "the butler did it", world.ana.id)
        await world.env.settle()
        world.env.backend.edit_channel(thread.id, {"name": "ships"})
        await world.env.settle()
        assert "It now reads:\n> ships" in world.said(world.cards()[0])
        world.env.backend.delete_channel(thread.id)
        await world.env.settle()
        assert "the thread was deleted" in world.said(world.cards()[0])
