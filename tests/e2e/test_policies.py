"""``/policy``: admins write, read, publish and take back, and lose no text whatever happens meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import discord
import pytest
import simcord

from bot.app import BylawBot
from classifier import Judge
from guild_policies import templates

DRAFT_ONLY = "It judges nothing yet"


async def names(world: Any) -> list[str]:
    """The policies of the server."""
    return [policy.name for policy in await world.bot.services.policies.list(world.guild.id)]


async def stored(world: Any, name: str = "Spoilers") -> Any:
    """A policy as the database has it."""
    return await world.bot.services.policies.find(world.guild.id, name)


def second_admin(world: Any) -> Any:
    """Nadia may manage the server, too."""
    role = world.guild.create_role("Admins", permissions=discord.Permissions(manage_guild=True))
    return world.guild.add_member(world.env.create_user("nadia"), roles=[role])


class TestNew:
    """``/policy new``."""

    async def test_the_editor_opens_with_a_text_to_begin_with(self, world: Any) -> None:
        """A form with one field; what is sent off becomes a draft that judges nothing yet."""
        form = await world.mira.slash(world.general, "policy new", name="Film  talk")
        assert form.modal["title"] == "New policy Film talk"
        (label,) = form.modal["components"]
        assert "# Film talk" in label["component"]["value"]
        saved = await world.mira.submit_modal(form, {"text": world.policy})
        assert DRAFT_ONLY in world.said(saved)
        assert await names(world) == ["Film talk"]

    async def test_the_form_can_be_sent_off_after_a_restart(
        self, world: Any, bot_factory: Callable[[Judge], BylawBot], judge: Judge
    ) -> None:
        """Nothing about an open form is kept by the process that opened it."""
        form = await world.mira.slash(world.general, "policy new", name="Spoilers")
        await world.env.restart_bot(bot_factory(judge))
        assert DRAFT_ONLY in world.said(await world.mira.submit_modal(form, {"text": world.policy}))

    async def test_from_a_starter_policy(self, world: Any) -> None:
        """Its text becomes the first draft."""
        await world.mira.slash(world.general, "policy new", name="Fraud", template="Scams")
        assert (await stored(world, "Fraud")).draft.text == templates.load("scams")

    async def test_from_a_file(self, world: Any) -> None:
        """For texts that are too long for a form; UTF-16 of a Windows editor included."""
        data = world.policy.encode("utf-16")
        saved = await world.mira.slash(world.general, "policy new", name="Spoilers", file=("rules.md", data))
        assert DRAFT_ONLY in world.said(saved)
        assert (await stored(world)).draft.text == world.policy

    @pytest.mark.parametrize(
        ("data", "finding"),
        [
            (b"x" * 60_000, "60,000 characters"),
            (b"x" * 600_000, "600,000 bytes"),
            (b"\x89PNG\r\n\x1a\n\x00\x00\xff\xfe" * 10, "not plain text"),
            (b"", "empty"),
            (b" \n\n ", "empty"),
            (b"# Rules\n\n## Rules\n", "headings"),
        ],
        ids=["too long", "far too long", "binary", "empty", "blank", "only headings"],
    )
    async def test_a_file_that_is_no_policy_gets_one_finding(self, world: Any, data: bytes, finding: str) -> None:
        """It is named, and nothing is saved."""
        refused = world.said(await world.mira.slash(world.general, "policy new", name="Bad", file=("x.md", data)))
        assert refused.startswith("**Not saved.**")
        assert (refused.count("error:"), finding in refused) == (1, True), refused
        assert await names(world) == []

    @pytest.mark.parametrize(
        ("options", "why"),
        [
            ({"name": "a", "template": "nonsense"}, "no starter policy of that name"),
            ({"name": "a", "template": "scams", "file": ("x.md", b"x")}, "not both"),
            ({"name": "   "}, "1 to 50 characters"),
            ({"name": "👩" * 30}, "1 to 50 characters"),
        ],
    )
    async def test_options_that_do_not_fit(self, world: Any, options: dict[str, Any], why: str) -> None:
        """One line says what to choose."""
        assert why in world.said(await world.mira.slash(world.general, "policy new", **options))

    async def test_a_taken_name_gives_the_text_back(self, world: Any) -> None:
        """The author keeps what they wrote, as a file."""
        await world.set_up()
        form = await world.mira.slash(world.general, "policy new", name="SPOILERS")
        refused = await world.mira.submit_modal(form, {"text": world.policy})
        assert "already" in world.said(refused)
        assert world.files(refused) == {"spoilers-not-saved.md": world.policy}

    async def test_a_text_that_cannot_be_judged_comes_back(self, world: Any) -> None:
        """With what blocks it first, and as a file to go on with."""
        text = "# X\n## Rules\n### R1 One\nBreaks it: a.\n### R1 Two\nBreaks it: b.\nPattern: `(`\n"
        form = await world.mira.slash(world.general, "policy new", name="Mine")
        refused = await world.mira.submit_modal(form, {"text": text})
        said = world.said(refused)
        assert said.index("error:") < said.index("advice:")
        assert world.files(refused) == {"mine-not-saved.md": text}
        assert await names(world) == []

    async def test_a_failure_gives_the_text_back(self, world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        """Even when it is the bot's own fault."""

        async def broken(*args: Any, **options: Any) -> None:
            raise ValueError("out of order")

        form = await world.mira.slash(world.general, "policy new", name="Mine")
        monkeypatch.setattr(world.bot.services.policies, "create", broken)
        failed = await world.mira.submit_modal(form, {"text": world.policy})
        assert "went wrong" in world.said(failed)
        assert world.files(failed) == {"mine-not-saved.md": world.policy}

    async def test_who_lost_the_permission_keeps_the_text(self, world: Any) -> None:
        """The form was open while the role was taken away."""
        nadia = second_admin(world)
        form = await nadia.slash(world.general, "policy new", name="Mine")
        world.env.backend.edit_member(world.guild.id, nadia.id, {"role_ids": []})
        refused = await nadia.submit_modal(form, {"text": world.policy})
        assert "Only members with Manage Server" in world.said(refused)
        assert world.files(refused) == {"mine-not-saved.md": world.policy}
        assert await names(world) == []

    async def test_the_eleventh_policy_is_refused(self, world: Any) -> None:
        """A server has a limit, and the text comes back."""
        await world.mira.slash(world.general, "setup", channel=world.mods, starters="all")
        for number in range(7, 11):
            await world.mira.slash(world.general, "policy new", name=f"P{number}", template="scams")
        refused = await world.mira.slash(world.general, "policy new", name="P11", template="scams")
        assert "at most 10" in world.said(refused)


class TestEdit:
    """``/policy edit``."""

    async def test_the_editor_holds_the_version_in_force_and_then_the_draft(self, world: Any) -> None:
        """What an admin goes on writing is the newest text there is."""
        await world.set_up()
        form = await world.mira.slash(world.general, "policy edit", name="spoilers")
        assert form.modal["components"][0]["component"]["value"] == world.policy
        await world.mira.submit_modal(form, {"text": world.policy + "\n## More\nx\n"})
        form = await world.mira.slash(world.general, "policy edit", name="Spoilers")
        assert form.modal["components"][0]["component"]["value"] == world.policy + "\n## More\nx\n"

    async def test_two_editors_notice_each_other(self, world: Any) -> None:
        """The second is told who was first, keeps the text, and the first one's draft stays."""
        await world.set_up()
        nadia = second_admin(world)
        mine = await world.mira.slash(world.general, "policy edit", name="Spoilers")
        hers = await nadia.slash(world.general, "policy edit", name="Spoilers")
        await nadia.submit_modal(hers, {"text": world.policy + "\n## Hers\nx\n"})
        late = await world.mira.submit_modal(mine, {"text": world.policy + "\n## Mine\nx\n"})
        assert f"<@{nadia.id}> saved draft revision" in world.said(late)
        assert world.files(late) == {"spoilers-not-saved.md": world.policy + "\n## Mine\nx\n"}
        assert "Hers" in (await stored(world)).draft.text

    async def test_a_publication_meanwhile_is_noticed(self, world: Any) -> None:
        """A text that starts from an older version does not undo the newer one unseen."""
        await world.set_up()
        nadia = second_admin(world)
        hers = await nadia.slash(world.general, "policy edit", name="Spoilers")
        await world.rewrite("Spoilers", world.policy + "\n## Mine\nx\n")
        late = await nadia.submit_modal(hers, {"text": world.policy + "\n## Hers\nx\n"})
        assert f"<@{world.mira.id}> put version 2 in force" in world.said(late)
        assert (await stored(world)).draft is None

    async def test_a_long_text_goes_by_file_both_ways(self, world: Any) -> None:
        """Discord's field is too small: the text comes as a file, and goes back as one."""
        await world.set_up()
        long = world.policy + "\n## Notes\n" + "More about films and their endings.\n" * 150
        saved = await world.mira.slash(world.general, "policy edit", name="Spoilers", file=("x.md", long.encode()))
        assert DRAFT_ONLY in world.said(saved)
        answer = await world.mira.slash(world.general, "policy edit", name="Spoilers")
        assert "too long for Discord's editor" in world.said(answer)
        assert world.files(answer) == {"spoilers.md": long}
        again = await world.mira.slash(
            world.general, "policy edit", name="Spoilers", file=("x.md", world.policy.encode())
        )
        assert f"It replaced revision 2 by <@{world.mira.id}>" in world.said(again)

    async def test_a_file_that_is_no_policy(self, world: Any) -> None:
        """It is named, and the draft stays."""
        await world.set_up()
        refused = await world.mira.slash(world.general, "policy edit", name="Spoilers", file=("x.md", b"\xff\xfe\x00"))
        assert "not plain text" in world.said(refused)
        world.env.inject_error("GET", "/*", status=404)
        assert (await stored(world)).draft is None

    async def test_an_unknown_policy(self, world: Any) -> None:
        """One line, with the name shown as text."""
        said = world.said(await world.mira.slash(world.general, "policy edit", name="<@1> **x**"))
        assert r"There is no policy named “\<\@1\> \*\*x\*\*”" in said

    async def test_a_policy_that_went_away_meanwhile(self, world: Any) -> None:
        """A form about a policy that this server does not have gives the text back."""
        await world.set_up()
        form = await world.mira.slash(world.general, "policy edit", name="Spoilers")
        form._interaction.modal["custom_id"] = "bylaw:edit:999:1:0"
        refused = await world.mira.submit_modal(form, {"text": world.policy})
        assert "not in this server any more" in world.said(refused)
        assert world.files(refused) == {"policy-not-saved.md": world.policy}


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
        assert (await stored(world)).published.number == 1
        done = await world.mira.click(asked.response, label="Publish")
        assert "version 2 is in force" in world.said(done)
        assert asked.response.components == []

    async def test_two_admins_at_once(self, world: Any) -> None:
        """One wins; the other is told who and what, and a newer draft is kept."""
        await world.set_up()
        nadia = second_admin(world)
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
        assert ((await stored(world)).published.number, "Two" in (await stored(world)).draft.text) == (2, True)

    async def test_the_same_draft_twice(self, world: Any) -> None:
        """The second click is told that the version is in force already, and by whom."""
        await world.set_up()
        nadia = second_admin(world)
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
        nadia = second_admin(world)
        form = await nadia.slash(world.general, "policy new", name="Spoilers")
        await nadia.submit_modal(form, {"text": world.policy})
        asked = await nadia.slash(world.general, "policy publish", name="Spoilers")
        await world.env.restart_bot(bot_factory(judge))
        admins = [role.id for role in world.guild.roles.values() if role.name == "Admins"]
        world.env.backend.edit_member(world.guild.id, nadia.id, {"role_ids": []})
        assert "Only members with Manage Server" in world.said(await nadia.click(asked.response, label="Publish"))
        world.env.backend.edit_member(world.guild.id, nadia.id, {"role_ids": admins})
        assert "version 1 is in force" in world.said(await nadia.click(asked.response, label="Publish"))

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
        assert "says the same" in world.said(await world.publish("Spoilers"))

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

    async def test_the_list(self, world: Any) -> None:
        """What is in force, what waits, and what to do when there is nothing."""
        assert "no policies yet" in world.said(await world.mira.slash(world.general, "policy list"))
        await world.set_up()
        await world.mira.slash(world.general, "policy new", name="Fraud", template="scams")
        said = world.said(await world.mira.slash(world.general, "policy list"))
        assert "**Spoilers**: v1 in force, 1 rule" in said
        assert "**Fraud**: not in force; draft revision 1 not published" in said

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

    async def test_a_rollback_that_came_too_late(self, world: Any) -> None:
        """Another version came into force meanwhile: nothing happens, and who it was is said."""
        await world.set_up()
        nadia = second_admin(world)
        await world.rewrite("Spoilers", world.policy.replace("film ends", "film starts"))
        asked = await nadia.slash(world.general, "policy rollback", name="Spoilers", version=1)
        await world.rewrite("Spoilers", world.policy.replace("film ends", "film stops"))
        late = world.said(await nadia.click(asked.response, label="Roll back to version 1"))
        assert f"<@{world.mira.id}> put version 3 in force" in late
        assert (await stored(world)).published.number == 3

    async def test_a_rollback_keeps_the_draft_and_says_so(self, world: Any) -> None:
        """Going back is about what is in force."""
        await world.set_up()
        await world.rewrite("Spoilers", world.policy + "\n## Two\nx\n")
        form = await world.mira.slash(world.general, "policy edit", name="Spoilers")
        await world.mira.submit_modal(form, {"text": world.policy + "\n## Three\nx\n"})
        asked = await world.mira.slash(world.general, "policy rollback", name="Spoilers", version=1)
        assert "The draft, revision 3, stays" in world.said(asked)

    @pytest.mark.parametrize(("name", "version", "why"), [("Spoilers", 1, "already"), ("Spoilers", 7, "no version 7"),
        ("Nope", 1, "no policy named"), ("Draft", 1, "nothing to roll back")])  # fmt: skip
    async def test_rollbacks_that_lead_nowhere(self, world: Any, name: str, version: int, why: str) -> None:
        """One line each."""
        await world.set_up()
        await world.mira.slash(world.general, "policy new", name="Draft", template="scams")
        assert why in world.said(await world.mira.slash(world.general, "policy rollback", name=name, version=version))

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
            assert "not in this server any more" in world.said(refused)


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
        assert isinstance(world.env, simcord.Env)
