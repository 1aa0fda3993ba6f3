"""Moderators decide with the buttons on cards, and look cases up."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import discord
import pytest
from simcord.backend.errors import SetupError

from bot.app import BylawBot
from bot.cogs.cards.buttons import CaseButton, CaseClick, CaseVerb
from bot.log_context import add_ids
from classifier import Judge


async def flagged(world: Any) -> discord.Message:
    """A server that is set up, with one card."""
    await world.set_up()
    await world.ana.send(world.general, "the butler did it")
    (card,) = world.cards()
    return card


@pytest.mark.parametrize("label", ["Violation", "Not a violation"])
async def test_a_decision_stands_on_the_card(world: Any, label: str) -> None:
    """Who decided and when; the buttons that decide are off, and the reasoning can still be read."""
    card = await flagged(world)
    await world.omar.click(card, label=label)
    (card,) = world.cards()
    assert f"**State:** {label}, decided by <@{world.omar.id}>" in world.said(card)
    with pytest.raises(SetupError, match="disabled"):
        await world.omar.click(card, label="Violation")
    assert "names the culprit" in world.said(await world.omar.click(card, label="Context"))


async def test_the_first_decision_counts(world: Any) -> None:
    """Who clicks on an old picture of the card is told who was first, and changes nothing."""
    card = await flagged(world)
    old = world.env.backend.get_message(world.mods.id, card.id).components
    await world.omar.click(card, label="Violation")
    world.env.backend.get_message(world.mods.id, card.id).components = old  # Rita's screen has not caught up
    late = await world.rita.click(card, label="Not a violation")
    assert f"<@{world.omar.id}> decided" in world.said(late)
    assert f"decided by <@{world.omar.id}>" in world.said(world.cards()[0])
    case = await world.bot.services.review.find(world.guild.id, 1)
    assert case.decision.moderator_id == world.omar.id


async def test_buttons_survive_a_restart(world: Any, bot_factory: Callable[[Judge], BylawBot], judge: Judge) -> None:
    """Cards posted by a process that is gone work in the next one."""
    card = await flagged(world)
    await world.env.restart_bot(bot_factory(judge))
    assert "names the culprit" in world.said(await world.rita.click(card, label="Context"))
    await world.rita.click(card, label="Not a violation")
    assert f"decided by <@{world.rita.id}>" in world.said(world.cards()[0])


@pytest.mark.parametrize("label", ["Violation", "Not a violation", "Act…", "Context", "History"])
async def test_only_reviewers_may_click(world: Any, label: str) -> None:
    """A member who can see the channel is refused, and nothing changes."""
    card = await flagged(world)
    refused = await world.ana.click(card, label=label)
    assert "Only reviewers" in world.said(refused)
    assert "culprit" not in world.said(refused)
    assert "Open" in world.said(world.cards()[0])


async def test_a_reviewer_who_lost_the_role_is_refused(world: Any) -> None:
    """What counts is the moment of the click."""
    card = await flagged(world)
    world.env.backend.edit_member(world.guild.id, world.rita.id, {"role_ids": []})
    assert "Only reviewers" in world.said(await world.rita.click(card, label="Violation"))


async def test_a_case_of_another_server_is_out_of_reach(world: Any) -> None:
    """A button carried over to another server finds nothing, even for its owner."""
    await flagged(world)
    stranger = world.env.create_user("stranger")
    elsewhere = world.env.create_guild("Elsewhere", owner=stranger)
    channel = elsewhere.create_text_channel("general")
    view = discord.ui.LayoutView(timeout=None)
    click = CaseClick(guild_id=world.guild.id, number=1, verb=CaseVerb.REASONING)
    view.add_item(discord.ui.ActionRow(CaseButton(click)))
    message = await world.bot.get_channel(channel.id).send(view=view)
    owner = type(world.mira)(world.env, elsewhere, stranger)
    assert "no such case" in world.said(await owner.click(message, label="Reasoning"))


async def test_a_case_that_is_not_there(world: Any) -> None:
    """A button of a case that the database does not know says so."""
    await world.set_up()
    channel = world.bot.get_channel(world.mods.id)
    for verb in CaseVerb:
        view = discord.ui.LayoutView(timeout=None)
        view.add_item(discord.ui.ActionRow(CaseButton(CaseClick(guild_id=world.guild.id, number=99, verb=verb))))
        message = await channel.send(view=view)
        clicked = await world.omar.click(message, custom_id=message.components[0].children[0].custom_id)
        if verb is CaseVerb.REOPEN:  # asks for the reason first, without looking
            clicked = await world.omar.submit_modal(clicked, {"text": "why not"})
        assert "no such case" in world.said(clicked)


@pytest.mark.also_invented
async def test_after_the_retention_time_the_words_are_gone(world: Any) -> None:
    """The case, its rule and its decision stay; the text and the reasoning do not."""
    card = await flagged(world)
    cases = world.bot.services.review._cases
    assert await cases.purge_texts(world.guild.id, before=datetime.now(UTC) + timedelta(days=1)) == 1
    assert "retention time" in world.said(await world.omar.click(card, label="Context"))
    await world.omar.click(card, label="Violation")
    said = world.said(world.cards()[0])
    assert ("retention time" in said, "butler" in said, "R1" in said) == (True, False, True)
    assert "retention time" in world.said(await world.omar.slash(world.mods, "case show", number=1))


async def test_a_card_that_cannot_be_edited_does_not_undo_the_decision(
    world: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """The decision is in the database; the log says that the card is behind, and the next click mends it."""
    card = await flagged(world)
    world.env.inject_error("PATCH", f"/channels/{world.mods.id}/messages/*", status=503)
    await world.omar.click(card, label="Violation")
    assert "card not refreshed" in caplog.text
    assert "Open" in world.said(world.cards()[0])
    await world.rita.click(world.cards()[0], label="Not a violation")  # who clicks now sees who was first
    assert f"Violation, decided by <@{world.omar.id}>" in world.said(world.cards()[0])


class TestCaseShow:
    """``/case show`` for reviewers."""

    async def test_it_shows_the_whole_file(self, world: Any) -> None:
        """Card, rule as it read then, and the history with names."""
        card = await flagged(world)
        await world.rewrite("Spoilers", world.policy.replace("how the film ends", "who did it"))
        await world.omar.click(card, label="Violation")
        shown = await world.omar.slash(world.mods, "case show", number=1)
        said = world.said(shown)
        for part in (
            "The rule as it read then",
            "Breaks it: telling how the film ends",
            "Does not break it: opinions",
            "opened",
            "card posted",
            f"decided: Violation, by <@{world.omar.id}>",
        ):
            assert part in said, said
        assert shown.response.ephemeral

    async def test_it_shows_what_the_policy_wishes_for(self, world: Any) -> None:
        """A consequence is shown and not carried out."""
        await world.mira.slash(world.general, "setup", channel=world.mods, starters="none")
        await world.write(
            "Spoilers", world.policy.replace("Severity: high", "Severity: high\nConsequence: timeout 10m")
        )
        await world.ana.send(world.general, "the butler did it")
        said = world.said(await world.omar.slash(world.mods, "case show", number=1))
        assert "The policy asks for this: timeout 10m. Bylaw only reports." in said

    async def test_its_history_is_shown_whole_page_by_page(self, world: Any) -> None:
        """However long: the newest page first, and buttons to the others. Nothing is left out."""
        times = 14  # enough for several pages
        await flagged(world)
        for number in range(times):
            await world.omar.slash(world.mods, "case note", number=1, text=f"note {number}")
            await world.omar.click(world.cards()[0], label="Violation")
            await world.omar.slash(world.mods, "case reopen", number=1, reason=f"because {number}")
        shown = await world.omar.slash(world.mods, "case show", number=1)
        said = world.said(shown)
        assert f"because {times - 1}" in said
        assert "note 0" not in said
        pages = int(said.partition("**History**, page ")[2].split(" of ")[1].split("\n")[0])
        found = [said]
        for _ in range(pages - 1):
            await world.omar.click(shown.response, label="Older")
            found.append(world.said(shown))
        everything = "\n".join(found)
        assert f"page 1 of {pages}" in found[-1]
        assert "opened" in found[-1]
        for number in range(times):
            assert f"note {number}\n" in everything + "\n"
            assert f"because {number}\n" in everything + "\n"
        assert everything.count("decided: Violation, by") == times
        with pytest.raises(SetupError, match="disabled"):
            await world.omar.click(shown.response, label="Older")
        await world.omar.click(shown.response, label="Newer")
        assert world.said(shown) == found[-2]

    async def test_a_short_history_has_no_buttons(self, world: Any) -> None:
        """There is nothing to turn to."""
        await flagged(world)
        shown = await world.omar.slash(world.mods, "case show", number=1)
        assert "**History**\n" in world.said(shown)
        assert "page 1" not in world.said(shown)

    async def test_decisions_can_be_made_there(self, world: Any) -> None:
        """For a case without a card, or far from it: card and answer show the decision."""
        await flagged(world)
        shown = await world.omar.slash(world.general, "case show", number=1)
        await world.omar.click(shown.response, label="Not a violation")
        assert "decided by" in world.said(world.cards()[0])
        assert "decided by" in world.said(shown)

    async def test_an_unknown_number(self, world: Any) -> None:
        """One line says so, for any number that Discord lets through."""
        await world.set_up()
        for number in (1, 2**53 - 1):
            assert f"There is no case {number}" in world.said(
                await world.omar.slash(world.mods, "case show", number=number)
            )

    async def test_members_are_refused_even_if_the_command_is_shown_to_them(self, world: Any) -> None:
        """Admins can open commands to everybody; cases stay with reviewers. The reviewer role is enough."""
        await flagged(world)
        commands = {command.name: command for command in await world.bot.tree.fetch_commands()}
        world.guild.set_command_permissions(commands["case"], {world.guild.default_role: True})
        refused = await world.ana.slash(world.general, "case show", number=1)
        assert "Only reviewers" in world.said(refused)
        assert "Case 1" in world.said(await world.rita.slash(world.general, "case show", number=1))


class TestCheckAgainstPolicy:
    """The command in a message's menu."""

    MENU = "Check against policy"

    async def test_every_policy_in_force_answers(self, world: Any) -> None:
        """The verdict, its rule, its reason and the version; nothing is kept."""
        await world.set_up()
        await world.write("Butlers", world.policy.replace("# Spoilers", "# Butlers"))
        message = await world.omar.send(world.mods, "the butler did it")
        result = await world.omar.context_menu(world.mods, self.MENU, message)
        said = world.said(result)
        for part in (
            "**Spoilers** v1: 🔴 violation of R1 Unmarked spoiler",
            "**Butlers** v1",
            "Score 0.97",
            "who did it",
            "Nothing was kept",
        ):
            assert part in said, said
        assert result.response.ephemeral
        assert await world.bot.services.review.find(world.guild.id, 1) is None

    async def test_a_clear_message(self, world: Any) -> None:
        """It says so, with its score."""
        await world.set_up()
        message = await world.ana.send(world.general, "the gardener is nice")
        said = world.said(await world.omar.context_menu(world.general, self.MENU, message))
        assert "🟢 clear · Score 0.02" in said

    async def test_a_message_with_a_case_names_it(self, world: Any) -> None:
        """So that the reviewer finds it."""
        await flagged(world)
        message = world.general.history()[0]
        assert "/case show 1" in world.said(await world.omar.context_menu(world.general, self.MENU, message))

    @pytest.mark.also_invented
    async def test_nothing_to_judge(self, world: Any) -> None:
        """A message without text, and a server without policies, each get one line."""
        await world.mira.slash(world.general, "setup", channel=world.mods, starters="none")
        empty = await world.ana.send(world.general, attachments=[("x.png", b"\x89PNG")])
        full = await world.ana.send(world.general, "hello")
        assert "no text" in world.said(await world.omar.context_menu(world.general, self.MENU, empty))
        assert "No policy is in force" in world.said(await world.omar.context_menu(world.general, self.MENU, full))

    async def test_members_are_refused_even_if_the_command_is_shown_to_them(self, world: Any) -> None:
        """Judging on request would let members try out what gets through."""
        await flagged(world)
        commands = {command.name: command for command in await world.bot.tree.fetch_commands()}
        world.guild.set_command_permissions(commands[self.MENU], {world.guild.default_role: True})
        message = world.general.history()[0]
        assert "Only reviewers" in world.said(await world.ana.context_menu(world.general, self.MENU, message))


@pytest.mark.parametrize("way", ["a button", "a form", "a command"])
async def test_an_error_is_logged_with_its_case(
    world: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, way: str
) -> None:
    """Whichever way a person came to it."""
    card = await flagged(world)
    if way == "a form":
        await world.omar.click(card, label="Violation")
        form = await world.omar.click(world.cards()[0], label="Reopen…")

    async def broken(*_: object, **__: object) -> None:
        raise LookupError

    services = world.bot.services
    for service, name in ((services.review, "decide"), (services.review, "reopen"), (services.files, "find")):
        monkeypatch.setattr(service, name, broken)
    caplog.handler.addFilter(add_ids)
    if way == "a button":
        await world.omar.click(card, label="Violation")
    elif way == "a form":
        await world.omar.submit_modal(form, {"text": "the wrong rule"})
    else:
        await world.omar.slash(world.mods, "case show", number=1)
        assert len(world.env.errors) == 1
    caplog.handler.removeFilter(add_ids)
    (failed,) = [record for record in caplog.records if " failed reference=" in record.getMessage()]
    assert (getattr(failed, "guild", 0), getattr(failed, "case", 0)) == (world.guild.id, 1)
