"""Members report messages, and look at their own record."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import discord
import pytest

from bot.cogs.appeals.buttons import MemberButton, MemberClick, MemberVerb
from bot.cogs.members.report_menu import MENU
from bot.moderation.cases.action import ActionKind
from bot.moderation.cases.case import CaseKind, CaseState
from bot.moderation.members.report import REPORTS_PER_HOUR
from classifier import Judge, Judgement, JudgeRequest, Undecided, UndecidedReason
from classifier.scripted import ScriptedJudge, clear
from tests.e2e.appeals import appealed, warned


async def report(world: Any, who: Any, message: Any) -> Any:
    """Use the menu of a message."""
    return await who.context_menu(world.general, MENU, message)


async def find(world: Any, number: int = 1) -> Any:
    """A case."""
    return await world.bot.services.review.find(world.guild.id, number)


class TestReporting:
    """The command in a message's menu."""

    async def test_a_message_that_the_judge_called_clear(self, world: Any) -> None:
        """It becomes a case for a person, with what the judge says now; the author hears nothing of it."""
        await world.set_up()
        message = await world.omar.send(world.general, "the gardener is nice")
        done = await report(world, world.ana, message)
        assert "The moderators can see your report" in world.said(done)
        assert done.response.ephemeral
        (card,) = world.cards()
        said = world.said(card)
        assert "> the gardener is nice" in said
        assert "Reported by a member\\." in said
        assert "Spoilers v1\\: clear \\(score 0\\.02\\)" in said
        case = await find(world)
        assert (case.kind, case.state, case.judged.policy_id) == (CaseKind.REPORT, CaseState.OPEN, 0)

    async def test_a_message_with_a_case(self, world: Any) -> None:
        """The report joins it; members who report again are told so, and count once."""
        await world.set_up()
        message = await world.omar.send(world.general, "the butler did it")
        await report(world, world.ana, message)
        assert "You have already reported this message" in world.said(await report(world, world.ana, message))
        await report(world, world.rita, message)
        (card,) = world.cards()
        assert "2 members" in world.said(card)
        assert (await find(world)).kind is CaseKind.VIOLATION

    async def test_a_text_that_was_changed_since(self, world: Any) -> None:
        """It is another text, and another case."""
        await world.set_up()
        message = await world.omar.send(world.general, "hello")
        await report(world, world.ana, message)
        await world.env.advance_time(5)
        await world.omar.edit(message, "hello you")
        changed = world.general.history()[0]
        await report(world, world.ana, changed)
        assert (await find(world, 2)).evidence.text == "hello you"

    async def test_a_message_without_text(self, world: Any) -> None:
        """A person looks at the picture; the judge is not asked."""
        await world.set_up()
        message = await world.omar.send(world.general, attachments=[("x.png", b"\x89PNG")])
        await report(world, world.ana, message)
        assert (await find(world)).judged.rationale == "Reported by a member."
        assert len(world.cards()) == 1

    async def test_what_cannot_be_reported(self, world: Any) -> None:
        """One's own message, Bylaw's, the moderators' channel, a server that is not set up."""
        own = await world.ana.send(world.general, "hello")
        assert "not set up" in world.said(await report(world, world.ana, own))
        await world.set_up()
        assert "your own message" in world.said(await report(world, world.ana, own))
        ours = await world.bot.get_channel(world.general.id).send("hello")
        assert "Discord or Bylaw wrote it" in world.said(await report(world, world.ana, ours))
        there = await world.omar.send(world.mods, "hello")
        answer = await world.ana.context_menu(world.mods, MENU, there)
        assert "moderators read this channel" in world.said(answer)
        assert await find(world) is None

    async def test_in_a_direct_message(self, world: Any) -> None:
        """The menu is for servers only."""
        (command,) = [each for each in await world.bot.tree.fetch_commands() if each.name == MENU]
        assert command.default_member_permissions is None
        (sent,) = [entry.json for entry in world.env.http_requests if entry.method == "PUT"]
        assert [each["contexts"] for each in sent if each["name"] == MENU] == [[0]]

    async def test_too_many(self, world: Any) -> None:
        """This many in an hour, then a sentence with the time; after that it goes on."""
        await world.set_up()
        messages = [await world.omar.send(world.general, f"hello {number}") for number in range(REPORTS_PER_HOUR + 1)]
        for message in messages[:-1]:
            assert "Thank you" in world.said(await report(world, world.ana, message))
        assert "You can report again <t:" in world.said(await report(world, world.ana, messages[-1]))
        assert "Thank you" in world.said(await report(world, world.rita, messages[-1]))

    async def test_saying_why(self, world: Any) -> None:
        """In a form behind a button; moderators read it as text and as nothing else."""
        await world.set_up()
        message = await world.omar.send(world.general, "hello")
        done = await report(world, world.ana, message)
        form = await world.ana.click(done.response, label="Say why")
        thanked = await world.ana.submit_modal(form, {"0": "He **always** @everyone"})
        assert "The moderators can read what you added" in world.said(thanked)
        shown = world.said(await world.mira.slash(world.general, "reports show", case=1))
        assert f"<@{world.ana.id}>" in shown
        assert r"He \*\*always\*\* \@everyone" in shown
        assert "Nobody reported" in world.said(await world.mira.slash(world.general, "reports show", case=2))

    async def test_somebody_elses_report(self, world: Any) -> None:
        """Nobody adds words to it; theirs come back."""
        await world.set_up()
        message = await world.omar.send(world.general, "hello")
        await report(world, world.ana, message)
        view = discord.ui.View(timeout=None)
        click = MemberClick(verb=MemberVerb.REPORT_WORDS, guild_id=world.guild.id, number=message.id)
        view.add_item(MemberButton(click))
        carried = await world.bot.get_channel(world.general.id).send("x", view=view)
        form = await world.rita.click(carried, label="Say why")
        refused = await world.rita.submit_modal(form, {"0": "Mine."})
        assert "You have not reported this message" in world.said(refused)
        assert world.files(refused) == {"your-words.txt": "Mine."}

    async def test_deciding_on_a_report(self, world: Any) -> None:
        """It is a case like any other."""
        await world.set_up()
        message = await world.omar.send(world.general, "hello")
        await report(world, world.ana, message)
        await world.rita.click(world.cards()[0], label="Not a violation")
        assert (await find(world)).state is CaseState.NOT_A_VIOLATION


class TestWithoutAJudge:
    """The judge has no time."""

    @pytest.fixture
    def judge(self) -> Judge:
        """Calls the policy clear when it is tested, and is not there for members."""

        def answer(request: JudgeRequest) -> Judgement:
            return (
                Undecided(reason=UndecidedReason.JUDGE_UNAVAILABLE)
                if "hello" in request.content.target.text
                else clear()
            )

        return ScriptedJudge(answer)

    async def test_the_report_counts_all_the_same(self, world: Any) -> None:
        """The card says that there is no verdict."""
        await world.set_up()
        message = await world.omar.send(world.general, "hello")
        await report(world, world.ana, message)
        assert "The model was not available" in world.said(world.cards()[0])


class TestMutes:
    """Abusive reporters."""

    async def test_who_reported_is_for_the_others_to_know(self, world: Any) -> None:
        """A moderator who is reported does not read in any place who it was; another one does."""
        await world.set_up()
        await report(world, world.ana, await world.omar.send(world.general, "hello"))
        for shown in (
            await world.omar.slash(world.mods, "reports show", case=1),
            await world.omar.click(world.cards()[0], label="History"),
            await world.omar.slash(world.mods, "case show", number=1),
        ):
            assert str(world.ana.id) not in world.said(shown)
        assert "reported by a member" in world.said(await world.omar.click(world.cards()[0], label="History"))
        shown = await world.mira.slash(world.general, "reports show", case=1)
        assert str(world.ana.id) in world.said(shown)

    async def test_a_muted_reporter(self, world: Any) -> None:
        """Is told until when; a moderator ends it; the list names who muted."""
        await world.set_up()
        message = await world.omar.send(world.general, "hello")
        assert "Nobody's reports are ignored" in world.said(await world.omar.slash(world.general, "reports mutes"))
        muted = await world.omar.slash(world.general, "reports mute", member=world.ana, days=2)
        assert f"Bylaw ignores the reports of <@{world.ana.id}> until" in world.said(muted)
        assert "do not take reports from you until <t:" in world.said(await report(world, world.ana, message))
        assert await find(world) is None
        listed = world.said(await world.omar.slash(world.general, "reports mutes"))
        assert f"<@{world.ana.id}>" in listed
        assert f"by <@{world.omar.id}>" in listed
        ended = await world.omar.slash(world.general, "reports unmute", member=world.ana)
        assert "takes the reports of" in world.said(ended)
        again = await world.omar.slash(world.general, "reports unmute", member=world.ana)
        assert "were not ignored" in world.said(again)
        assert "Thank you" in world.said(await report(world, world.ana, message))

    @pytest.mark.parametrize(
        ("command", "options"),
        [("show", {"case": 1}), ("mute", {"member": None}), ("unmute", {"member": None}), ("mutes", {})],
    )
    async def test_members_are_refused_even_if_the_command_is_shown_to_them(
        self, world: Any, command: str, options: dict[str, Any]
    ) -> None:
        """Who reported what stays with reviewers."""
        await world.set_up()
        commands = {each.name: each for each in await world.bot.tree.fetch_commands()}
        world.guild.set_command_permissions(commands["reports"], {world.guild.default_role: True})
        given = {name: world.omar if value is None else value for name, value in options.items()}
        refused = await world.ana.slash(world.general, f"reports {command}", **given)
        assert "Only reviewers" in world.said(refused)


class TestRecord:
    """``/my record``."""

    async def test_ones_own_cases_and_nobody_elses(self, world: Any) -> None:
        """What was decided and done, how the appeal stands, and no moderator's name."""
        await appealed(world)
        answer = await world.ana.slash(world.general, "my record")
        said = world.said(answer)
        assert answer.response.ephemeral
        for part in (
            "Case 1 · <t:",
            "R1 Unmarked spoiler",
            "decision: violation",
            "Warning",
            "is waiting for a reviewer",
        ):
            assert part in said, said
        assert str(world.omar.id) not in said
        assert "Your record in this server is empty" in world.said(await world.rita.slash(world.general, "my record"))

    async def test_what_nobody_decided_is_not_shown(self, world: Any) -> None:
        """Members do not find out here what Bylaw notices; what was done by itself is shown."""
        await world.set_up()
        await world.ana.send(world.general, "the butler did it")
        assert "Your record in this server is empty" in world.said(await world.ana.slash(world.general, "my record"))
        await world.omar.click(world.cards()[0], label="Not a violation")
        assert "decision: not a violation" in world.said(await world.ana.slash(world.general, "my record"))


class TestLookups:
    """``/appeals``."""

    async def test_list_show_and_search(self, world: Any) -> None:
        """By everything that can be asked for; show has the buttons of the card."""
        await appealed(world)
        listed = world.said(await world.omar.slash(world.general, "appeals list"))
        assert f"Case 1 · <@{world.ana.id}>" in listed
        shown = await world.omar.slash(world.general, "appeals show", case=1)
        assert "Appeal in case 1" in world.said(shown)
        assert shown.response.ephemeral
        shown = await world.mira.slash(world.general, "appeals show", case=1, attempt=1)
        form = await world.mira.click(shown.response, label="Keep the decision…")
        await world.mira.submit_modal(form, {"0": "No."})
        today = datetime.now(UTC).date()

        async def search(**wanted: Any) -> str:
            return str(world.said(await world.omar.slash(world.general, "appeals search", **wanted)))

        for found in (
            {"member": world.ana},
            {"state": "upheld"},
            {"case": 1},
            {"words": "A JOKE"},
            {"words": "no."},
            {"since": f"{today - timedelta(days=1)}", "until": f"{today + timedelta(days=1)}"},
        ):
            assert "1 appeal" in await search(**found), found
        for missed in (
            {"member": world.rita},
            {"state": "waiting"},
            {"case": 2},
            {"words": "zebra"},
            {"until": "2020-01-01"},
        ):
            assert "No appeal matches" in await search(**missed), missed
        assert await search(since="yesterday") == "Write dates like 2026-01-31."
        assert "No appeal is waiting" in world.said(await world.omar.slash(world.general, "appeals list"))
        for missing in ({"case": 9}, {"case": 1, "attempt": 2}):
            assert "no such appeal" in world.said(await world.omar.slash(world.general, "appeals show", **missing))

    @pytest.mark.parametrize(("command", "options"), [("list", {}), ("show", {"case": 1}), ("search", {})])
    async def test_members_are_refused_even_if_the_command_is_shown_to_them(
        self, world: Any, command: str, options: dict[str, Any]
    ) -> None:
        """Appeals stay with reviewers; the reviewer role is enough."""
        await appealed(world)
        commands = {each.name: each for each in await world.bot.tree.fetch_commands()}
        world.guild.set_command_permissions(commands["appeals"], {world.guild.default_role: True})
        assert "Only reviewers" in world.said(await world.ana.slash(world.general, f"appeals {command}", **options))
        assert "case 1" in world.said(await world.rita.slash(world.general, f"appeals {command}", **options)).lower()


class TestSettings:
    """``/settings``."""

    async def test_what_is_set_is_shown(self, world: Any) -> None:
        """Without anything given nothing changes."""
        await world.set_up()
        assert "- Notices to members: on" in world.said(await world.mira.slash(world.general, "settings notices"))
        assert "- Appeals: on" in world.said(await world.mira.slash(world.general, "settings appeals"))
        saved = await world.mira.slash(
            world.general,
            "settings appeals",
            enabled=False,
            days_between=0,
            cap=1,
            second_reviewer=False,
            stale_hours=1,
        )
        said = world.said(saved)
        for part in (
            "Saved.",
            "Appeals: off",
            "Appeals in one case: 1\n",
            "appeals in a case: none",
            "decides: off",
            "after 1 hour",
        ):
            assert part in said, said
        await world.mira.slash(world.general, "settings notices", opening="Hello")
        back = await world.mira.slash(world.general, "settings notices", opening="None")
        assert "First words: Bylaw's" in world.said(back)

    async def test_only_admins(self, world: Any) -> None:
        """Whatever commands Discord shows; a form that was open meanwhile included."""
        await world.set_up()
        commands = {each.name: each for each in await world.bot.tree.fetch_commands()}
        world.guild.set_command_permissions(commands["settings"], {world.guild.default_role: True})
        for command in ("notices", "appeals", "questions"):
            refused = await world.omar.slash(world.general, f"settings {command}")
            assert world.said(refused) == "Only members with Manage Server may do that."
        nadia = world.second_admin()
        form = await nadia.slash(world.general, "settings questions")
        world.env.backend.edit_member(world.guild.id, nadia.id, {"role_ids": []})
        refused = await nadia.submit_modal(form, {"0": "Mine?"})
        assert "Only members with Manage Server" in world.said(refused)
        assert world.files(refused)["your-words.txt"].startswith("Mine?")

    async def test_all_empty_means_ours(self, world: Any) -> None:
        """So do our own ones, sent off as they were."""
        await world.set_up()
        for texts in ({}, {"0": "Sorry?"}, {"0": "", "1": "", "2": "", "3": ""}):
            form = await world.mira.slash(world.general, "settings questions")
            saved = await world.mira.submit_modal(form, texts)
            assert ("Questions: your own" if texts.get("0") else "Questions: Bylaw's") in world.said(saved)


async def test_what_was_said_is_in_the_cases_history_without_words(world: Any) -> None:
    """Who reported, appealed and was told: ids, and no text."""
    await warned(world, kind=ActionKind.WARN)
    file = await world.bot.services.files.find(world.guild.id, 1)
    assert "notice_sent" in {entry.action for entry in file.history}
