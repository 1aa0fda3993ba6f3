"""Messages come in: which are judged, and what becomes of each."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import discord
import pytest
import simcord
from simcord.enums import MessageType
from simcord.http._helpers import poll_from_wire

from bot.moderation.messages.intake import Skip
from classifier import Judgement, JudgeRequest
from classifier.scripted import ScriptedJudge, violation


async def test_a_flagged_message_becomes_a_card(world: Any) -> None:
    """The card names the rule, the policy's version, the member, the place, the reason and how sure the judge is."""
    await world.set_up()
    message = await world.ana.send(world.general, "the butler did it")
    (card,) = world.cards()
    said = world.said(card)
    for part in (
        "🔴 High severity: R1 Unmarked spoiler",
        "Case 1",
        "Spoilers v1",
        f"<@{world.ana.id}> (`{world.ana.id}`)",
        f"<#{world.general.id}>",
        message.jump_url,
        "> the butler did it",
        "It tells who did it",
        "**Score:** 0.97",
        "nothing, report only",
        "Open",
    ):
        assert part in said, said
    assert card.flags.components_v2


async def test_a_clear_message_leaves_no_trace_in_discord(world: Any) -> None:
    """It is counted as judged, and nobody is bothered."""
    await world.set_up()
    await world.ana.send(world.general, "the gardener is nice")
    tally = world.bot.services.tally
    assert (world.cards(), tally.judged, tally.violations) == ([], 1, 0)


async def test_what_has_nothing_to_read_is_counted_and_not_judged(world: Any, judge: ScriptedJudge) -> None:
    """White space, files without words, other bots, webhooks, Discord's own lines, our own cards."""
    await world.set_up()
    tally = world.bot.services.tally
    await world.ana.send(world.general, attachments=[("butler.png", b"\x89PNG")])
    await world.ana.send(world.general, "\u2003 \n ", attachments=[("x.png", b"\x89PNG")])
    other_bot = world.guild.add_member(world.env.create_user("jukebox", bot=True))
    await other_bot.send(world.general, "the butler sings")
    await world.guild.create_webhook(world.general).send("the butler hooks")
    world.guild.create_system_message(world.general, MessageType.NEW_MEMBER, author=world.ana)
    await world.env.settle()
    assert judge.requests == []
    assert tally.not_judged == {Skip.EMPTY: 2, Skip.BOT: 2, Skip.SYSTEM: 1}
    await world.ana.send(world.general, "the butler did it")
    assert tally.not_judged[Skip.OWN] == 1
    assert tally.adds_up()


async def test_the_moderators_own_channel_is_not_judged(world: Any) -> None:
    """There they quote what was flagged."""
    await world.set_up()
    await world.omar.send(world.mods, "look at this: the butler did it")
    assert world.bot.services.tally.not_judged == {Skip.REVIEW_CHANNEL: 1}


async def test_direct_messages_are_none_of_our_business(world: Any) -> None:
    """They are not even counted."""
    await world.ana.send_dm("the butler did it")
    assert world.bot.services.tally.seen == 0


async def test_before_setup_nothing_is_judged(world: Any, judge: ScriptedJudge) -> None:
    """A server that was not set up gave no consent."""
    await world.ana.send(world.general, "the butler did it")
    assert (judge.requests, world.bot.services.tally.not_judged) == ([], {Skip.NOT_SET_UP: 1})


async def test_an_edit_is_judged_again(world: Any) -> None:
    """What was harmless may become a spoiler; the card says that the text is that of the edit."""
    await world.set_up()
    message = await world.ana.send(world.general, "the gardener is nice")
    await world.ana.edit(message, "the butler did it")
    (card,) = world.cards()
    assert "after the edit" in world.said(card)


async def test_a_change_by_discord_is_no_edit(world: Any, judge: ScriptedJudge) -> None:
    """A pin or a link's preview changes a message without its author's doing."""
    await world.set_up()
    message = await world.ana.send(world.general, "the gardener is nice")
    await world.omar.set_pinned(message, True)
    assert len(judge.requests) == 1


async def test_a_flagged_message_that_is_edited_shows_both_texts(world: Any, judge: ScriptedJudge) -> None:
    """The case keeps what was judged; the new text is judged as well."""
    await world.set_up()
    message = await world.ana.send(world.general, "the butler did it")
    await world.ana.edit(message, "the *weather* is nice")
    said = world.said(world.cards()[0])
    assert "> the butler did it" in said
    assert "Edited since" in said
    assert "> the \\*weather\\* is nice" in said
    assert len(judge.requests) == 2
    await world.env.advance_time(1)
    await world.ana.edit(message, "yes, the butler")
    await world.env.advance_time(30)
    (said,) = map(world.said, world.cards())
    assert "it read:\n> the \\*weather\\* is nice" in said
    assert "It now reads:\n> yes" in said
    assert len(judge.requests) == 3


async def dealt_with(world: Any) -> None:
    """Wait for events that came by the client's own parser, which the simulated Discord does not know of."""
    await world.env.settle()
    await asyncio.gather(*world.bot._open_tasks._tasks)
    await world.env.settle()


async def test_previews_of_links_judge_nothing(world: Any, judge: ScriptedJudge) -> None:
    """Discord tells of them like of edits: without a time of edit, or with that of the last one, which was judged."""
    await world.set_up()
    payload = gateway_message(world, "see https://example.org/ about the gardener")
    world.bot._connection.parsers["MESSAGE_CREATE"](payload)
    await dealt_with(world)
    preview = {"type": "link", "title": "the butler did it", "url": "https://example.org/"}
    tally = world.bot.services.tally
    for edited in (None, "2026-11-21T12:00:05.123000+00:00", "2026-11-21T12:00:05.123000+00:00"):
        for embeds in ([], [preview]):
            world.bot._connection.parsers["MESSAGE_UPDATE"](payload | {"edited_timestamp": edited, "embeds": embeds})
            await dealt_with(world)
    assert [request.content.target.text for request in judge.requests] == [payload["content"]]
    assert (world.cards(), tally.judged, tally.not_judged) == ([], 2, {Skip.ALREADY_JUDGED: 3})


async def test_an_edit_of_case_and_spaces_alone_is_judged(world: Any, judge: ScriptedJudge) -> None:
    """Both can matter: shouting, and letters pulled apart."""
    await world.set_up()
    message = await world.ana.send(world.general, "the gardener")
    await world.ana.edit(message, "THE GARDENER")
    await world.env.advance_time(1)
    await world.ana.edit(message, "T H E  G A R D E N E R")
    assert len(judge.requests) == 3


def gateway_message(world: Any, text: str) -> dict[str, Any]:
    """A message as Discord's gateway sends it."""
    return {
        "id": "1510000000000000001",
        "type": 0,
        "content": text,
        "channel_id": str(world.general.id),
        "guild_id": str(world.guild.id),
        "timestamp": "2026-11-21T12:00:00.000000+00:00",
        "edited_timestamp": None,
        "author": {
            "id": str(world.ana.id),
            "username": "ana",
            "discriminator": "0",
            "avatar": None,
            "global_name": None,
        },
        "member": {"roles": [], "flags": 0, "joined_at": "2026-01-01T00:00:00+00:00", "deaf": False, "mute": False},
        "mentions": [],
        "mention_roles": [],
        "mention_everyone": False,
        "attachments": [],
        "embeds": [],
        "components": [],
        "pinned": False,
        "tts": False,
        "flags": 0,
        "nonce": "1",
    }


async def test_a_forward_is_judged_as_its_senders(world: Any) -> None:
    """A forward has no text of its own; what readers see is judged, and the card says that it was forwarded."""
    await world.set_up()
    source = await world.omar.send(world.mods, "the butler did it")
    await world.ana.forward(source, world.general)
    (card,) = [card for card in world.cards() if card.author.bot]
    assert "Forwarded by the member" in world.said(card)
    assert f"<@{world.ana.id}>" in world.said(card)


async def test_the_question_of_a_poll_is_text(world: Any) -> None:
    """Polls have no content; their words are judged all the same."""
    await world.set_up()
    poll = discord.Poll(question="Who did it?", duration=timedelta(hours=1)).add_answer(text="the butler")
    backend = world.env.backend
    backend.create_message(world.general.id, world.ana.id, "", poll=poll_from_wire(backend, poll._to_dict()))
    await world.env.settle()
    assert "> Who did it?\n> the butler" in world.said(world.cards()[0]).replace("\\", "")


async def test_messages_in_threads_are_judged(world: Any) -> None:
    """A thread is a channel of its own to the card."""
    await world.set_up()
    parent = world.env.bot.get_channel(world.general.id)
    await world.env.bot.http.start_thread_without_message(
        parent.id, name="film", auto_archive_duration=60, type=11, invitable=True, rate_limit_per_user=0
    )
    (thread,) = world.general.threads
    await world.ana.send(thread, "the butler did it")
    assert f"<#{thread.id}>" in world.said(world.cards()[0])


async def test_a_published_change_counts_for_the_next_message(world: Any, judge: ScriptedJudge) -> None:
    """The judge gets the new text, and the new card names the new version."""
    await world.set_up()
    await world.ana.send(world.general, "the butler did it")
    await world.rewrite("Spoilers", world.policy.replace("how the film ends", "who did it"))
    await world.ana.send(world.general, "the butler did it!")
    first, second = world.cards()
    assert ("Spoilers v1" in world.said(first), "Spoilers v2" in world.said(second)) == (True, True)
    assert [request.policy.rules[0].breaks_it for request in judge.requests] == [
        "telling how the film ends.",
        "telling who did it.",
    ]


async def test_several_policies_are_asked_and_each_has_its_own_card(world: Any) -> None:
    """A message can break rules of two policies."""
    await world.set_up()
    await world.write("Butlers", world.policy.replace("# Spoilers", "# Butlers"))
    await world.ana.send(world.general, "the butler did it")
    assert sorted("Butlers v1" in world.said(card) for card in world.cards()) == [False, True]
    assert world.bot.services.tally.judged == 1


class SlowJudge(ScriptedJudge):
    """Answers when the test says so. Declares to the simulated Discord that it waits for something outside."""

    def __init__(self) -> None:
        super().__init__(lambda request: violation("R1"))
        self.env: simcord.Env | None = None
        self.go = asyncio.Event()

    async def judge(self, request: JudgeRequest) -> Judgement:
        """Wait, then answer."""
        assert self.env is not None
        await self.env.external_wait(self.go.wait(), reason="the test does something first")
        return await super().judge(request)


class TestWhileBeingJudged:
    """The judge takes its time, and the world does not wait."""

    @pytest.fixture
    def judge(self) -> SlowJudge:
        """Answers when the test says so."""
        return SlowJudge()

    async def test_a_message_deleted_meanwhile_has_no_link(self, world: Any, judge: SlowJudge) -> None:
        """The case is kept, its card says so, and nothing fails."""
        await world.set_up()
        judge.env = world.env
        message = await world.ana.send(world.general, "the butler did it")
        await world.ana.delete(message)
        judge.go.set()
        await world.env.settle()
        said = world.said(world.cards()[0])
        assert "the message was deleted" in said
        assert message.jump_url not in said

    async def test_a_channel_deleted_meanwhile_has_no_link(self, world: Any, judge: SlowJudge) -> None:
        """The same for the whole channel."""
        await world.set_up()
        judge.env = world.env
        message = await world.ana.send(world.general, "the butler did it")
        world.env.backend.delete_channel(world.general.id)
        judge.go.set()
        await world.env.settle()
        said = world.said(world.cards()[0])
        assert ("the message was deleted" in said, message.jump_url in said) == (True, False)

    async def test_commands_answer_while_a_message_is_judged(self, world: Any, judge: SlowJudge) -> None:
        """Nobody waits for the judge who did not ask it."""
        await world.set_up()
        judge.env = world.env
        await world.ana.send(world.general, "the butler did it")
        listed = await world.mira.slash(world.general, "policy list")
        assert "Spoilers" in world.said(listed)
        judge.go.set()
        await world.env.settle()
        assert len(world.cards()) == 1


async def test_deletions_reach_cards_that_stand(world: Any) -> None:
    """One message, many at once, or the whole channel: the link goes, the text stays."""
    await world.set_up()
    messages = [await world.ana.send(world.general, f"the butler did it {number}") for number in range(4)]
    await world.ana.delete(messages[0])
    world.env.backend.bulk_delete_messages(world.general.id, [messages[1].id, messages[2].id])
    await world.env.settle()
    assert ["the message was deleted" in world.said(card) for card in world.cards()] == [True, True, True, False]
    world.env.backend.delete_channel(world.general.id)
    await world.env.settle()
    assert "the message was deleted" in world.said(world.cards()[3])
    assert "did it 3" in world.said(world.cards()[3])


async def test_a_deleted_thread_takes_its_links_along(world: Any) -> None:
    """The cases about its messages say that these are gone."""
    await world.set_up()
    await world.bot.http.start_thread_without_message(
        world.general.id, name="film", auto_archive_duration=60, type=11, invitable=True, rate_limit_per_user=0
    )
    (thread,) = world.general.threads
    await world.ana.send(thread, "the butler did it")
    world.env.backend.delete_channel(thread.id)
    await world.env.settle()
    assert "the message was deleted" in world.said(world.cards()[0])


async def test_an_error_is_logged_without_the_text_and_ends_nothing(
    world: Any, judge: ScriptedJudge, caplog: pytest.LogCaptureFixture
) -> None:
    """One message that goes wrong is counted as lost; the next one is judged."""
    await world.set_up()
    script, judge._script = judge._script, lambda _: (_ for _ in ()).throw(ValueError("secret words"))
    await world.ana.send(world.general, "the butler did it")
    judge._script = script
    await world.ana.send(world.general, "the butler did it again")
    tally = world.bot.services.tally
    assert (tally.put_off, tally.violations, len(world.cards())) == (1, 1, 1)
    assert "a message failed" in caplog.text
    assert "secret words" not in caplog.text
    assert "butler" not in caplog.text
