"""``/why``: how was this message judged, or why not at all?"""

from __future__ import annotations

from typing import Any

import discord
import pytest
from simcord.backend.models import Overwrite
from simcord.enums import OverwriteType

from bot.moderation.cases.case import Clear
from bot.moderation.policies.outcomes import Changed
from classifier import Judge, JudgeRequest, Method, Undecided, UndecidedReason, Verdict
from classifier.scripted import ScriptedJudge, clear, violation
from guild_policies.scope import PolicySettings, Scope


def _judge(request: JudgeRequest) -> Verdict | Undecided:
    text = request.content.target.text
    if "later" in text:
        return Undecided(reason=UndecidedReason.QUEUE_FULL)
    if "garble" in text:
        return Undecided(reason=UndecidedReason.UNREADABLE)
    if "perhaps" in text:
        return violation("R1", score=0.2)
    return violation("R1") if "butler" in text else clear()


@pytest.fixture
def judge() -> Judge:
    """Tells apart what the tests below are about."""
    return ScriptedJudge(_judge)


async def asked(world: Any, message: Any, *, by: Any = None) -> str:
    """What a moderator is told of a message."""
    where = f"https://discord.com/channels/{world.guild.id}/{message.channel.id}/{message.id}"
    return str(world.said(await (by or world.omar).slash(world.mods, "why", link=where)))


class TestJudged:
    """What is known of a message that was judged."""

    async def test_a_case(self, world: Any) -> None:
        """Its number, the policy's version, the rule, how sure, by which judge and how it stands."""
        await world.set_up()
        said = await asked(world, await world.ana.send(world.general, "the butler did it"))
        assert "Spoilers v1: 🔴 violation of R1 Unmarked spoiler ·" in said
        assert "**case 1**: Open" in said
        assert "judge: scripted" in said
        assert "butler" not in said

    async def test_a_clear_verdict(self, world: Any) -> None:
        """Which has no case and no text."""
        await world.set_up()
        said = await asked(world, await world.ana.send(world.general, "lovely film"))
        assert "Spoilers v1: 🟢 clear · Score 0.02" in said
        assert "judge: scripted" in said

    async def test_a_first_look_at_all_policies(self, world: Any) -> None:
        """Is told once for all of them, with its score, and no policy is said to have been judged clear."""
        await world.set_up()
        await world.write("Second", world.policy.replace("# Spoilers", "# Second"))
        message = await world.ana.send(world.general, "later, perhaps")
        for policy in await world.bot.services.policies._store.list(world.guild.id):
            seen = Clear(
                guild_id=world.guild.id,
                channel_id=message.channel.id,
                message_id=message.id,
                edit=0,
                version_id=policy.published.id,
                score=0.11,
                method=Method.SCREENED.value,
                judge="scripted:1",
            )
            await world.bot.services.review._cases.record_clear(seen)
        said = await asked(world, message)
        assert "- Spoilers v1, Second v1: 🟢 the first look at all policies together found nothing" in said
        assert "none was judged on its own. That look's score: 0.11." in said
        assert "clear. Score" not in said

    async def test_below_the_threshold(self, world: Any) -> None:
        """Is said as such; and a policy that was deleted since has no name."""
        await world.set_up()
        message = await world.ana.send(world.general, "perhaps a spoiler")
        assert "🟡 a violation, but below the policy's threshold: no case ·" in await asked(world, message)
        policy = await world.stored()
        await world.bot.services.policies._store.delete(guild_id=world.guild.id, policy_id=policy.id, actor_id=1)
        assert "a deleted policy v1" in await asked(world, message)

    @pytest.mark.also_invented
    async def test_no_verdict(self, world: Any) -> None:
        """The judge could not say."""
        await world.set_up()
        said = await asked(world, await world.ana.send(world.general, "garble"))
        assert "⚪ could not judge · **case 1**: Open" in said

    async def test_a_message_that_was_deleted(self, world: Any) -> None:
        """What was said of it stays."""
        await world.set_up()
        message = await world.ana.send(world.general, "the butler did it")
        await world.ana.delete(message)
        assert "**case 1**" in await asked(world, message)

    @pytest.mark.also_invented
    async def test_an_edit_that_was_not_judged(self, world: Any) -> None:
        """What was said of the earlier text, and why nothing of the present one."""
        await world.set_up()
        message = await world.ana.send(world.general, "lovely film")
        await world.mira.slash(world.general, "policy pause", name="Spoilers")
        await world.ana.edit(message, "the butler did it")
        said = await asked(world, message)
        assert "🟢 clear" in said
        assert "**As it reads now, after an edit, it was not judged.** No policy is in force." in said


class TestNotJudged:
    """Why there is no verdict."""

    @pytest.mark.also_invented
    async def test_before_bylaw_came(self, world: Any) -> None:
        """Older messages are never judged; before /setup nothing is."""
        message = await world.ana.send(world.general, "the butler did it")
        assert "Bylaw is not set up in this server" in await asked(world, message)
        await world.mira.slash(world.general, "setup", channel=world.mods, starters="none")
        assert "No policy is in force." in await asked(world, message)
        await world.env.advance_time(1)
        await world.write("Spoilers", world.policy)
        assert "It was posted before a policy that covers it was in force" in await asked(world, message)

    async def test_it_waits(self, world: Any) -> None:
        """For a judge that had no time."""
        await world.set_up()
        assert "It is waiting for the judge" in await asked(world, await world.ana.send(world.general, "later"))

    @pytest.mark.parametrize(
        ("scope", "line"),
        [
            (lambda world: Scope(not_in=frozenset({world.general.id})), "this channel is exempt"),
            (lambda world: Scope(only_in=frozenset({world.mods.id})), "it applies in other channels only"),
            (lambda world: Scope(exempt_roles=frozenset({world.reviewers.id})), "the author has an exempt role"),
        ],
    )
    async def test_out_of_scope(self, world: Any, scope: Any, line: str) -> None:
        """Policy by policy."""
        await world.set_up()
        before = (await world.stored()).settings
        changed = await world.bot.services.life.change_settings(
            world.guild.id, "Spoilers", PolicySettings(scope=scope(world)), seen=before, actor_id=world.mira.id
        )
        assert isinstance(changed, Changed)
        said = await asked(world, await world.rita.send(world.general, "the butler did it"))
        assert "No policy in force covers it:\n- Spoilers: " in said
        assert line in said

    @pytest.mark.also_invented
    async def test_exempt_when_it_was_posted(self, world: Any) -> None:
        """Opening the channel to the policy later does not reach back, and the answer says so."""
        await world.set_up()
        exempt, life = PolicySettings(scope=Scope(not_in=frozenset({world.general.id}))), world.bot.services.life
        usual = (await world.stored()).settings
        await life.change_settings(world.guild.id, "Spoilers", exempt, seen=usual, actor_id=world.mira.id)
        message = await world.ana.send(world.general, "the butler did it")
        await world.env.advance_time(1)
        await world.mira.slash(world.general, "status")  # a click that comes later than the message
        await life.change_settings(world.guild.id, "Spoilers", usual, seen=exempt, actor_id=world.mira.id)
        said = await asked(world, message)
        assert "no policy covered it. At that time:\n- Spoilers: this channel is exempt" in said

    async def test_by_what_it_is(self, world: Any) -> None:
        """A message of the bot's, in the moderators' channel, or without a text."""
        await world.set_up()
        await world.ana.send(world.general, "the butler did it")
        assert "Bylaw itself posted it." in await asked(world, world.cards()[0])
        assert "the moderators' own channel" in await asked(world, await world.omar.send(world.mods, "the butler"))

    async def test_bylaw_was_away(self, world: Any) -> None:
        """There is no record: says what to do."""
        await world.set_up()
        message = world.env.backend.create_message(world.general.id, world.ana.id, "the butler", broadcast=False)
        link = f"https://canary.discord.com/channels/{world.guild.id}/{world.general.id}/{message.id}"
        message.timestamp = "2030-01-01T00:00:00+00:00"
        said = world.said(await world.omar.slash(world.mods, "why", link=link))
        assert "Bylaw has no record of it" in said or "before a policy" in said


class TestRefusals:
    """Bad links and people who may not ask."""

    @pytest.mark.parametrize(
        ("link", "line"),
        [
            ("hello", "This is not a link to a message."),
            ("https://evil.example/channels/1/2/3", "This is not a link to a message."),
            ("https://discord.com/channels/1/2", "This is not a link to a message."),
            ("<https://discord.com/channels/1/2/3>", "in another server"),
            ("https://ptb.discord.com/channels/@me/2/3", "in another server"),
        ],
    )
    async def test_links(self, world: Any, link: str, line: str) -> None:
        """One line."""
        await world.set_up()
        assert line in world.said(await world.omar.slash(world.mods, "why", link=link))

    async def test_nobody_sees_more_than_they_can_read(self, world: Any) -> None:
        """The bot lends nobody its eyes; nor does it guess about what it cannot read."""
        await world.set_up()
        message = await world.ana.send(world.general, "later")
        deny = discord.Permissions(view_channel=True).value
        overwrite = Overwrite(target_id=world.omar.id, type=OverwriteType.MEMBER, allow=0, deny=deny)
        world.env.backend.set_overwrite(world.general.id, overwrite)
        await world.env.settle()
        assert "cannot be read now" in await asked(world, message)
        world.env.backend.delete_message(world.general.id, message.id)
        assert "cannot be read now" in await asked(world, message, by=world.mira)
        nowhere = f"https://discord.com/channels/{world.guild.id}/1/2"
        assert "cannot be read now" in world.said(await world.mira.slash(world.mods, "why", link=nowhere))

    async def test_members_are_not_told(self, world: Any) -> None:
        """Whatever commands Discord shows."""
        await world.set_up()
        commands = {command.name: command for command in await world.bot.tree.fetch_commands()}
        world.guild.set_command_permissions(commands["why"], {world.guild.default_role: True})
        message = await world.ana.send(world.general, "lovely film")
        link = f"https://discord.com/channels/{world.guild.id}/{world.general.id}/{message.id}"
        refused = await world.ana.slash(world.general, "why", link=link)
        assert world.said(refused).startswith("Only reviewers may do that")
