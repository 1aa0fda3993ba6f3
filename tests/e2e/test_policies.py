"""``/policy new`` and ``edit``: admins write, and lose no text whatever happens meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bot.app import BylawBot
from classifier import Judge
from guild_policies import templates

DRAFT_ONLY = "It judges nothing yet"


async def names(world: Any) -> list[str]:
    """The policies of the server."""
    return [policy.name for policy in await world.bot.services.policies.list(world.guild.id)]


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
        assert (await world.stored("Fraud")).draft.text == templates.load("scams")

    async def test_from_a_file(self, world: Any) -> None:
        """For texts that are too long for a form; UTF-16 of a Windows editor included."""
        data = world.policy.encode("utf-16")
        saved = await world.mira.slash(world.general, "policy new", name="Spoilers", file=("rules.md", data))
        assert DRAFT_ONLY in world.said(saved)
        assert (await world.stored()).draft.text == world.policy

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
            ({"name": "a", "template": "nonsense"}, "no starter policy with that name"),
            ({"name": "a", "template": "scams", "file": ("x.md", b"x")}, "only one"),
            ({"name": "   "}, "1 to 50 characters"),
            ({"name": "👩" * 30}, "1 to 50 characters"),
        ],
    )
    async def test_options_that_do_not_fit(self, world: Any, options: dict[str, Any], why: str) -> None:
        """One line says what to choose."""
        assert why in world.said(await world.mira.slash(world.general, "policy new", **options))

    @pytest.mark.parametrize(
        ("name", "why"),
        [("SPOILERS", "There is already a policy with this name"), ("a\u202eb", "without invisible characters")],
    )
    async def test_a_name_that_will_be_refused_opens_no_editor(self, world: Any, name: str, why: str) -> None:
        """Nobody writes a whole policy first."""
        await world.set_up()
        refused = await world.mira.slash(world.general, "policy new", name=name)
        assert (refused.modal, why in world.said(refused)) == (None, True)

    async def test_nor_does_one_policy_too_many(self, world: Any) -> None:
        """A server has ten at most."""
        for number in range(10):
            file = ("x.md", world.policy.encode())
            await world.mira.slash(world.general, "policy new", name=f"Policy {number}", file=file)
        refused = await world.mira.slash(world.general, "policy new", name="One more")
        assert (refused.modal, "at most 10 policies" in world.said(refused)) == (None, True)

    async def test_a_name_that_is_taken_meanwhile_gives_the_text_back(self, world: Any) -> None:
        """The author keeps what they wrote, as a file."""
        form = await world.mira.slash(world.general, "policy new", name="SPOILERS")
        await world.set_up()
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
        nadia = world.second_admin()
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
        nadia = world.second_admin()
        mine = await world.mira.slash(world.general, "policy edit", name="Spoilers")
        hers = await nadia.slash(world.general, "policy edit", name="Spoilers")
        await nadia.submit_modal(hers, {"text": world.policy + "\n## Hers\nx\n"})
        late = await world.mira.submit_modal(mine, {"text": world.policy + "\n## Mine\nx\n"})
        assert f"<@{nadia.id}> saved draft revision" in world.said(late)
        assert world.files(late) == {"spoilers-not-saved.md": world.policy + "\n## Mine\nx\n"}
        assert "Hers" in (await world.stored()).draft.text

    async def test_a_publication_meanwhile_is_noticed(self, world: Any) -> None:
        """A text that starts from an older version does not undo the newer one unseen."""
        await world.set_up()
        nadia = world.second_admin()
        hers = await nadia.slash(world.general, "policy edit", name="Spoilers")
        await world.rewrite("Spoilers", world.policy + "\n## Mine\nx\n")
        late = await nadia.submit_modal(hers, {"text": world.policy + "\n## Hers\nx\n"})
        assert f"<@{world.mira.id}> put version 2 in force" in world.said(late)
        assert (await world.stored()).draft is None

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
        assert (await world.stored()).draft is None

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
        assert "no longer in this server" in world.said(refused)
        assert world.files(refused) == {"policy-not-saved.md": world.policy}
