"""``/setup``, starting and stopping the bot."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import discord
import pytest
import simcord
from pydantic import SecretStr
from simcord.backend.models import Overwrite
from simcord.enums import OverwriteType

from bot.app import BylawBot, create_bot
from bot.judge import start_judge
from bot.keys import KeyTrouble, load_keys
from bot.settings import Settings
from bot.storage.database.errors import StorageError
from classifier import Effort, Judge, PolicyFit, PolicyText
from classifier.lite.judge import LiteJudge
from classifier.llama.errors import ModelFileError
from classifier.scripted import ScriptedJudge
from guild_policies import templates


async def test_the_first_time_the_basics_come_into_force(world: Any) -> None:
    """Without any option a server is protected in one step; a second run brings nothing back."""
    done = await world.mira.slash(world.general, "setup", channel=world.mods)
    said = world.said(done)
    assert f"<#{world.mods.id}>" in said
    for name in templates.BASICS:
        assert name in said.replace("\\", "")
    again = await world.mira.slash(world.general, "setup", channel=world.mods)
    assert "In force now" not in world.said(again)
    listed = world.said(await world.mira.slash(world.general, "policy list"))
    assert listed.count("v1 in force") == len(templates.BASICS)


@pytest.mark.parametrize(("starters", "started"), [("none", 0), ("all", 6), ("basics", 6), ("Scams", 1)])
async def test_starters_can_be_chosen(world: Any, starters: str, started: int) -> None:
    """The basics, none or one of them, in any case; "all" is what the basics were called."""
    await world.mira.slash(world.general, "setup", channel=world.mods, starters=starters)
    assert len(await world.bot.services.policies.list(world.guild.id)) == started


@pytest.mark.also_invented
async def test_starters_that_are_there_stay_as_they_are(world: Any) -> None:
    """A policy of the server's own is never overwritten."""
    await world.mira.slash(world.general, "setup", channel=world.mods, starters="scams")
    done = await world.mira.slash(world.general, "setup", channel=world.mods, starters="all")
    assert "Not changed, because you have them already: scams." in world.said(done)


class SmallJudge(ScriptedJudge):
    """Has hardly any room for a policy."""

    async def prepare(self, policy: PolicyText, *, effort: Effort = Effort.LOW) -> PolicyFit | None:
        """Nothing fits."""
        return PolicyFit(tokens=1_234, most=100)


class TestASmallModel:
    """Policies are too long for it."""

    @pytest.fixture
    def judge(self) -> ScriptedJudge:
        """Refuses every policy."""
        return SmallJudge()

    @pytest.mark.also_invented
    async def test_what_does_not_fit_stays_a_draft_and_is_told(self, world: Any) -> None:
        """At the set-up and when it is published later, with the size and the most."""
        done = await world.mira.slash(world.general, "setup", channel=world.mods, starters="scams")
        said = world.said(done)
        assert "Still a draft: “scams” is too long for the model: it has 1,234 tokens, and at most 100 leave" in said
        assert "In force now" not in said
        assert "have them already" not in said
        assert "is too long for the model" in world.said(await world.publish("scams"))
        (policy,) = await world.bot.services.policies.list(world.guild.id)
        assert policy.published is None
        assert policy.draft is not None


@pytest.mark.also_invented
async def test_missing_permissions_are_named_and_nothing_is_saved(world: Any) -> None:
    """Each one by the name that Discord's settings give it, and where to change it."""
    deny = discord.Permissions(embed_links=True, attach_files=True, read_message_history=True).value
    overwrite = Overwrite(target_id=world.bot.user.id, type=OverwriteType.MEMBER, allow=0, deny=deny)
    world.env.backend.set_overwrite(world.mods.id, overwrite)
    said = world.said(await world.mira.slash(world.general, "setup", channel=world.mods))
    for part in ("Embed Links", "Attach Files", "Read Message History", "Permissions", "Nothing was saved"):
        assert part in said
    assert "Send Messages" not in said
    await world.ana.send(world.general, "the butler did it")
    assert world.bot.services.tally.not_judged.total() == 1  # not set up


@pytest.mark.also_invented
async def test_everyone_cannot_be_the_reviewers(world: Any) -> None:
    """That would let every member decide."""
    refused = await world.mira.slash(
        world.general, "setup", channel=world.mods, reviewers=world.guild.default_role, starters="none"
    )
    assert "every member could decide" in world.said(refused)


@pytest.mark.also_invented
async def test_an_unknown_starter_is_refused(world: Any) -> None:
    """Suggestions are not enforced by Discord, so the bot says what there is."""
    refused = await world.mira.slash(world.general, "setup", channel=world.mods, starters="nonsense")
    assert "harassment" in world.said(refused)
    assert "Nothing was saved" in world.said(refused)


async def test_the_reviewer_role_stays_when_it_is_not_named_again(world: Any) -> None:
    """Changing the channel does not take the reviewers' rights away."""
    await world.mira.slash(world.general, "setup", channel=world.mods, reviewers=world.reviewers, starters="none")
    done = await world.mira.slash(world.general, "setup", channel=world.general)
    assert f"<@&{world.reviewers.id}>" in world.said(done)


async def test_starters_are_suggested(world: Any) -> None:
    """The groups and each template; what was typed narrows them down."""
    offered = await world.mira.autocomplete(world.general, "setup", "starters", "")
    assert [choice["value"] for choice in offered] == ["basics", "none", *templates.names()]
    offered = await world.mira.autocomplete(world.general, "setup", "starters", "SCA")
    assert [choice["value"] for choice in offered] == ["scams"]


async def test_only_admins_may_set_up_even_if_the_command_is_shown_to_others(world: Any) -> None:
    """Admins can open commands to everybody by mistake."""
    commands = {command.name: command for command in await world.bot.tree.fetch_commands()}
    for name in ("setup", "policy"):
        world.guild.set_command_permissions(commands[name], {world.guild.default_role: True})
    refused = await world.omar.slash(world.general, "setup", channel=world.mods)
    assert world.said(refused) == "Only members with Manage Server may do that."
    for refused in (
        await world.omar.slash(world.general, "policy new", name="Mine"),
        await world.omar.slash(world.general, "policy list"),
        await world.omar.slash(world.general, "policy edit", name="Mine"),
        await world.omar.slash(world.general, "policy show", name="Mine"),
        await world.omar.slash(world.general, "policy publish", name="Mine"),
        await world.omar.slash(world.general, "policy history", name="Mine"),
        await world.omar.slash(world.general, "policy rollback", name="Mine", version=1),
    ):
        assert world.said(refused).startswith("Only members with Manage Server or with the policy editor role")
        assert refused.response.ephemeral


async def test_the_commands_are_for_servers_and_hidden_from_members(world: Any) -> None:
    """What Discord shows by default fits what the bot allows."""
    commands = {command.name: command for command in await world.bot.tree.fetch_commands()}
    for_members, for_admins = (
        {"rules", "appeal", "my", "privacy", "Report to moderators"},
        {"setup", "policy", "settings"},
    )
    for_reviewers = {"case", "appeals", "reports", "why", "mod", "status", "audit"}
    menus = {"Check against policy", "Check this conversation", "Test draft", "Moderation history"}
    assert set(commands) == for_members | for_admins | for_reviewers | menus
    for name, command in commands.items():
        needed = "manage_guild" if name in for_admins else "manage_messages"
        expected = None if name in for_members else discord.Permissions(**{needed: True})
        assert command.default_member_permissions == expected, name
    (sent,) = [entry.json for entry in world.env.http_requests if entry.method == "PUT"]
    for command in sent:  # banned members appeal in a direct message, through the app that they installed themselves
        places = [0, 1] if command["name"] == "appeal" else [0]
        assert (command["contexts"], command["integration_types"]) == (places, places), command["name"]


async def test_the_commands_stay_within_the_limits_of_discord(world: Any) -> None:
    """25 options at each level, and 8,000 characters for all of a command's names, descriptions and choices."""

    def size(part: dict[str, Any]) -> int:
        own = len(part.get("name", "")) + len(part.get("description", "")) + len(str(part.get("value", "")))
        return own + sum(size(each) for each in (*part.get("options", ()), *part.get("choices", ())))

    def widest(part: dict[str, Any]) -> int:
        options = part.get("options", ())
        return max([len(options), len(part.get("choices", ())), *(widest(each) for each in options)])

    (sent,) = [entry.json for entry in world.env.http_requests if entry.method == "PUT"]
    assert max(map(widest, sent)) <= 25
    assert max(map(size, sent)) <= 8_000, {command["name"]: size(command) for command in sent}


async def test_no_more_is_asked_of_discord_than_needed(world: Any) -> None:
    """Servers, their messages and the messages' content, what AutoMod and moderators do; no members, no presences,
    nobody kept in memory."""
    assert world.bot.intents == discord.Intents(
        guilds=True, guild_messages=True, message_content=True, moderation=True, auto_moderation_execution=True
    )
    await world.set_up()
    await world.ana.send(world.general, "the butler did it")
    await world.omar.click(world.cards()[0], label="Violation")
    assert (list(world.bot.cached_messages), list(world.bot.persistent_views)) == ([], [])
    assert [member.id for member in world.bot.get_guild(world.guild.id).members] == [world.bot.user.id]


@pytest.mark.also_invented
async def test_an_unexpected_error_ends_in_a_line_with_a_number(
    world: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The person gets the number; the log has it with the place in the code, without the error's text."""

    async def broken(guild_id: int) -> None:
        raise ValueError("secret words")

    monkeypatch.setattr(world.bot.services.policies, "list", broken)
    said = world.said(await world.mira.slash(world.general, "policy list"))
    number = said.split("`")[1]
    assert ("went wrong" in said, number in caplog.text, "secret words" in caplog.text) == (True, True, False)
    assert "broken in" in caplog.text
    (error,) = world.env.errors
    assert isinstance(error.__cause__, ValueError)


async def test_a_failed_sync_does_not_keep_the_bot_from_judging(
    bot_factory: Callable[[Judge], BylawBot], caplog: pytest.LogCaptureFixture
) -> None:
    """The commands that Discord knows from before go on working."""
    bot = bot_factory(ScriptedJudge())
    env = simcord.Env(bot, strict_sync=False)
    env.inject_error("PUT", "/applications/*/commands", status=500)
    await env.start()
    await env.shutdown()
    assert "commands not sent to Discord" in caplog.text
    assert bot.services.tally.seen == 0


async def test_commands_can_be_sent_to_one_server(settings: Settings) -> None:
    """For development: they show up there at once."""
    bot = create_bot(settings.model_copy(update={"sync_guild_id": 77}), judge=ScriptedJudge())
    env = simcord.Env(bot)
    env.create_guild("Workshop", id=77)
    await env.start()
    assert [entry.path.split("/", 3)[3] for entry in env.http_requests if entry.method == "PUT"] == [
        "guilds/77/commands"
    ]
    await env.shutdown()
    await bot.close()


async def test_the_first_start_makes_the_database(
    bot_factory: Callable[[Judge], BylawBot], settings: Settings, tmp_path: Path
) -> None:
    """On an empty disk the bot comes up, with the schema that its code needs."""
    (tmp_path / "bylaw.sqlite3").unlink()
    async with simcord.run(bot_factory(ScriptedJudge()), shard_count=1) as env:
        guild = env.create_guild("New", owner=env.create_user("mira"))
        owner = simcord.MemberActor(env, guild, guild.owner)
        channel = guild.create_text_channel("mods")
        done = await owner.slash(channel, "setup", channel=channel)
        assert "Bylaw is set up" in (done.response.content if done.response else "")


async def test_closing_lets_what_is_in_hand_end(world: Any, judge: ScriptedJudge) -> None:
    """Schedule, judge, work in hand, Discord, database, in this order; closing twice does no harm."""
    await world.set_up()
    await world.bot.close()
    await world.bot.close()
    assert world.bot.is_closed()


def test_making_a_bot_opens_nothing(settings: Settings) -> None:
    """No file, no task, no loop is needed to make one; its services are not there yet."""
    before = sorted(settings.data_dir.iterdir())
    bot = create_bot(settings)
    assert sorted(settings.data_dir.iterdir()) == before
    with pytest.raises(RuntimeError, match="not started"):
        _ = bot.services


async def test_a_database_that_cannot_be_opened_stops_the_start(settings: Settings, tmp_path: Path) -> None:
    """With one line that says so; everything opened before is closed again."""
    (tmp_path / "bylaw.sqlite3").write_bytes(b"this is no database" * 100)
    async with create_bot(settings, judge=ScriptedJudge()) as bot:
        with pytest.raises(StorageError, match="no SQLite database"):
            await bot.setup_hook()
    assert bot.is_closed()


async def test_a_key_that_is_none_stops_the_start(settings: Settings) -> None:
    """Before anything is opened."""
    async with create_bot(settings.model_copy(update={"secret_key": SecretStr("nonsense")})) as bot:
        with pytest.raises(KeyTrouble):
            await bot.setup_hook()
    assert bot.is_closed()


async def test_the_judge_is_the_one_that_the_settings_name(settings: Settings, tmp_path: Path) -> None:
    """Lite only where it is asked for; without a model file there is one line and no other judge."""
    keys = load_keys(settings.secret_key.get_secret_value(), tmp_path)
    assert isinstance(await start_judge(settings, keys), LiteJudge)
    llama = settings.model_copy(update={"judge": "llama"})
    with pytest.raises(ModelFileError, match="BYLAW_MODEL_PATH"):
        await start_judge(llama, keys)
    with pytest.raises(ModelFileError):
        await start_judge(llama.model_copy(update={"model_path": tmp_path / "missing.gguf"}), keys)
