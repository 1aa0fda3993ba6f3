"""The moderators' channel answers with values, whatever Discord does; and the edges of starting and stopping."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import discord
import pytest
from discord import app_commands

from bot.app import DRAIN, GRACE
from bot.cogs.cards.board import DiscordBoard
from bot.cogs.interactions.errors import BylawTree
from bot.cogs.interactions.translate import message_seen, person
from bot.cogs.policies.editor import read_upload
from bot.moderation.cards.board import CardRefused
from bot.moderation.cards.face import CardFace
from bot.moderation.cases.case import Case
from bot.moderation.policies.publishing import Refused
from bot.moderation.servers.permissions import may_write_policies
from bot.moderation.servers.server import ServerSettings
from classifier import Judgement, JudgeRequest
from classifier.llama.client.judge import LlamaJudge
from classifier.llama.options import EngineOptions
from classifier.scripted import ScriptedJudge, violation


async def a_case(world: Any) -> tuple[Case, ServerSettings]:
    """A case whose card stands, and the server's settings."""
    await world.set_up()
    await world.ana.send(world.general, "the butler did it")
    case = await world.bot.services.review.find(world.guild.id, 1)
    return case, ServerSettings(guild_id=world.guild.id, review_channel_id=world.mods.id, reviewer_role_id=None)


def board_of(world: Any) -> DiscordBoard:
    """The board of the bot that runs."""
    return DiscordBoard(world.bot, world.bot.services.languages)


class TestRefusals:
    """Posting never raises for what Discord refuses."""

    async def test_a_server_that_bylaw_is_not_in(self, world: Any) -> None:
        """It is not for an admin to mend."""
        case, settings = await a_case(world)
        refusal = await board_of(world).post(CardFace(case=case), replace(settings, guild_id=1))
        assert isinstance(refusal, CardRefused)
        assert not refusal.permanent

    async def test_a_channel_that_went_away_in_this_moment(self, world: Any) -> None:
        """Discord knows better than our copy of the server."""
        case, settings = await a_case(world)
        world.env.inject_error("POST", f"/channels/{world.mods.id}/messages", status=404, code=10003)
        refusal = await board_of(world).post(CardFace(case=case), settings)
        assert "was deleted" in refusal.why
        assert refusal.permanent

    async def test_no_connection(self, world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        """The next round tries again; an edit that fails leaves the card as it was."""

        async def unreachable(*args: Any, **options: Any) -> None:
            raise OSError("network is unreachable")

        case, settings = await a_case(world)
        monkeypatch.setattr(world.bot.http, "send_message", unreachable)
        monkeypatch.setattr(world.bot.http, "edit_message", unreachable)
        refusal = await board_of(world).post(CardFace(case=case), settings)
        assert (refusal.why, refusal.permanent) == ("Discord could not be reached.", False)
        assert await board_of(world).refresh(CardFace(case=case))

    async def test_a_case_without_a_card_has_nothing_to_refresh(self, world: Any) -> None:
        """It counts as gone, so that it is posted."""
        case, _ = await a_case(world)
        assert not await board_of(world).refresh(CardFace(case=replace(case, card_message_id=None)))

    async def test_nobody_to_tell(self, world: Any, caplog: pytest.LogCaptureFixture) -> None:
        """In a server that Bylaw is not in, the log has to do."""
        await board_of(world).tell_admin(1, "something")
        assert "no owner to tell" in caplog.text


async def test_a_server_that_comes_back_gets_its_cards(world: Any) -> None:
    """After an outage of Discord the cards that were refused meanwhile are posted."""
    await world.set_up()
    world.env.inject_error("POST", f"/channels/{world.mods.id}/messages", status=503)
    await world.ana.send(world.general, "the butler did it")
    assert world.cards() == []
    with world.env._bot_scope():
        world.bot.dispatch("guild_available", world.bot.get_guild(world.guild.id))
    await world.env.settle()
    assert len(world.cards()) == 1


async def test_a_bot_that_closes_takes_nothing_in(world: Any) -> None:
    """What comes in during the last moments is neither judged nor counted."""
    await world.set_up()
    message = await world.ana.send(world.general, "the gardener is nice")
    world.bot._open_tasks.closing = True
    seen = world.bot.services.tally.seen
    await world.ana.send(world.general, "the butler did it")
    await world.ana.delete(message)
    world.env.backend.delete_channel(world.general.id)
    await world.env.settle()
    assert (world.bot.services.tally.seen, world.cards()) == (seen, [])


class StuckJudge(ScriptedJudge):
    """Does not even answer when it is closed."""

    async def judge(self, request: JudgeRequest) -> Judgement:
        """Wait forever."""
        await asyncio.Event().wait()
        return violation("R1")


class TestAJudgeThatHangs:
    """The bot does not hang with it."""

    @pytest.fixture
    def judge(self) -> ScriptedJudge:
        """Stuck."""
        return StuckJudge()

    @pytest.mark.simcord(settle_timeout=0.2)
    async def test_closing_does_not_wait_for_ever(
        self, world: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        """After its grace the work is cut short, counted as lost, and the log says so."""
        monkeypatch.setattr("bot.app.GRACE", 0.0)
        await world.set_up()
        with pytest.raises(TimeoutError):
            await world.ana.send(world.general, "the butler did it")
        await world.bot.close()
        assert "closed with work left tasks=1" in caplog.text
        assert world.bot.services.tally.put_off == 1


class ClosingJudge(LlamaJudge):
    """Notes in which order it is ended."""

    def __init__(self) -> None:
        super().__init__(EngineOptions(model=Path("m.gguf"), fence_key=b"key"))
        self.ends: list[tuple[str, float]] = []

    async def drain(self, seconds: float) -> int:
        """Note it."""
        self.ends.append(("drained", seconds))
        return await super().drain(seconds)

    async def close(self) -> None:
        """Note it."""
        self.ends.append(("closed", 0.0))
        await super().close()


class TestAModel:
    """The bot's judge is the model."""

    @pytest.fixture
    def judge(self) -> ClosingJudge:
        """Not started, so no process is needed."""
        return ClosingJudge()

    async def test_it_may_finish_what_it_has_begun(self, world: Any, judge: ClosingJudge) -> None:
        """It is drained before it is closed, within the time that closing has in all."""
        await world.bot.close()
        assert judge.ends[:2] == [("drained", DRAIN), ("closed", 0.0)]
        assert DRAIN < GRACE


async def test_an_error_outside_of_everything_is_logged_without_texts(
    world: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """discord.py's own handler would write the texts of errors out."""

    async def on_invite_create(invite: object) -> None:
        raise ValueError("secret words")

    world.bot.add_listener(on_invite_create)
    with world.env._bot_scope():
        world.bot.dispatch("invite_create", object())
    await world.env.settle()
    assert "event on_invite_create failed" in caplog.text
    assert "secret words" not in caplog.text
    assert len(world.env.errors) == 1


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (app_commands.CommandNotFound("old", []), "has changed. Reload Discord"),
        (
            app_commands.TransformerError("x", discord.AppCommandOptionType.channel, app_commands.Transformer()),
            "cannot see what you chose",
        ),
    ],
)
async def test_known_errors_have_words_of_their_own(world: Any, error: Any, said: str) -> None:
    """A command of an older version, and a choice that the bot cannot see."""
    sent: list[str] = []

    async def send(**options: Any) -> None:
        sent.append(options["content"])

    response = SimpleNamespace(is_done=lambda: False, send_message=send)
    await BylawTree.on_error(world.bot.tree, SimpleNamespace(command=None, response=response), error)
    assert said in sent[0]


def test_outside_of_a_server_there_is_nothing_to_see() -> None:
    """No message to judge, and nobody with rights."""
    assert message_seen(SimpleNamespace(guild=None)) is None
    assert not may_write_policies(person(SimpleNamespace(id=7)))


async def test_a_file_that_discord_does_not_hand_over() -> None:
    """The admin is asked to attach it again."""

    async def read() -> bytes:
        raise discord.NotFound(SimpleNamespace(status=404, reason="gone"), "gone")

    trouble = await read_upload(SimpleNamespace(size=10, read=read))
    assert isinstance(trouble, Refused)
    assert "Attach it again" in trouble.why
