"""``/rules`` for every member, and the role that may write policies."""

from __future__ import annotations

from typing import Any

import discord
import pytest
from simcord.backend.models import Overwrite
from simcord.enums import OverwriteType


class TestRules:
    """``/rules``."""

    async def test_any_member_reads_them(self, world: Any) -> None:
        """What is checked and where, how long texts are kept, and, honestly, whom to write to."""
        await world.set_up()
        answer = await world.ana.slash(world.general, "rules")
        said = world.said(answer)
        assert answer.response.ephemeral
        assert "**Spoilers** · everywhere" in said
        assert "R1 Unmarked spoiler: telling how the film ends" in said
        assert "30 days" in said
        assert "message the moderators" in said
        assert "cannot believe the sister" not in said

    async def test_before_anything_is_in_force(self, world: Any) -> None:
        """Nothing is claimed that is not so; drafts and paused policies are nobody's business."""
        assert "Bylaw checks no rules" in world.said(await world.ana.slash(world.general, "rules"))
        await world.set_up()
        await world.mira.slash(world.general, "policy pause", name="Spoilers")
        assert "Bylaw checks no rules" in world.said(await world.ana.slash(world.general, "rules"))

    async def test_an_appeal_in_the_servers_own_words(self, world: Any) -> None:
        """As text that cannot ping or format; it stays when /setup runs again without it."""
        await world.set_up()
        done = await world.mira.slash(
            world.general, "setup", channel=world.mods, appeal="Write to **@everyone** in <#1>", starters="none"
        )
        assert "How to appeal" in world.said(done)
        await world.mira.slash(world.general, "setup", channel=world.mods)
        said = world.said(await world.ana.slash(world.general, "rules"))
        assert r"**Appeal**: Write to \*\*\@everyone\*\* in \<\#1\>" in said

    @pytest.mark.also_invented
    async def test_where_a_policy_applies(self, world: Any) -> None:
        """In the words of its scope."""
        await world.set_up()
        shown = await world.mira.slash(world.general, "policy scope", name="Spoilers")
        settings = (await world.stored()).settings
        del shown
        scope = type(settings.scope)(
            only_in=frozenset({world.general.id}),
            not_in=frozenset({world.mods.id}),
            newcomer_days=1,
            exempt_roles=frozenset({world.reviewers.id}),
        )
        await world.bot.services.life.change_settings(
            world.guild.id, "Spoilers", type(settings)(scope=scope), seen=settings, actor_id=world.mira.id
        )
        said = world.said(await world.ana.slash(world.general, "rules"))
        assert (
            f"in <#{world.general.id}> · not in <#{world.mods.id}> · only in your first 1 day here · not for 1 role"
            in said
        )

    async def test_many_rules_come_as_a_file(self, world: Any) -> None:
        """With the titles in the message, or at least the names."""
        more = "".join(f"### R{number} Rule {number}\nBreaks it: {'x' * 100}.\n" for number in range(2, 20))
        await world.mira.slash(world.general, "setup", channel=world.mods, starters="none")
        await world.mira.slash(world.general, "policy new", name="A", file=("a.md", (world.policy + more).encode()))
        await world.publish("A")
        answer = await world.ana.slash(world.general, "rules")
        assert "R19 Rule 19" in world.said(answer)
        assert "Breaks it: " + "x" * 100 in world.files(answer)["rules.txt"]
        await world.mira.slash(world.general, "setup", channel=world.mods, starters="all")
        answer = await world.ana.slash(world.general, "rules")
        assert "R19 Rule 19" in world.files(answer)["rules.txt"]
        assert len(world.said(answer)) <= 2_000


class TestEditors:
    """The role that may write policies."""

    @pytest.fixture
    async def editors(self, world: Any) -> Any:
        """Rita's role may write policies; Discord shows her the command."""
        await world.set_up()
        done = await world.mira.slash(
            world.general, "setup", channel=world.mods, editors=world.reviewers, starters="none"
        )
        assert f"Policy editors: <@&{world.reviewers.id}>" in world.said(done)
        commands = {command.name: command for command in await world.bot.tree.fetch_commands()}
        for name in ("policy", "setup"):
            world.guild.set_command_permissions(commands[name], {world.guild.default_role: True})
        return world.reviewers

    async def test_they_write_and_publish_and_set_nothing_else(self, world: Any, editors: Any) -> None:
        """The settings of the server stay with those who manage it."""
        form = await world.rita.slash(world.general, "policy edit", name="Spoilers")
        await world.rita.submit_modal(form, {"text": world.policy + "\n## Two\nx\n"})
        asked = await world.rita.slash(world.general, "policy publish", name="Spoilers")
        assert "version 2 is in force" in world.said(await world.rita.click(asked.response, label="Publish"))
        refused = await world.rita.slash(world.general, "setup", channel=world.general)
        assert world.said(refused) == "Only members with Manage Server may do that."

    async def test_a_role_that_was_taken_away_in_between(self, world: Any, editors: Any) -> None:
        """The save stops, and the text comes back."""
        form = await world.rita.slash(world.general, "policy edit", name="Spoilers")
        world.env.backend.edit_member(world.guild.id, world.rita.id, {"role_ids": []})
        refused = await world.rita.submit_modal(form, {"text": "mine"})
        assert "Only members with Manage Server or with the policy editor role" in world.said(refused)
        assert world.files(refused) == {"policy-not-saved.md": "mine"}
        assert (await world.stored()).draft is None

    async def test_a_role_that_was_taken_away_before_an_import_is_saved(self, world: Any, editors: Any) -> None:
        """The button asks again who it is."""
        file = ("new.md", b"# New\n## VIOLATES (1)\nspam\n## SAFE (0)\nham\n")
        shown = await world.rita.slash(world.general, "policy import", file=file)
        world.env.backend.edit_member(world.guild.id, world.rita.id, {"role_ids": []})
        refused = await world.rita.click(world.preview(shown), label="Save as draft")
        assert "Only members with Manage Server or with the policy editor role" in world.said(refused)
        assert await world.stored("New") is None

    @pytest.mark.also_invented
    async def test_everyone_cannot_be_the_editors(self, world: Any) -> None:
        """That would let every member change the rules."""
        refused = await world.mira.slash(world.general, "setup", channel=world.mods, editors=world.guild.default_role)
        assert "every member could change your rules" in world.said(refused)


class TestRulesChannel:
    """``/policy new from_rules:``, and who may read the channel."""

    @pytest.mark.parametrize("reader", ["bot", "editor"])
    async def test_what_one_of_them_cannot_read_is_not_read(self, world: Any, reader: str) -> None:
        """The bot lends nobody its eyes."""
        rules = world.guild.create_text_channel("rules")
        nadia = world.second_admin()
        deny = discord.Permissions(read_message_history=True).value
        target = world.bot.user.id if reader == "bot" else nadia.id
        overwrite = Overwrite(target_id=target, type=OverwriteType.MEMBER, allow=0, deny=deny)
        world.env.backend.set_overwrite(rules.id, overwrite)
        said = world.said(await nadia.slash(world.general, "policy new", name="House", from_rules=rules))
        assert ("cannot read" if reader == "bot" else "you can read yourself") in said
        assert await world.stored("House") is None


#: Every command about policies with options that it needs.
COMMANDS: dict[str, dict[str, Any]] = {
    "new": {"name": "A"},
    "edit": {"name": "Spoilers"},
    "import": {"file": ("a.md", b"# A")},
    "draft": {"name": "Spoilers"},
    "show": {"name": "Spoilers"},
    "export": {"name": "Spoilers"},
    "list": {},
    "history": {"name": "Spoilers"},
    "diff": {"name": "Spoilers", "old": "1", "new": "1"},
    "publish": {"name": "Spoilers"},
    "rollback": {"name": "Spoilers", "version": 1},
    "discard": {"name": "Spoilers"},
    "pause": {"name": "Spoilers"},
    "resume": {"name": "Spoilers"},
    "delete": {"name": "Spoilers"},
    "scope": {"name": "Spoilers"},
    "try-out start": {"name": "Spoilers"},
    "try-out stop": {"name": "Spoilers"},
    "try-out status": {},
    "backtest": {"name": "Spoilers"},
    "flash": {"text": "x"},
}
FOR_REVIEWERS: dict[str, dict[str, Any]] = {
    "test": {"name": "Spoilers", "text": "x"},
    "pin": {"name": "Spoilers", "must": "clear"},
    "pins": {"name": "Spoilers"},
}


class TestEveryCommand:
    """Whatever commands Discord shows, the bot asks who it is."""

    @pytest.fixture
    async def shown_to_all(self, world: Any) -> None:
        """An admin has opened the command to everybody by mistake."""
        await world.set_up()
        commands = {command.name: command for command in await world.bot.tree.fetch_commands()}
        world.guild.set_command_permissions(commands["policy"], {world.guild.default_role: True})

    async def test_these_are_all_of_them(self, world: Any) -> None:
        """A new command is added above, too."""
        (sent,) = [entry.json for entry in world.env.http_requests if entry.method == "PUT"]
        (policy,) = [command for command in sent if command["name"] == "policy"]
        names = [
            f"{each['name']} {inner['name']}" if each["type"] == 2 else each["name"]
            for each in policy["options"]
            for inner in (each["options"] if each["type"] == 2 else [each])
        ]
        assert set(names) == {*COMMANDS, *FOR_REVIEWERS, "consequence"}  # the last is for admins: see its own tests

    async def test_members_and_moderators_write_no_policies(self, world: Any, shown_to_all: None) -> None:
        """One line, to them alone, and nothing else happens."""
        for command, options in COMMANDS.items():
            refused = await world.omar.slash(world.general, f"policy {command}", **options)
            assert world.said(refused).startswith("Only members with Manage Server or"), command
            assert refused.response.ephemeral
        for command, options in FOR_REVIEWERS.items():
            refused = await world.ana.slash(world.general, f"policy {command}", **options)
            assert world.said(refused).startswith("Only members with Manage Server or"), command

    async def test_members_are_offered_nothing(self, world: Any, shown_to_all: None) -> None:
        """Not even the names."""
        for command, option in (("pin", "must"), ("pins", "remove"), ("draft", "version"), ("diff", "old")):
            filled = {"name": "Spoilers"}
            offered = await world.ana.autocomplete(world.general, f"policy {command}", option, "", **filled)
            assert [choice["value"] for choice in offered if choice["value"] != "clear"] == []

    @pytest.mark.also_invented
    async def test_reviewers_pin_and_test(self, world: Any, shown_to_all: None) -> None:
        """They know best what the rules have to say."""
        form = await world.omar.slash(world.general, "policy pin", name="Spoilers", must="R1")
        assert "Pinned example" in world.said(await world.omar.submit_modal(form, {"text": "the butler"}))
        said = world.said(await world.omar.slash(world.general, "policy test", name="Spoilers", text="the butler"))
        assert "violation of R1" in said

    async def test_a_draft_that_cannot_be_judged(self, world: Any) -> None:
        """From before the linter knew better: it is neither tried out nor backtested, and stays."""
        await world.set_up()
        policy = await world.stored()
        bad = world.policy.replace("### R1", "###")
        store = world.bot.services.policies._store
        await store.save_draft(guild_id=world.guild.id, policy_id=policy.id, text=bad, actor_id=1, seen_revision=None)
        for command, options in (("try-out start", {}), ("backtest", {})):
            said = world.said(await world.mira.slash(world.general, f"policy {command}", name="Spoilers", **options))
            assert said.startswith("**Bylaw cannot judge messages with this draft yet.**"), said
