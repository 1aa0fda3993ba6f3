"""Cards hold whatever members write, and get to the moderators whatever happens to their channel."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import discord
import pytest
from simcord.backend.models import Overwrite
from simcord.enums import OverwriteType
from simcord.preview._markdown import markdown_tokens

from bot.app import BylawBot
from classifier import Judge, JudgeRequest, Undecided, UndecidedReason, Verdict
from classifier.lite.judge import LiteJudge
from classifier.scripted import ScriptedJudge, violation


@pytest.fixture
def judge() -> Judge:
    """Everything breaks R1, and the reason echoes the message, as a model may do."""
    return ScriptedJudge(_echo)


def _echo(request: JudgeRequest) -> Verdict | Undecided:
    text = request.content.target.words
    if "garble" in text:
        return Undecided(reason=UndecidedReason.UNREADABLE)
    return violation("R1", rationale=f"R1: {text}", reasoning=text * 3)


HOSTILE = {
    "a long Nitro message": "word " * 800,
    "ten thousand emoji": "😀" * 10_000,
    "a family of emoji": "👩\u200d❤\ufe0f\u200d💋\u200d👩🏽" * 500,
    "right to left": "\u202e" + "שלום עולם " * 300 + "\u2066\u2067",
    "zero width": "\u200b" * 3_000 + "x" + "\u2060\ufeff" * 400,
    "zalgo": ("z" + "\u0336\u0337\u0338\u0335" * 20) * 40,
    "blank lines": "a\n" + "\n" * 3_000 + "b",
    "only punctuation": "*_~`|>#-\\[]()<>@:" * 200,
    "a code fence": "```py\nprint(1)\n``` ```\n> # x\n-# small\n||spoiler||",
    "pings": "@everyone @here <@1> <@&2> <#3> <t:1:R> </setup:1> <:blob:123456789012345678>",
    "links": "[free nitro](https://evil.example/x) https://evil.example discord.gg/evil <https://evil.example>",
    "control characters": "".join(map(chr, range(1, 32))) * 50,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
async def test_whatever_is_written_becomes_a_card_within_the_limits(world: Any, text: str) -> None:
    """It is judged, and its card is taken by Discord; the limits are checked after every test."""
    await world.set_up()
    backend = world.env.backend  # its members have no Nitro: 2,000 characters, unless it is told afterwards
    message = backend.create_message(world.general.id, world.ana.id, "x", broadcast=False)
    message.content = text
    backend.announce_message_create(message)
    await world.env.settle()
    tally = world.bot.services.tally
    assert (len(world.cards()), tally.violations, tally.put_off) == (1, 1, 0)
    await world.omar.slash(world.mods, "case show", number=1)
    await world.omar.click(world.cards()[0], label="Context")


@pytest.mark.parametrize("name", ["pings", "links", "a code fence", "only punctuation"])
async def test_quotes_and_reasons_are_text_and_nothing_else(world: Any, name: str) -> None:
    """Nothing of it pings, links, hides or formats, in the quote as in the reason that echoes it."""
    await world.set_up()
    await world.ana.send(world.general, HOSTILE[name][:1_900])
    (card,) = world.cards()
    context = {"users": {"1": "x"}, "roles": {"2": "x"}, "channels": {"3": "x"}, "everyone": True}
    kinds: set[str] = set()
    for part in [part for part in world.said(card).split("\n") if part.startswith(("> ", "**Why"))]:
        kinds |= set(_kinds(markdown_tokens(part, "text_display", context=context)))
    assert kinds <= {"blockquote", "paragraph", "inline", "text", "break", "strong_open", "strong_close"}


def _kinds(tokens: list[dict[str, Any]]) -> list[str]:
    return [kind for token in tokens for kind in (token["type"], *_kinds(token.get("children", [])))]


async def test_a_cut_message_can_be_read_whole(world: Any) -> None:
    """The card says how much is missing; /case show hands out all of it, even when the message is gone."""
    await world.set_up()
    text = "x" * 1_500
    message = await world.ana.send(world.general, text)
    assert "more characters: open the message, or /case show 1" in world.said(world.cards()[0])
    await world.ana.delete(message)
    assert "more characters: /case show 1" in world.said(world.cards()[0])
    shown = await world.omar.slash(world.mods, "case show", number=1)
    assert world.files(shown) == {"message-case-1.txt": text}


async def test_no_verdict_is_shown_as_such(world: Any) -> None:
    """It accuses nobody, and says why there is none."""
    await world.set_up()
    await world.ana.send(world.general, "garble")
    said = world.said(world.cards()[0])
    assert "Could not judge" in said
    assert "not in the agreed form" in said
    assert ("severity" in said, "Score" in said) == (False, False)


class TestWithTheLiteJudge:
    """Without a model every card says so."""

    @pytest.fixture
    def judge(self) -> Judge:
        """The judge without a model."""
        return LiteJudge()

    async def test_the_card_says_that_no_model_was_asked(self, world: Any) -> None:
        """An example of the policy is recognised, and the card names the lite judge."""
        await world.set_up()
        await world.ana.send(world.general, "Cannot believe the sister was behind it all along!!")
        assert "Lite judge" in world.said(world.cards()[0])


def close(world: Any) -> None:
    """Take the right to write in the moderators' channel from the bot."""
    deny = discord.Permissions(send_messages=True).value
    overwrite = Overwrite(target_id=world.bot.user.id, type=OverwriteType.MEMBER, allow=0, deny=deny)
    world.env.backend.set_overwrite(world.mods.id, overwrite)


def deliver_own_update(world: Any) -> None:
    """Discord tells a bot about changes of its own membership whatever its intents; SimCord needs a hand with that."""
    payload = next(
        p
        for _, name, p in reversed(world.env.backend.transcript)
        if name == "GUILD_MEMBER_UPDATE" and isinstance(p, dict)
    )
    with world.env._bot_scope():
        world.bot._connection.parsers["GUILD_MEMBER_UPDATE"](payload)


class TestTheModeratorsChannel:
    """It can be deleted, closed or out of reach. Cases are kept, an admin is told once, cards come later."""

    async def test_deleted(self, world: Any) -> None:
        """The owner hears of it once; after /setup with another channel the cards are there."""
        await world.set_up()
        world.env.backend.delete_channel(world.mods.id)
        await world.env.settle()
        for text in ("one", "two", "three"):
            await world.ana.send(world.general, text)
        told = world.mira.user.dm_channel.history()
        assert [("was deleted" in message.content, "/setup" in message.content) for message in told] == [(True, True)]
        world.mods = world.guild.create_text_channel("new-mods")
        done = await world.mira.slash(world.general, "setup", channel=world.mods)
        assert "3 waiting cards were posted there" in world.said(done)
        assert [f"Case {number}" in world.said(card) for number, card in enumerate(world.cards(), 1)] == [True] * 3

    async def test_not_writable_and_then_mended(self, world: Any) -> None:
        """No request is wasted on a closed channel; when it opens, the cards come at once, without any command."""
        await world.set_up()
        close(world)
        before = len(world.env.http_requests)
        await world.ana.send(world.general, "one")
        await world.ana.send(world.general, "two")
        tried = [entry.path for entry in world.env.http_requests[before:] if "/channels/" in entry.path]
        assert f"/channels/{world.mods.id}/messages" not in tried
        (told,) = world.mira.user.dm_channel.history()
        assert "lacks Send Messages" in told.content
        world.env.backend.delete_overwrite(world.mods.id, world.bot.user.id)
        await world.env.settle()
        assert len(world.cards()) == 2
        close(world)
        await world.ana.send(world.general, "three")
        assert len(world.mira.user.dm_channel.history()) == 2

    async def test_mended_by_a_role(self, world: Any) -> None:
        """Giving Bylaw a role that may write, or that role the right to, opens the channel just as well."""
        await world.set_up()
        close(world)
        await world.ana.send(world.general, "one")
        backend, me = world.env.backend, world.bot.user
        administrators = world.guild.create_role("Administrators", permissions=discord.Permissions(administrator=True))
        own_roles = backend.get_guild(world.guild.id).members[me.id].role_ids
        backend.edit_member(world.guild.id, me.id, {"role_ids": [*own_roles, administrators.id]})
        deliver_own_update(world)
        await world.env.settle()
        assert len(world.cards()) == 1
        backend.edit_role(world.guild.id, administrators.id, {"permissions": 0})
        await world.ana.send(world.general, "two")
        assert len(world.cards()) == 1
        backend.edit_role(
            world.guild.id, administrators.id, {"permissions": discord.Permissions(administrator=True).value}
        )
        await world.env.settle()
        assert len(world.cards()) == 2

    async def test_discord_out_of_order(self, world: Any) -> None:
        """Nobody is told of what passes by itself; the next round posts the card, once."""
        await world.set_up()
        world.env.inject_error("POST", f"/channels/{world.mods.id}/messages", status=503)
        await world.ana.send(world.general, "one")
        assert (world.cards(), world.mira.user.dm_channel.history()) == ([], [])
        assert await world.bot.schedule.run_now("cards")
        assert await world.bot.schedule.run_now("cards")
        assert len(world.cards()) == 1

    async def test_refused_although_it_looks_open(self, world: Any) -> None:
        """Discord has the last word: the owner is told."""
        await world.set_up()
        world.env.inject_error("POST", f"/channels/{world.mods.id}/messages", status=403, code=50013)
        await world.ana.send(world.general, "one")
        (told,) = world.mira.user.dm_channel.history()
        assert "does not let Bylaw post" in told.content

    async def test_an_owner_who_takes_no_messages(self, world: Any, caplog: pytest.LogCaptureFixture) -> None:
        """Then the log has to do, and the case is kept."""
        await world.set_up()
        world.env.backend.delete_channel(world.mods.id)
        world.env.inject_error("POST", "/users/@me/channels", status=403, code=50007)
        await world.ana.send(world.general, "one")
        assert "the owner could not be told" in caplog.text
        assert await world.bot.services.review.find(world.guild.id, 1)


async def test_a_card_deleted_by_a_moderator_comes_back_when_its_case_changes(world: Any) -> None:
    """Deleting a card decides nothing."""
    await world.set_up()
    message = await world.ana.send(world.general, "one")
    await world.omar.delete(world.cards()[0])
    assert world.cards() == []
    await world.ana.delete(message)
    (card,) = world.cards()
    assert "the message was deleted" in world.said(card)


async def test_a_card_is_posted_with_a_nonce_that_discord_enforces(world: Any) -> None:
    """So a repetition after a lost answer shows nothing twice; a card that was lost is not held back by it."""
    await world.set_up()
    message = await world.ana.send(world.general, "one")
    await world.omar.delete(world.cards()[0])
    await world.ana.delete(message)
    path = f"/channels/{world.mods.id}/messages"
    nonces = [entry.json["nonce"] for entry in world.env.http_requests if (entry.method, entry.path) == ("POST", path)]
    enforced = [entry.json["enforce_nonce"] for entry in world.env.http_requests if entry.path == path]
    assert (len(set(nonces)), enforced) == (2, [True, True])


async def test_cards_left_behind_are_posted_after_a_restart(
    world: Any, bot_factory: Callable[[Judge], BylawBot], judge: Judge
) -> None:
    """A case whose card could not be posted is found by the next process."""
    await world.set_up()
    world.env.inject_error("POST", f"/channels/{world.mods.id}/messages", status=503)
    await world.ana.send(world.general, "one")
    assert world.cards() == []
    await world.env.restart_bot(bot_factory(judge))
    assert len(world.cards()) == 1


async def test_the_review_channel_warns_of_readers(world: Any) -> None:
    """Cards that every member can read would be a pillory."""
    done = await world.mira.slash(world.general, "setup", channel=world.mods, starters="none")
    assert "Every member can read" in world.said(done)
    private = world.guild.create_text_channel(
        "private",
        overwrites={
            world.guild.default_role: discord.PermissionOverwrite(view_channel=False),
            world.env.bot.user: discord.PermissionOverwrite(view_channel=True),
        },
    )
    done = await world.mira.slash(world.general, "setup", channel=private, starters="none")
    assert "Every member can read" not in world.said(done)
