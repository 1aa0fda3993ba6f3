"""``/policy publish``, ``show``, ``list``, ``history`` and ``rollback``: what is in force, and how it comes to be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bot.app import BylawBot
from classifier import Judge


class TestPublish:
    """``/policy publish``."""

    async def test_it_shows_what_changes_and_asks_once(self, world: Any) -> None:
        """Nothing is in force before the button; then the next message is judged by it."""
        await world.set_up()
        form = await world.mira.slash(world.general, "policy edit", name="Spoilers")
        await world.mira.submit_modal(form, {"text": world.policy.replace("film ends", "film starts")})
        asked = await world.mira.slash(world.general, "policy publish", name="Spoilers")
        said = world.said(asked)
        assert "instead of version 1" in said
        assert "- Breaks it" in said
        assert "+ Breaks it" in said
        assert (await world.stored()).published.number == 1
        done = await world.mira.click(asked.response, label="Publish")
        assert "version 2 is in force" in world.said(done)
        assert asked.response.components == []

    async def test_two_admins_at_once(self, world: Any) -> None:
        """One wins; the other is told who and what, and a newer draft is kept."""
        await world.set_up()
        nadia = world.second_admin()
        form = await world.mira.slash(world.general, "policy edit", name="Spoilers")
        await world.mira.submit_modal(form, {"text": world.policy + "\n## One\nx\n"})
        first = await world.mira.slash(world.general, "policy publish", name="Spoilers")
        second = await nadia.slash(world.general, "policy publish", name="Spoilers")
        await world.mira.click(first.response, label="Publish")
        form = await world.mira.slash(world.general, "policy edit", name="Spoilers")
        await world.mira.submit_modal(form, {"text": world.policy + "\n## Two\nx\n"})
        late = world.said(await nadia.click(second.response, label="Publish"))
        assert "Nothing was published" in late
        assert f"<@{world.mira.id}>" in late
        assert "The draft, revision 3, is kept" in late
        assert ((await world.stored()).published.number, "Two" in (await world.stored()).draft.text) == (2, True)

    async def test_the_same_draft_twice(self, world: Any) -> None:
        """The second click is told that the version is in force already, and by whom."""
        await world.set_up()
        nadia = world.second_admin()
        form = await world.mira.slash(world.general, "policy edit", name="Spoilers")
        await world.mira.submit_modal(form, {"text": world.policy + "\n## One\nx\n"})
        first = await world.mira.slash(world.general, "policy publish", name="Spoilers")
        second = await nadia.slash(world.general, "policy publish", name="Spoilers")
        await world.mira.click(first.response, label="Publish")
        late = world.said(await nadia.click(second.response, label="Publish"))
        assert f"<@{world.mira.id}> put version 2 in force" in late

    async def test_the_button_survives_a_restart_and_asks_for_the_permission_again(
        self, world: Any, bot_factory: Callable[[Judge], BylawBot], judge: Judge
    ) -> None:
        """It holds ids only; who clicks is looked at now."""
        nadia = world.second_admin()
        form = await nadia.slash(world.general, "policy new", name="Spoilers")
        await nadia.submit_modal(form, {"text": world.policy})
        asked = await nadia.slash(world.general, "policy publish", name="Spoilers")
        await world.env.restart_bot(bot_factory(judge))
        admins = [role.id for role in world.guild.roles.values() if role.name == "Admins"]
        world.env.backend.edit_member(world.guild.id, nadia.id, {"role_ids": []})
        assert "Only members with Manage Server" in world.said(await nadia.click(asked.response, label="Publish"))
        world.env.backend.edit_member(world.guild.id, nadia.id, {"role_ids": admins})
        assert "version 1 is in force" in world.said(await nadia.click(asked.response, label="Publish"))

    async def test_a_draft_that_cannot_be_judged(self, world: Any) -> None:
        """A draft from before the linter knew better is not put in force; its text comes along."""
        await world.set_up()
        policy = await world.stored()
        bad = world.policy.replace("### R1", "###")
        store = world.bot.services.policies._store
        await store.save_draft(guild_id=world.guild.id, policy_id=policy.id, text=bad, actor_id=1, seen_revision=None)
        refused = await world.mira.slash(world.general, "policy publish", name="Spoilers")
        assert "Bylaw cannot judge messages with this text yet" in world.said(refused)
        assert world.files(refused) == {"spoilers-not-saved.md": bad}

    async def test_nothing_to_publish(self, world: Any) -> None:
        """No draft, or no such policy: one line each."""
        await world.set_up()
        assert "no draft" in world.said(await world.mira.slash(world.general, "policy publish", name="Spoilers"))
        assert "no policy named" in world.said(await world.mira.slash(world.general, "policy publish", name="Nope"))

    async def test_a_draft_like_the_version_in_force(self, world: Any) -> None:
        """It is not put in force again."""
        await world.set_up()
        form = await world.mira.slash(world.general, "policy edit", name="Spoilers")
        await world.mira.submit_modal(form, {"text": world.policy})
        assert "is the same as the version in force" in world.said(await world.publish("Spoilers"))

    async def test_many_changes_come_as_a_file(self, world: Any) -> None:
        """What does not fit into a message is not cut."""
        await world.set_up()
        more = "".join(f"### R{number} Rule {number}\nBreaks it: {'x' * 100}.\n" for number in range(2, 30))
        text = world.policy + more
        await world.mira.slash(world.general, "policy edit", name="Spoilers", file=("x.md", text.encode()))
        asked = await world.mira.slash(world.general, "policy publish", name="Spoilers")
        (changes,) = world.files(asked).values()
        assert "R29" in changes


class TestShowAndHistory:
    """``/policy show``, ``list``, ``history`` and ``rollback``."""

    async def test_every_text_can_be_read(self, world: Any) -> None:
        """The version in force, the draft, an older version; a name in any case."""
        await world.set_up()
        await world.rewrite("Spoilers", world.policy + "\n## Two\nx\n")
        form = await world.mira.slash(world.general, "policy edit", name="Spoilers")
        await world.mira.submit_modal(form, {"text": world.policy + "\n## Three\nx\n"})
        said = {
            version: world.said(
                await world.mira.slash(
                    world.general, "policy show", name="SPOILERS", **({"version": version} if version else {})
                )
            )
            for version in (None, "published", "draft", "1", "v2", "9", "nonsense")
        }
        assert "version 2, in force" in said[None]
        assert "## Two" in said["published"]
        assert "## Three" in said["draft"]
        assert "version 1, not in force" in said["1"]
        assert "## Two" in said["v2"]
        assert "no such version" in said["9"]
        assert "no such version" in said["nonsense"]

    async def test_a_text_with_code_fences_comes_as_a_file(self, world: Any) -> None:
        """It could break out of the block that it is shown in."""
        text = world.policy + "\n## Notes\n```\nx\n```\n"
        await world.write("Spoilers", text)
        shown = await world.mira.slash(world.general, "policy show", name="Spoilers")
        assert world.files(shown) == {"spoilers-v1.md": text}

    @pytest.mark.also_invented
    async def test_a_policy_without_a_version_or_a_draft(self, world: Any) -> None:
        """What is not there is said to be so."""
        form = await world.mira.slash(world.general, "policy new", name="Spoilers")
        await world.mira.submit_modal(form, {"text": world.policy})
        show = [world.general, "policy show"]
        assert "draft, revision 1" in world.said(await world.mira.slash(*show, name="Spoilers"))
        assert "no such version" in world.said(await world.mira.slash(*show, name="Spoilers", version="published"))
        assert "No version" in world.said(await world.mira.slash(world.general, "policy history", name="Spoilers"))
        await world.publish("Spoilers")
        assert "has no draft" in world.said(await world.mira.slash(*show, name="Spoilers", version="draft"))
        assert "no policy named" in world.said(await world.mira.slash(*show, name="Nope"))
        assert "no policy named" in world.said(await world.mira.slash(world.general, "policy history", name="Nope"))

    @pytest.mark.also_invented
    async def test_the_list(self, world: Any) -> None:
        """What is in force, what waits, and what to do when there is nothing."""
        assert "no policies yet" in world.said(await world.mira.slash(world.general, "policy list"))
        await world.set_up()
        await world.mira.slash(world.general, "policy new", name="Fraud", template="scams")
        said = world.said(await world.mira.slash(world.general, "policy list"))
        assert "**Spoilers**: v1 in force · 1 rule" in said
        assert "**Fraud**: not in force · draft revision 1 not published" in said

    async def test_rolling_back(self, world: Any) -> None:
        """It shows the way back, asks once, and the history tells of it."""
        await world.set_up()
        await world.rewrite("Spoilers", world.policy.replace("film ends", "film starts"))
        asked = await world.mira.slash(world.general, "policy rollback", name="Spoilers", version=1)
        assert "instead of version 2" in world.said(asked)
        done = await world.mira.click(asked.response, label="Roll back to version 1")
        assert "version 1 is in force" in world.said(done)
        history = world.said(await world.mira.slash(world.general, "policy history", name="Spoilers"))
        lines = [line for line in history.splitlines() if line.startswith("- ")]
        assert ["v1 rolled back" in lines[0], "v2 published" in lines[1], "v1 published" in lines[2]] == [True] * 3

    @pytest.mark.also_invented
    async def test_a_rollback_that_came_too_late(self, world: Any) -> None:
        """Another version came into force meanwhile: nothing happens, and who it was is said."""
        await world.set_up()
        nadia = world.second_admin()
        await world.rewrite("Spoilers", world.policy.replace("film ends", "film starts"))
        asked = await nadia.slash(world.general, "policy rollback", name="Spoilers", version=1)
        await world.rewrite("Spoilers", world.policy.replace("film ends", "film stops"))
        late = world.said(await nadia.click(asked.response, label="Roll back to version 1"))
        assert f"<@{world.mira.id}> put version 3 in force" in late
        assert (await world.stored()).published.number == 3

    async def test_who_lost_the_permission_rolls_nothing_back(self, world: Any) -> None:
        """What counts is the moment of the click."""
        await world.set_up()
        await world.rewrite("Spoilers", world.policy + "\n## Two\nx\n")
        nadia = world.second_admin()
        asked = await nadia.slash(world.general, "policy rollback", name="Spoilers", version=1)
        world.env.backend.edit_member(world.guild.id, nadia.id, {"role_ids": []})
        refused = await nadia.click(asked.response, label="Roll back to version 1")
        assert "Only members with Manage Server" in world.said(refused)
        assert (await world.stored()).published.number == 2

    async def test_a_rollback_keeps_the_draft_and_says_so(self, world: Any) -> None:
        """Going back is about what is in force."""
        await world.set_up()
        await world.rewrite("Spoilers", world.policy + "\n## Two\nx\n")
        form = await world.mira.slash(world.general, "policy edit", name="Spoilers")
        await world.mira.submit_modal(form, {"text": world.policy + "\n## Three\nx\n"})
        asked = await world.mira.slash(world.general, "policy rollback", name="Spoilers", version=1)
        assert "The draft, revision 3, does not change" in world.said(asked)

    @pytest.mark.parametrize(
        ("name", "version", "why"),
        [
            ("Spoilers", 1, "already"),
            ("Spoilers", 7, "no version 7"),
            ("Nope", 1, "no policy named"),
            ("Draft", 1, "nothing to roll back"),
        ],
    )
    async def test_rollbacks_that_lead_nowhere(self, world: Any, name: str, version: int, why: str) -> None:
        """One line each."""
        await world.set_up()
        await world.mira.slash(world.general, "policy new", name="Draft", template="scams")
        assert why in world.said(await world.mira.slash(world.general, "policy rollback", name=name, version=version))

    @pytest.mark.also_invented
    async def test_buttons_about_a_policy_of_another_server(self, world: Any) -> None:
        """They find nothing there."""
        await world.set_up()
        await world.rewrite("Spoilers", world.policy + "\n## Two\nx\n")
        form = await world.mira.slash(world.general, "policy edit", name="Spoilers")
        await world.mira.submit_modal(form, {"text": world.policy + "\n## Three\nx\n"})
        for command, options in (("policy publish", {}), ("policy rollback", {"version": 1})):
            asked = await world.mira.slash(world.general, command, name="Spoilers", **options)
            (row,) = asked.response._message.components
            row["components"][0]["custom_id"] = row["components"][0]["custom_id"].replace(":1:", ":999:")
            refused = await world.mira.click(asked.response, custom_id=row["components"][0]["custom_id"])
            assert "no longer in this server" in world.said(refused)


class TestSuggestions:
    """What is offered while an admin types."""

    async def test_names_versions_and_templates(self, world: Any) -> None:
        """From the database, narrowed down by what was typed, and only for admins."""
        await world.set_up()
        await world.rewrite("Spoilers", world.policy + "\n## Two\nx\n")

        async def offered(command: str, option: str, typed: str, **filled: Any) -> list[Any]:
            choices = await world.mira.autocomplete(world.general, command, option, typed, **filled)
            return [choice["value"] for choice in choices]

        assert await offered("policy edit", "name", "SPOIL") == ["Spoilers"]
        assert await offered("policy edit", "name", "x") == []
        assert await offered("policy new", "template", "game") == ["game-cheating"]
        assert await offered("policy show", "version", "", name="Spoilers") == ["published", "2", "1"]
        assert await offered("policy show", "version", "", name="Nope") == []
        assert await offered("policy rollback", "version", "1", name="Spoilers") == [1]

    async def test_not_for_those_who_may_not_write(self, world: Any) -> None:
        """A command that is shown to everybody by mistake does not tell what policies there are."""
        await world.set_up()
        commands = {command.name: command for command in await world.bot.tree.fetch_commands()}
        world.guild.set_command_permissions(commands["policy"], {world.guild.default_role: True})
        assert await world.ana.autocomplete(world.general, "policy edit", "name", "") == []
        assert await world.ana.autocomplete(world.general, "policy show", "version", "", name="Spoilers") == []
