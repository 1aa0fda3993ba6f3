"""Five questions a week: what is written, and when and where they are asked."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import discord
import pytest
from simcord.backend.models import Overwrite
from simcord.enums import OverwriteType

from bot.moderation.servers.options import CardOptions
from classifier import (
    Judge,
    Lane,
    Undecided,
    UndecidedReason,
    Way,
)
from classifier.lite.judge import LiteJudge
from classifier.scripted import ScriptedWriter
from tests.e2e.five_questions import (
    BROKEN,
    CLEAR,
    INVENTED,
    MONDAY_NOON,
    answer,
    asked,
    at,
    judge_of,
    post,
    writer,
)


@pytest.fixture
def judge() -> Judge:
    """A judge that can write."""
    return ScriptedWriter(judge_of, invents=lambda _: INVENTED)


class TestAsking:
    """Once a week, where it is wanted, written by the judge in the background."""

    async def test_five_of_those_that_were_written(self, world: Any) -> None:
        """The five nearest to the line, told in the moderators' channel without their texts."""
        said = world.said(await asked(world))
        assert "The judge invented 5 messages near the line of **Spoilers** v1. Nobody wrote them." in said
        assert "0 of 5 answered" in said
        assert "butler" not in said
        (request,) = writer(world).inventing
        assert (request.lane, request.server, request.count) == (Lane.BACKGROUND, world.guild.id, 8)
        guesses = [each for each in writer(world).requests if each.way is Way.PROBE]
        assert (len(guesses), {each.lane for each in writer(world).requests}) == (7, {Lane.BACKGROUND})
        assert await world.bot.schedule.run_now("questions")
        assert len(world.cards()) == 1

    async def test_off_by_default(self, world: Any) -> None:
        """Nobody is asked unasked; turned off again, nothing more comes."""
        await world.set_up()
        await world.bot.schedule.run_now("questions")
        shown = await world.mira.slash(world.general, "settings five-questions")
        assert "Five questions a week: off" in world.said(shown)
        for weekly in (True, False):
            done = await world.mira.slash(world.general, "settings five-questions", weekly=weekly)
            assert world.said(done).startswith("Saved.")
            assert "no questions can be written" not in world.said(done)
        await world.bot.schedule.run_now("questions")
        assert world.cards() == []
        assert writer(world).inventing == []

    async def test_next_week_it_is_about_something_else(self, world: Any) -> None:
        """Another policy has its turn; the first one's comes again with what is known by then."""
        await asked(world)
        await world.write("Second", world.policy.replace("# Spoilers", "# Second"))
        await answer(world, "Fine")
        for week in (1, 2):
            at(world, MONDAY_NOON + timedelta(days=7 * week))
            await world.bot.schedule.run_now("questions")
        first, second, again = writer(world).inventing
        assert [each.policy.title for each in (first, second, again)] == ["Spoilers", "Second", "Spoilers"]
        assert {message.text for message in again.content.judged} >= {BROKEN, CLEAR}
        assert "butler" not in " ".join(message.text for message in first.content.judged)

    async def test_no_members_words_go_in(self, world: Any) -> None:
        """Only the policy, and the pins once there are any."""
        await world.set_up()
        await world.ana.send(world.general, "the butler is my neighbour")
        await world.mira.slash(world.general, "settings five-questions", weekly=True)
        at(world, MONDAY_NOON)
        await world.bot.schedule.run_now("questions")
        (request,) = writer(world).inventing
        assert [message.text for message in request.content.judged] == ["(nothing yet)"]

    async def test_quiet_hours(self, world: Any) -> None:
        """Are left alone; it is asked when they are over."""
        await world.set_up()
        await world.mira.slash(world.general, "settings five-questions", weekly=True)
        quiet = CardOptions(quiet_from_hour=11, quiet_to_hour=14)
        await world.bot.services.options.save(world.guild.id, quiet, actor_id=world.mira.id)
        for hours, posts in ((0, 0), (1, 0), (2, 1)):
            at(world, MONDAY_NOON + timedelta(hours=hours))
            await world.bot.schedule.run_now("questions")
            assert len(world.cards()) == posts

    async def test_a_channel_that_is_closed_or_gone(self, world: Any) -> None:
        """The questions are kept, and posted once that works; they are not written again."""
        await world.set_up()
        await world.mira.slash(world.general, "settings five-questions", weekly=True)
        at(world, MONDAY_NOON)
        deny = discord.Permissions(send_messages=True).value
        closed = Overwrite(target_id=world.bot.user.id, type=OverwriteType.MEMBER, allow=0, deny=deny)
        world.env.backend.set_overwrite(world.mods.id, closed)
        await world.env.settle()
        assert await world.bot.schedule.run_now("questions")
        assert world.cards() == []
        world.env.backend.delete_channel(world.mods.id)
        await world.env.settle()
        assert await world.bot.schedule.run_now("questions")
        world.mods = world.guild.create_text_channel("new-mods")
        await world.mira.slash(world.general, "setup", channel=world.mods, starters="none")
        assert await world.bot.schedule.run_now("questions")
        assert len(world.cards()) == 1
        assert len(writer(world).inventing) == 1

    async def test_a_channel_that_is_deleted_afterwards(self, world: Any) -> None:
        """The questions that are open are asked again where cards go now; answers that were given stay."""
        await asked(world)
        await answer(world, "Fine")
        world.env.backend.delete_channel(world.mods.id)
        await world.env.settle()
        world.mods = world.guild.create_text_channel("new-mods")
        await world.mira.slash(world.general, "setup", channel=world.mods, starters="none")
        for _ in range(2):
            assert await world.bot.schedule.run_now("questions")
        (there,) = world.cards()
        assert "1 of 5 answered" in world.said(there)
        assert "Question 2 of 5" in world.said(await answer(world))
        assert len(writer(world).inventing) == 1

    @pytest.mark.parametrize(
        ("reason", "tries"), [(UndecidedReason.JUDGE_UNAVAILABLE, 2), (UndecidedReason.TOO_LONG, 2)]
    )
    async def test_a_judge_that_writes_nothing(self, world: Any, reason: UndecidedReason, tries: int) -> None:
        """Nothing is posted or kept; it is tried again in an hour."""
        await world.set_up()
        await world.mira.slash(world.general, "settings five-questions", weekly=True)
        at(world, MONDAY_NOON)
        writer(world)._invents = lambda _: Undecided(reason=reason, detail="x")
        for _ in range(tries):
            assert await world.bot.schedule.run_now("questions")
        assert (world.cards(), len(writer(world).inventing)) == ([], tries)
        writer(world)._invents = lambda _: INVENTED
        await world.bot.schedule.run_now("questions")
        assert len(world.cards()) == 1

    async def test_a_judge_that_is_gone_in_the_middle(self, world: Any) -> None:
        """What was written is thrown away, and written again when it is back."""
        await world.set_up()
        await world.mira.slash(world.general, "settings five-questions", weekly=True)
        at(world, MONDAY_NOON)
        script, writer(world)._script = (
            writer(world)._script,
            lambda _: Undecided(reason=UndecidedReason.JUDGE_UNAVAILABLE, detail="x"),
        )
        await world.bot.schedule.run_now("questions")
        assert world.cards() == []
        writer(world)._script = script
        await world.bot.schedule.run_now("questions")
        assert "The judge invented 5 messages" in world.said(post(world))

    async def test_nothing_new_was_written(self, world: Any) -> None:
        """What is pinned already is no question. A week without questions is over."""
        await world.set_up()
        pins = world.bot.services.pins
        for each in INVENTED.invented:
            await pins.add(world.guild.id, "Spoilers", each.text, rule_id=None, actor_id=world.mira.id)
        await world.mira.slash(world.general, "settings five-questions", weekly=True)
        at(world, MONDAY_NOON)
        for _ in range(2):
            await world.bot.schedule.run_now("questions")
        assert (world.cards(), len(writer(world).inventing)) == ([], 1)


class TestJudgesThatCannotWrite:
    """The lite judge has no words of its own."""

    @pytest.fixture
    def judge(self) -> Judge:
        """Without a model."""
        return LiteJudge()

    async def test_it_is_said_when_it_is_turned_on(self, world: Any) -> None:
        """In one line; nothing is asked."""
        await world.set_up()
        done = await world.mira.slash(world.general, "settings five-questions", weekly=True)
        assert "⚠️ This bot runs without a language model, so no questions can be written." in world.said(done)
        at(world, MONDAY_NOON)
        assert await world.bot.schedule.run_now("questions")
        assert world.cards() == []
