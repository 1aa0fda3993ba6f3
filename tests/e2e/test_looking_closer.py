"""**Context** and **History** on cards: what was said around a message, and what happened before."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import discord
import pytest
from simcord.backend.models import Overwrite
from simcord.enums import OverwriteType

from bot.cogs.cards.buttons import CaseButton, CaseClick, CaseVerb
from bot.moderation.cases.case import CaseKind, NewCase
from tests.e2e.acting import act, card_text, flagged, moderator


def deny(world: Any, who: int, kind: OverwriteType, **permissions: bool) -> None:
    """Take permissions away in the channel where members write."""
    overwrite = Overwrite(target_id=who, type=kind, allow=0, deny=discord.Permissions(**permissions).value)
    world.env.backend.set_overwrite(world.general.id, overwrite)


async def with_context(world: Any) -> discord.Message:
    """Two lines before the message that is flagged, and one after it."""
    await world.set_up()
    await world.omar.send(world.general, "how was the **film**?")
    await world.ana.send(world.general, "good")
    await world.ana.send(world.general, "the butler did it")
    await world.omar.send(world.general, "hey!")
    (card,) = world.cards()
    return card


class TestContext:
    """What was said around it."""

    async def test_the_card_shows_the_lines_before(self, world: Any) -> None:
        """Marked as context, as text, and after what is quoted."""
        await with_context(world)
        said = card_text(world)
        assert said.index("> the butler did it") < said.index("-# Context, said before it and not judged:")
        assert rf"-# <@{world.omar.id}>: how was the \*\*film\*\*\?" in said
        assert f"-# <@{world.ana.id}>: good" in said
        assert "hey" not in said

    async def test_the_button_reads_the_channel(self, world: Any) -> None:
        """Before and after, the message itself marked; then the judge's notes."""
        card = await with_context(world)
        shown = await world.rita.click(card, label="Context")
        said = world.said(shown)
        lines = [line for line in said.split("\n") if "<@" in line]
        assert [line.startswith("▶") for line in lines] == [False, False, True, False]
        assert lines[-1].endswith(r"hey\!")
        assert "Read from the channel just now" in said
        assert "names the culprit" in said
        assert all(each.flags.ephemeral for each in (shown.response, *shown.followups) if each is not None)

    @pytest.mark.parametrize(
        ("who", "says"), [("rita", "You cannot read that channel"), ("bylaw", "Bylaw cannot read that channel")]
    )
    async def test_without_the_permission_it_shows_what_was_kept(self, world: Any, who: str, says: str) -> None:
        """Bylaw is no way around a channel's permissions."""
        card = await with_context(world)
        target = world.rita.id if who == "rita" else world.bot.user.id
        if who == "bylaw":
            role = next(role for role in world.bot.get_guild(world.guild.id).me.roles if role.managed)
            world.env.backend.edit_role(world.guild.id, role.id, {"permissions": 0})
        deny(world, target, OverwriteType.MEMBER, read_message_history=True)
        said = world.said(await world.rita.click(card, label="Context"))
        assert says in said
        assert "this is what was kept with the case" in said
        assert "▶ " in said
        assert "hey" not in said

    async def test_what_discord_does_not_show_right_now(self, world: Any) -> None:
        """The kept lines serve then, too."""
        card = await with_context(world)
        world.env.inject_error("GET", f"/channels/{world.general.id}/messages", status=403, code=50_001)
        assert "this is what was kept" in world.said(await world.rita.click(card, label="Context"))

    @pytest.mark.also_invented
    async def test_a_channel_that_is_gone(self, world: Any) -> None:
        """With and without lines that were kept."""
        card = await with_context(world)
        world.env.backend.delete_channel(world.general.id)
        await world.env.settle()
        assert "The channel was deleted" in world.said(await world.rita.click(card, label="Context"))

    async def test_nothing_was_said_before(self, world: Any) -> None:
        """No line on the card, and an honest answer where The channel was deleted."""
        card = await flagged(world)
        assert "Context, said" not in card_text(world)
        world.env.backend.delete_channel(world.general.id)
        await world.env.settle()
        assert "Nothing was kept" in world.said(await world.rita.click(card, label="Context"))

    @pytest.mark.also_invented
    async def test_a_case_that_is_not_about_a_message(self, world: Any) -> None:
        """Somebody was kicked by hand: there is nothing around it."""
        await flagged(world)
        review = world.bot.services.review
        case = await review.find(world.guild.id, 1)
        evidence = replace(case.evidence, channel_id=0, message_id=77, text=None, gone=True)
        judged = replace(case.judged, policy_id=0, version_id=0, rules=(), score=None, reasoning=None)
        by_hand = NewCase(guild_id=world.guild.id, kind=CaseKind.MANUAL, evidence=evidence, judged=judged)
        await review._cases.open(by_hand)
        shown = await world.omar.slash(world.mods, "case show", number=2)
        said = world.said(await world.omar.click(shown.response, label="Context"))
        assert "This case is not about a message" in said
        assert "no policy was asked" in said

    async def test_a_button_of_an_old_card(self, world: Any) -> None:
        """Cards posted by an older version say Reasoning; the notes are where they were."""
        await flagged(world)
        view = discord.ui.LayoutView(timeout=None)
        click = CaseClick(guild_id=world.guild.id, number=1, verb=CaseVerb.REASONING)
        view.add_item(discord.ui.ActionRow(CaseButton(click)))
        message = await world.bot.get_channel(world.mods.id).send(view=view)
        assert "names the culprit" in world.said(await world.omar.click(message, label="Reasoning"))


class TestHistory:
    """What happened before."""

    async def test_it_tells_of_other_cases_and_of_this_one(self, world: Any) -> None:
        """In the order in which it happened, with moderators' names, to one moderator alone."""
        await flagged(world)
        tess = moderator(world)
        await act(world, tess, "warn")
        await act(world, tess, "note", reason="asked her")
        await world.ana.send(world.general, "the butler did it again")
        await world.rita.click(world.cards()[0], label="Reopen…")
        shown = await world.rita.click(world.cards()[0], label="History")
        said = world.said(shown)
        assert shown.response.flags.ephemeral
        assert f"**Other cases of** <@{world.ana.id}>" in said
        assert "- Case 2" in said
        parts = ["opened", "card posted", f"claimed, by <@{tess.id}>", "Warned the member", "note by"]
        places = [said.index(part) for part in parts]
        assert places == sorted(places)
        assert "asked her" in said
        assert f"decided: Violation, by <@{tess.id}>" in said

    async def test_a_member_without_other_cases(self, world: Any) -> None:
        """Says so; the card does, too."""
        card = await flagged(world)
        assert "- none" in world.said(await world.rita.click(card, label="History"))
        assert " · no earlier cases" in card_text(world)

    async def test_the_card_counts_earlier_cases(self, world: Any) -> None:
        """How many and when, no score."""
        await flagged(world)
        await world.ana.send(world.general, "the butler did it again")
        assert " · 1 earlier case, <t:" in card_text(world)

    async def test_the_rule_speaks_for_itself(self, world: Any) -> None:
        """The card has the rule's own words, as they were when the message was judged."""
        await flagged(world)
        await world.rewrite("Spoilers", world.policy.replace("how the film ends", "who did it"))
        await act(world, world.rita, "warn")
        assert r"**The rule says:** telling how the film ends\." in card_text(world)
