"""``/policy`` test, try-out and backtest, and what Bylaw reports by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import discord
import pytest
from simcord.backend.models import Overwrite
from simcord.enums import OverwriteType

from bot.app import BylawBot
from bot.cogs.trials import replies as trial_replies
from bot.wiring.stores import utc_now
from classifier import Judge, Undecided, UndecidedReason
from classifier.scripted import ScriptedJudge, clear
from guild_policies.scope import Scope


@pytest.fixture
def judge(literal_judge: Judge) -> Judge:
    """Judges by what the policy says."""
    return literal_judge


async def settled(world: Any, word: str) -> str:
    """What the moderators' channel says about this, when everything under way is done.

    Work that a test started by the schedule belongs to no event of Discord's, so the simulation does not wait for it.
    """
    await world.env.settle()
    under_way = [task for task in asyncio.all_tasks() if "TrialRunner" in getattr(task.get_coro(), "__qualname__", "")]
    await asyncio.gather(*under_way)
    said = [world.said(message) for message in world.mods.history()]
    found = [each for each in said if word in each]
    assert found, f"nothing said {word}: {said}"
    return str(found[0])


class TestTest:
    """``/policy test`` and **Test draft**."""

    async def test_draft_and_version_side_by_side(self, world: Any) -> None:
        """With the rule, the rationale and how sure the judge is, to whoever asked and to nobody else."""
        await world.set_up()
        await world.draft()
        answer = await world.mira.slash(world.general, "policy test", name="Spoilers", text="it was the gardener")
        said = world.said(answer)
        assert "They differ" in said
        assert "**Draft**, revision 2: 🔴 violation of R1 Unmarked spoiler" in said
        assert "It names the gardener" in said
        assert "**In force**, version 1: 🟢 clear" in said
        assert answer.response.ephemeral
        assert world.cards() == []

    async def test_one_side_only(self, world: Any) -> None:
        """Without a draft the version in force is judged by; without a policy there is a line."""
        await world.set_up()
        said = world.said(await world.mira.slash(world.general, "policy test", name="Spoilers", text="the butler"))
        assert "**Draft**: none" in said
        said = world.said(await world.mira.slash(world.general, "policy test", name="Nope", text="the butler"))
        assert "no policy named" in said

    @pytest.mark.also_invented
    async def test_a_message_under_every_draft(self, world: Any) -> None:
        """In the menu of a message, for moderators, too."""
        await world.set_up()
        message = await world.ana.send(world.general, "it was the gardener")
        assert "No policy in this server has a draft" in world.said(
            await world.omar.context_menu(world.general, "Test draft", message)
        )
        await world.draft()
        assert "They differ" in world.said(await world.omar.context_menu(world.general, "Test draft", message))

    async def test_a_message_without_text(self, world: Any) -> None:
        """There is nothing to judge."""
        await world.set_up()
        message = await world.ana.send(world.general, "", attachments=[("x.png", b"x")])
        assert "no text" in world.said(await world.omar.context_menu(world.general, "Test draft", message))

    async def test_not_for_members(self, world: Any) -> None:
        """Whatever commands an admin shows by mistake."""
        await world.set_up()
        commands = {command.name: command for command in await world.bot.tree.fetch_commands()}
        for name in ("policy", "Test draft"):
            world.guild.set_command_permissions(commands[name], {world.guild.default_role: True})
        message = await world.ana.send(world.general, "it was the gardener")
        refused = await world.ana.context_menu(world.general, "Test draft", message)
        assert "Only members" in world.said(refused)
        refused = await world.ana.slash(world.general, "policy test", name="Spoilers", text="x")
        assert "Only members" in world.said(refused)


class TestTryOut:
    """``/policy try-out``."""

    @pytest.mark.also_invented
    async def test_the_report_comes_when_the_time_is_over(self, world: Any) -> None:
        """Cards come as before; differences are counted silently and told once, with links."""
        await world.set_up()
        await world.draft()
        said = world.said(await world.mira.slash(world.general, "policy try-out start", name="Spoilers", hours=2))
        assert "judges new messages wherever the policy applies, until" in said
        message = await world.ana.send(world.general, "it was the gardener")
        await world.ana.send(world.general, "it was the butler")
        assert len(world.cards()) == 1
        status = world.said(await world.mira.slash(world.general, "policy try-out status"))
        assert "judged: 2 · newly flagged: 1 · no longer flagged: 1" in status
        world.bot.services.try_outs._now = lambda: utc_now() + timedelta(hours=3)
        await world.bot.schedule.run_now("try-outs")
        await world.bot.schedule.run_now("try-outs")
        reports = [message for message in world.cards() if "Try-out of Spoilers" in world.said(message)]
        (said,) = map(world.said, reports)
        assert "newly flagged · R1" in said
        assert f"/{world.general.id}/{message.id}" in said
        assert "2 messages are too few to conclude from" in said

    async def test_stopping_early_shows_what_there_is(self, world: Any) -> None:
        """To whoever stopped it; nothing is posted later."""
        await world.set_up()
        await world.draft()
        await world.mira.slash(world.general, "policy try-out start", name="Spoilers", channel=world.general)
        await world.ana.send(world.general, "it was the gardener")
        said = world.said(await world.mira.slash(world.general, "policy try-out stop", name="Spoilers"))
        assert "newly flag 1" in said
        await world.bot.schedule.run_now("try-outs")
        assert world.cards() == []

    @pytest.mark.also_invented
    async def test_refusals(self, world: Any) -> None:
        """One line each."""

        async def start(**options: Any) -> str:
            return str(world.said(await world.mira.slash(world.general, "policy try-out start", **options)))

        assert "Run /setup first" in await start(name="Spoilers")
        await world.set_up()
        assert "no draft" in await start(name="Spoilers")
        assert "no policy named" in await start(name="Nope")
        await world.draft()
        await start(name="Spoilers")
        assert "already being tried out" in await start(name="Spoilers")
        stopped = await world.mira.slash(world.general, "policy try-out stop", name="Nope")
        assert "is not being tried out" in world.said(stopped)
        await world.mira.slash(world.general, "policy try-out stop", name="Spoilers")
        assert "Nothing is being tried out" in world.said(
            await world.mira.slash(world.general, "policy try-out status")
        )


class TestBacktest:
    """``/policy backtest``."""

    async def decided(self, world: Any) -> None:
        """One case that the team calls a violation, one that it does not, and a stricter draft."""
        await world.set_up()
        for text in ("the butler did it", "butler and gardener"):
            await world.ana.send(world.general, text)
        first, second = world.cards()
        await world.omar.click(first, label="Violation")
        await world.omar.click(second, label="Not a violation")
        await world.draft()

    async def test_against_the_teams_own_decisions(self, world: Any) -> None:
        """Agreement, and both kinds of disagreement with rule, score and link; small numbers in words."""
        await self.decided(world)
        started = await world.mira.slash(world.general, "policy backtest", name="Spoilers")
        assert f"shown in <#{world.mods.id}>" in world.said(started)
        said = await settled(world, "It agrees with your team")
        assert "on 0 of 2 decisions" in said
        assert "too few to conclude" in said
        assert "case 1 ·" in said.split("no longer flag")[1]
        assert "case 2 · R1 ·" in said.split("no longer flag")[0]
        assert "https://discord.com/channels/" in said
        assert len([1 for message in world.cards() if "Backtest" in world.said(message)]) == 1

    async def test_it_survives_a_restart_and_can_be_cancelled(
        self, world: Any, bot_factory: Callable[[Judge], BylawBot], judge: Judge
    ) -> None:
        """What was begun is ended by the next process, in the same message."""
        await self.decided(world)
        services = world.bot.services
        progress = await world.bot.get_channel(world.mods.id).send("…")
        started = await services.backtests.start(
            world.guild.id, "Spoilers", actor_id=world.mira.id, shown_in=(world.mods.id, progress.id)
        )
        assert started.state.value == "running"
        await world.env.restart_bot(bot_factory(judge))
        said = await settled(world, "It agrees with your team")
        assert said == world.said(next(each for each in world.mods.history() if each.id == progress.id))

    async def test_cancelling(self, world: Any) -> None:
        """What was judged so far is told, and a second click changes nothing."""
        await self.decided(world)
        services, runner = world.bot.services, world.bot.get_cog("PolicyCommand").trials.runner
        started = await services.backtests.start(world.guild.id, "Spoilers", actor_id=world.mira.id)
        reply = await runner.cancel(world.guild.id, started.id, actor_id=world.mira.id)
        assert "Cancelled after 0 of 2" in reply.text
        assert "Cancelled" in (await runner.cancel(world.guild.id, started.id, actor_id=world.mira.id)).text
        assert "over" in (await runner.cancel(world.guild.id, 999, actor_id=world.mira.id)).text

    async def test_the_button_on_its_progress(self, world: Any) -> None:
        """It ends the work, asks who clicks, and tells what was judged so far."""
        await self.decided(world)
        services, runner = world.bot.services, world.bot.get_cog("PolicyCommand").trials.runner
        started = await services.backtests.start(world.guild.id, "Spoilers", actor_id=world.mira.id)
        shown = trial_replies.backtest_under_way(started, 0, 2)
        posted = await runner._posts.post(world.guild.id, world.mods.id, lambda: shown)
        progress = next(message for message in world.cards() if message.id == posted)
        assert "Judging your team's decisions: 0 of 2" in world.said(progress)
        assert "Only members with Manage Server" in world.said(await world.omar.click(progress, label="Cancel"))
        await world.mira.click(progress, label="Cancel")
        assert "Cancelled after 0 of 2" in await settled(world, "Backtest of Spoilers")

    async def test_stopping_the_reading_of_a_channel(self, world: Any) -> None:
        """Nothing of it is left; a button from before a restart says that it is over."""
        await self.decided(world)
        runner = world.bot.get_cog("PolicyCommand").trials.runner
        shown = trial_replies.reading_under_way("Spoilers", world.general.id, 1, 0)
        posted = await runner._posts.post(world.guild.id, world.mods.id, lambda: shown)
        progress = next(message for message in world.cards() if message.id == posted)
        task = asyncio.create_task(asyncio.Event().wait())
        runner._readings[posted] = task
        await world.mira.click(progress, label="Stop")
        assert "Nothing was stored" in await settled(world, "Stopped.")
        await asyncio.gather(task, return_exceptions=True)
        assert (task.cancelled(), runner.stop_reading(posted).text) == (True, "This is over.")

    @pytest.mark.also_invented
    async def test_progress_that_was_deleted_comes_again(self, world: Any) -> None:
        """The result is never lost because somebody tidied up."""
        await self.decided(world)
        services, runner = world.bot.services, world.bot.get_cog("PolicyCommand").trials.runner
        started = await services.backtests.start(
            world.guild.id, "Spoilers", actor_id=world.mira.id, shown_in=(world.mods.id, 999)
        )
        await runner._run(started)
        assert "on 0 of 2 decisions" in await settled(world, "It agrees with your team")
        report = await services.backtests.find(world.guild.id, started.id)
        assert report.backtest.shown_message_id == world.cards()[-1].id

    async def test_on_the_recent_messages_of_a_channel(self, world: Any) -> None:
        """Which of them the draft would flag, with links; nothing of them is stored."""
        await self.decided(world)
        newest = world.general.history()[-1].created_at
        world.bot.get_cog("PolicyCommand").trials.runner._now = lambda: newest + timedelta(days=1)
        await world.mira.slash(world.general, "policy backtest", name="Spoilers", channel=world.general)
        said = await settled(world, "It would flag")
        assert "It would flag 1 of 2 messages." in said
        assert "too few to conclude" in said
        assert "- R1 · Score" in said

    async def test_recent_messages_of_whoever_is_exempt_are_left_out(self, world: Any) -> None:
        """History does not say who has which role: the members are looked up."""
        await self.decided(world)
        await world.rita.send(world.general, "it was the gardener, says Rita")
        stored = await world.stored()
        settings = replace(stored.settings, scope=Scope(exempt_roles=frozenset({world.reviewers.id})))
        await world.bot.services.life.change_settings(
            world.guild.id, "Spoilers", settings, seen=stored.settings, actor_id=world.mira.id
        )
        newest = world.general.history()[-1].created_at
        world.bot.get_cog("PolicyCommand").trials.runner._now = lambda: newest + timedelta(days=1)
        await world.mira.slash(world.general, "policy backtest", name="Spoilers", channel=world.general)
        assert "It would flag 1 of 2 messages." in await settled(world, "It would flag")

    @pytest.mark.also_invented
    async def test_refusals(self, world: Any) -> None:
        """One line each."""

        async def backtest(**options: Any) -> str:
            return str(world.said(await world.mira.slash(world.general, "policy backtest", **options)))

        assert "Run /setup first" in await backtest(name="Spoilers")
        await world.set_up()
        assert "no draft" in await backtest(name="Spoilers")
        assert "no draft" in await backtest(name="Spoilers", channel=world.general)
        assert "no policy named" in await backtest(name="Nope", channel=world.general)
        await world.draft()
        assert "decided no case" in await backtest(name="Spoilers")
        deny = discord.Permissions(read_message_history=True).value
        overwrite = Overwrite(target_id=world.bot.user.id, type=OverwriteType.MEMBER, allow=0, deny=deny)
        world.env.backend.set_overwrite(world.general.id, overwrite)
        assert "cannot read" in await backtest(name="Spoilers", channel=world.general)

    async def test_discord_that_does_not_take_the_progress(self, world: Any) -> None:
        """Nothing runs unseen, and whoever asked is told."""
        await self.decided(world)
        world.env.inject_error("POST", "/channels/*/messages", status=500, times=5)
        said = world.said(await world.mira.slash(world.general, "policy backtest", name="Spoilers"))
        assert "cannot post" in said
        assert await world.bot.services.backtests.unfinished() == ()

    async def test_a_judge_that_is_away_leaves_it_for_later(
        self, world: Any, bot_factory: Callable[[Judge], BylawBot], flags_by_the_policy: Any
    ) -> None:
        """The schedule takes it up when the judge is back."""
        await self.decided(world)
        away = [Undecided(reason=UndecidedReason.JUDGE_UNAVAILABLE)]
        judge = ScriptedJudge(lambda request: away[0] if away else flags_by_the_policy(request))
        await world.env.restart_bot(bot_factory(judge))
        await world.mira.slash(world.general, "policy backtest", name="Spoilers")
        assert "0 of 2" in await settled(world, "Backtest of Spoilers")
        away.clear()
        await world.bot.schedule.run_now("backtests")
        assert "on 0 of 2 decisions" in await settled(world, "It agrees with your team")

    async def test_a_channel_that_cannot_show_the_progress(self, world: Any) -> None:
        """Nothing runs unseen."""
        await self.decided(world)
        deny = discord.Permissions(send_messages=True).value
        overwrite = Overwrite(target_id=world.bot.user.id, type=OverwriteType.MEMBER, allow=0, deny=deny)
        world.env.backend.set_overwrite(world.mods.id, overwrite)
        said = world.said(await world.mira.slash(world.general, "policy backtest", name="Spoilers"))
        assert "cannot post" in said
        assert await world.bot.services.backtests.unfinished() == ()


class TestDrift:
    """A judge that is not the one from before."""

    @pytest.mark.also_invented
    async def test_it_is_reported_once(
        self, world: Any, bot_factory: Callable[[Judge], BylawBot], judge: Judge
    ) -> None:
        """With what it says otherwise about decided cases."""
        await world.set_up()
        await world.bot.schedule.run_now("drift")
        await world.ana.send(world.general, "the butler did it")
        await world.omar.click(world.cards()[0], label="Violation")
        said = clear()
        another = replace(said, provenance=replace(said.provenance, judge="another"))
        await world.env.restart_bot(bot_factory(ScriptedJudge(lambda request: another)))
        await world.bot.schedule.run_now("drift")
        await world.bot.schedule.run_now("drift")
        reports = [world.said(message) for message in world.cards() if "The judge changed" in world.said(message)]
        assert len(reports) == 1
        assert "no longer flagged" in reports[0]
