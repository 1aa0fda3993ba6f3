"""What was done is taken back, and what was decided is reopened."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import discord
import pytest
from simcord.backend.errors import SetupError

from bot.cogs.cards.buttons import UndoButton, UndoClick
from bot.moderation.cases.action import ActionKind, PlannedAction
from bot.moderation.cases.case import CaseState
from tests.e2e.acting import act, card_text, flagged, moderator, requests


class TestUndo:
    """The buttons below the first row."""

    async def test_a_timeout_is_taken_back(self, world: Any) -> None:
        """In one click: the timeout ends, the button is gone, and the decision stays."""
        await flagged(world)
        tess, ugo = moderator(world), moderator(world, "ugo")
        await act(world, tess, "timeout", length=3_600)
        said = world.said(await ugo.click(world.cards()[0], label="Undo timeout"))
        assert "was ended." in said
        assert "The decision stays **Violation**" in said
        assert world.env.backend.get_guild(world.guild.id).members[world.ana.id].timed_out_until is None
        assert "undone" in card_text(world)
        assert f"**State:** Violation, decided by <@{tess.id}>" in card_text(world)
        with pytest.raises(SetupError):
            await ugo.click(world.cards()[0], label="Undo timeout")

    @pytest.mark.also_invented
    async def test_undoing_decides_nothing(self, world: Any) -> None:
        """Neither for the member's record, nor for the numbers, nor for the next card about them."""
        await flagged(world)
        tess = moderator(world)
        await act(world, tess, "warn")
        await act(world, tess, "timeout", length=604_800)
        await tess.click(world.cards()[0], label="Undo timeout")
        assert "decision: violation" in world.said(await world.ana.slash(world.general, "my record"))
        listed = world.said(await world.omar.slash(world.general, "case list"))
        assert "Violation · by" in listed
        await world.ana.send(world.general, "the butler, as I said")
        assert "1 earlier case" in world.said(world.cards()[1])
        decided = await world.bot.services.review._cases.decided(
            world.guild.id, policy_id=1, since=discord.utils.utcnow() - timedelta(days=400)
        )
        assert [case.state for case in decided] == [CaseState.VIOLATION]

    @pytest.mark.also_invented
    async def test_a_ban_is_taken_back(self, world: Any) -> None:
        """With the case in Discord's log."""
        await flagged(world)
        tess = moderator(world)
        await act(world, tess, "ban")
        assert "was unbanned" in world.said(await tess.click(world.cards()[0], label="Undo ban"))
        assert world.guild.get_ban(world.ana) is None
        (request,) = requests(world, "DELETE", "/bans/")
        assert request.reason == f"Case 1 (by tess, {tess.id})"

    @pytest.mark.parametrize(
        ("what", "label", "says"),
        [("timeout", "Undo timeout", "already over"), ("ban", "Undo ban", "no longer banned")],
    )
    async def test_what_is_over_already(self, world: Any, what: str, label: str, says: str) -> None:
        """Somebody did it by hand, or the time was up; it counts as done."""
        await flagged(world)
        tess = moderator(world)
        await act(world, tess, what)
        if what == "ban":
            world.env.backend.remove_ban(world.guild.id, world.ana.id)
        else:
            world.env.backend.edit_member(world.guild.id, world.ana.id, {"timed_out_until": None})
        assert says in world.said(await tess.click(world.cards()[0], label=label))
        assert "undone" in card_text(world)

    async def test_somebody_who_left_stays_timed_out(self, world: Any) -> None:
        """Discord keeps it for when they come back, and the button stays."""
        await flagged(world)
        tess = moderator(world)
        await act(world, tess, "timeout")
        world.guild.remove_member(world.ana)
        said = world.said(await tess.click(world.cards()[0], label="Undo timeout"))
        assert "Not done: End of the timeout. The member is no longer in this server." in said
        assert "**State:** Violation" in card_text(world)
        await tess.click(world.cards()[0], label="Undo timeout")

    async def test_it_takes_the_permission_that_the_action_took(self, world: Any) -> None:
        """A reviewer cannot lift what a moderator did."""
        await flagged(world)
        await act(world, moderator(world), "timeout")
        said = world.said(await world.rita.click(world.cards()[0], label="Undo timeout"))
        assert "You need Time out members" in said
        assert len(requests(world, "PATCH", "/members/")) == 1

    async def test_what_bylaw_did_by_itself_takes_the_same_permission(self, world: Any) -> None:
        """A reviewer who may not lift a timeout by hand cannot have Bylaw do it."""
        await flagged(world)
        case = await world.bot.services.review.find(world.guild.id, 1)
        planned = PlannedAction(kind=ActionKind.TIMEOUT, length=timedelta(minutes=10), reason="R1", rehearsal=False)
        await world.bot.services.act.by_itself(case, (planned,))
        await world.bot.services.cards.refresh(case)
        assert "by Bylaw itself" in card_text(world)
        assert "You need Time out members" in world.said(await world.rita.click(world.cards()[0], label="Undo timeout"))
        done = await moderator(world).click(world.cards()[0], label="Undo timeout")
        assert "was ended" in world.said(done)
        assert "The case is still decided" not in world.said(done)
        assert "**State:** Open" in card_text(world)

    async def test_a_button_whose_time_is_over(self, world: Any) -> None:
        """On an old picture of the card, on one of another server, and with an id that nobody has."""
        await flagged(world)
        tess = moderator(world)
        await act(world, tess, "ban")
        old = world.env.backend.get_message(world.mods.id, world.cards()[0].id).components
        await tess.click(world.cards()[0], label="Undo ban")
        world.env.backend.get_message(world.mods.id, world.cards()[0].id).components = old
        assert "already undone" in world.said(await tess.click(world.cards()[0], label="Undo ban"))
        for guild_id, says in ((world.guild.id, "no such action"), (1, "no such case")):
            view = discord.ui.View(timeout=None)
            view.add_item(UndoButton(UndoClick(guild_id=guild_id, action_id=999), label="Undo"))
            message = await world.bot.get_channel(world.mods.id).send("x", view=view)
            assert says in world.said(await tess.click(message, label="Undo"))


class TestReopen:
    """The button on closed cases, and in the answer to those who come late."""

    async def test_a_case_is_reopened_with_a_reason(self, world: Any) -> None:
        """It is on the card; whoever decides next decides."""
        card = await flagged(world)
        await world.omar.click(card, label="Violation")
        form = await world.rita.click(world.cards()[0], label="Reopen…")
        said = world.said(await world.rita.submit_modal(form, {"text": "the film is **ten** years old"}))
        assert "Case 1 is open again. What was done stays done." in said
        assert "**State:** Open" in card_text(world)
        assert rf"**Note by** <@{world.rita.id}>: the film is \*\*ten\*\* years old" in card_text(world)
        await world.rita.click(world.cards()[0], label="Not a violation")
        case = await world.bot.services.review.find(world.guild.id, 1)
        assert (case.state, case.decision.moderator_id) == (CaseState.NOT_A_VIOLATION, world.rita.id)

    @pytest.mark.also_invented
    async def test_who_comes_late_can_reopen(self, world: Any) -> None:
        """From the answer that says who was first."""
        card = await flagged(world)
        old = world.env.backend.get_message(world.mods.id, card.id).components
        await world.omar.click(card, label="Violation")
        world.env.backend.get_message(world.mods.id, card.id).components = old
        late = await world.rita.click(world.cards()[0], label="Not a violation")
        assert f"<@{world.omar.id}> decided" in world.said(late)
        answer = next(each for each in (late.response, *late.followups) if each is not None and each.components)
        form = await world.rita.click(answer, label="Reopen…")
        assert "open again" in world.said(await world.rita.submit_modal(form, {"text": "why not"}))
        assert "**State:** Open" in card_text(world)

    async def test_a_case_that_is_open_stays_open(self, world: Any) -> None:
        """Two had the form open."""
        card = await flagged(world)
        await world.omar.click(card, label="Violation")
        first = await world.rita.click(world.cards()[0], label="Reopen…")
        second = await world.omar.click(world.cards()[0], label="Reopen…")
        await world.rita.submit_modal(first, {"text": "a"})
        assert "already open" in world.said(await world.omar.submit_modal(second, {"text": "b"}))

    async def test_it_is_asked_again_who_may(self, world: Any) -> None:
        """When the form comes back."""
        card = await flagged(world)
        await world.omar.click(card, label="Violation")
        form = await world.rita.click(world.cards()[0], label="Reopen…")
        world.env.backend.edit_member(world.guild.id, world.rita.id, {"role_ids": []})
        assert "Only reviewers" in world.said(await world.rita.submit_modal(form, {"text": "a"}))
        assert "**State:** Violation" in card_text(world)
