"""A member has one timeout and one ban on Discord, whoever set it: Bylaw shortens nothing unasked, and lifts nothing
that another case or a person set."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import discord
import pytest
from simcord.backend.errors import SetupError

from bot.moderation.cases.action import ActionKind, ActionState, PlannedAction
from bot.moderation.cases.case import CaseState
from tests.e2e.acting import act, card_text, flagged, moderator, requests

DAY = 86_400


def end_of(world: Any) -> datetime | None:
    """When Ana's timeout ends, as Discord has it."""
    until = world.env.backend.get_guild(world.guild.id).members[world.ana.id].timed_out_until
    return None if until is None else datetime.fromisoformat(until)


def time_out_by_hand(world: Any, length: timedelta) -> datetime:
    """A moderator does it in Discord; when it ends."""
    until = discord.utils.utcnow() + length
    world.env.backend.edit_member(world.guild.id, world.ana.id, {"timed_out_until": until.isoformat()})
    return until


async def by_itself(world: Any, number: int, length: timedelta) -> Any:
    """What follows a verdict by itself: a timeout."""
    case = await world.bot.services.review.find(world.guild.id, number)
    planned = PlannedAction(kind=ActionKind.TIMEOUT, length=length, reason="R1", rehearsal=False)
    (action,) = await world.bot.services.act.by_itself(case, (planned,))
    await world.bot.services.cards.refresh(case)
    return action


def lasts(world: Any) -> timedelta:
    """How long Ana's timeout still lasts."""
    end = end_of(world)
    assert end is not None
    return end - discord.utils.utcnow()


async def second_case(world: Any) -> None:
    """Ana's next message is flagged, too."""
    await world.ana.send(world.general, "once more: the butler did it")
    await world.env.settle()


class TestTimeouts:
    """Set by a person, by a case, by another case."""

    async def test_an_automatic_timeout_never_shortens(self, world: Any) -> None:
        """A moderator had timed the member out for 14 days; the card says so, and there is nothing to undo."""
        await flagged(world)
        until = time_out_by_hand(world, timedelta(days=14))
        action = await by_itself(world, 1, timedelta(minutes=10))
        assert action.state is ActionState.ALREADY
        assert end_of(world) == until
        assert requests(world, "PATCH", "/members/") == []
        assert f"already timed out until <t:{int(until.timestamp())}:f>" in card_text(world)
        with pytest.raises(SetupError):
            await world.mira.click(world.cards()[0], label="Undo timeout")

    async def test_an_automatic_timeout_extends(self, world: Any) -> None:
        """A shorter one in force is replaced."""
        await flagged(world)
        time_out_by_hand(world, timedelta(minutes=5))
        assert (await by_itself(world, 1, timedelta(hours=2))).state is ActionState.DONE
        assert timedelta(minutes=110) < lasts(world) <= timedelta(hours=2)

    @pytest.mark.also_invented
    async def test_the_form_says_what_runs_and_asks(self, world: Any) -> None:
        """Unless the moderator says otherwise, the longer one stays, and the card says what happened."""
        card = await flagged(world)
        tess = moderator(world)
        until = time_out_by_hand(world, timedelta(days=14))
        form = await tess.click(card, label="Act…")
        assert f"timed out until <t:{int(until.timestamp())}:f>" in str(form.modal)
        said = world.said(await tess.submit_modal(form, {"what": "timeout", "length": ["3600"], "reason": ""}))
        assert "Nothing was changed. The member is already timed out until" in said
        assert end_of(world) == until
        assert "Timeout of 1 hour: not needed" in card_text(world)

    async def test_a_moderator_replaces_it_knowingly(self, world: Any) -> None:
        """The choice is about the timeout that the form showed, and about no other."""
        card = await flagged(world)
        tess = moderator(world)
        shown = time_out_by_hand(world, timedelta(days=14))
        replace = {"what": "timeout", "length": ["3600"], "reason": "", "running": f"replace:{int(shown.timestamp())}"}
        form = await tess.click(card, label="Act…")
        another = time_out_by_hand(world, timedelta(days=20))
        assert "Nothing was changed" in world.said(await tess.submit_modal(form, replace))
        assert end_of(world) == another
        form = await tess.click(world.cards()[0], label="Act…")
        replace["running"] = f"replace:{int(another.timestamp())}"
        said = world.said(await tess.submit_modal(form, replace))
        assert f"Before, the member was timed out until <t:{int(another.timestamp())}:f>" in said
        assert lasts(world) <= timedelta(hours=1)

    async def test_a_form_opens_when_discord_does_not_say_what_runs(self, world: Any) -> None:
        """Nothing is shortened then, either."""
        card = await flagged(world)
        tess = moderator(world)
        until = time_out_by_hand(world, timedelta(days=14))
        world.env.inject_error("GET", f"/guilds/*/members/{world.ana.id}", status=403, code=50_001)
        form = await tess.click(card, label="Act…")
        assert "timed out until" not in str(form.modal)
        await tess.submit_modal(form, {"what": "timeout", "length": ["3600"], "reason": ""})
        assert end_of(world) == until

    async def test_undo_leaves_what_another_case_set(self, world: Any) -> None:
        """Case 1 set five minutes, case 2 seven days: undoing case 1 ends nothing, and says why."""
        await flagged(world)
        tess = moderator(world)
        await second_case(world)
        form = await tess.click(world.cards()[0], label="Act…")
        await tess.submit_modal(form, {"what": "timeout", "length": ["300"], "reason": ""})
        await act(world, tess, "timeout", length=7 * DAY)
        until = end_of(world)
        said = world.said(await tess.click(world.cards()[0], label="Undo timeout"))
        assert f"Case 2 set the timeout in force, until <t:{int(until.timestamp())}:f>" in said
        assert end_of(world) == until
        assert "undone" not in "".join(map(world.said, world.cards()))
        said = world.said(await tess.click(world.cards()[1], label="Undo timeout"))
        assert "Case 1 times the member out until" in said
        assert "Ended the timeout, which leaves one until" in world.said(world.cards()[1])
        assert lasts(world) <= timedelta(minutes=5)  # what case 1 set, and no more

    async def test_undo_leaves_a_timeout_that_another_case_asks_for(self, world: Any) -> None:
        """Case 2 found the member timed out already: undoing case 1 does not free them, and says why."""
        await flagged(world)
        tess = moderator(world)
        await second_case(world)
        await by_itself(world, 1, timedelta(minutes=10))
        await by_itself(world, 2, timedelta(minutes=10))
        until = end_of(world)
        said = world.said(await tess.click(world.cards()[0], label="Undo timeout"))
        assert "Case 2 times the member out until" in said
        assert "Decide case 2 first." in said
        assert end_of(world) == until
        await tess.click(world.cards()[1], label="Violation")
        said = world.said(await tess.click(world.cards()[0], label="Undo timeout"))
        advice = "If that is wrong, reopen case 2 and mark it as **Not a violation** first."
        assert advice in said
        assert advice in world.said(world.cards()[0])
        form = await tess.click(world.cards()[1], label="Reopen…")
        await tess.submit_modal(form, {"text": "it was no spoiler"})
        await tess.click(world.cards()[1], label="Not a violation")
        assert "was ended" in world.said(await tess.click(world.cards()[0], label="Undo timeout"))
        assert end_of(world) is None

    async def test_a_replaced_timeout_may_be_changed_after_another_case(self, world: Any) -> None:
        """Case 1 replaced 14 days knowingly. Case 2 came and went: nobody asks for more than case 1 does."""
        await flagged(world)
        tess = moderator(world)
        await second_case(world)
        shown = time_out_by_hand(world, timedelta(days=14))
        form = await tess.click(world.cards()[0], label="Act…")
        replace = {"what": "timeout", "length": ["3600"], "reason": "", "running": f"replace:{int(shown.timestamp())}"}
        await tess.submit_modal(form, replace)
        await act(world, tess, "timeout", length=DAY)
        await tess.click(world.cards()[1], label="Undo timeout")
        form = await tess.click(world.cards()[0], label="Change timeout…")
        said = world.said(await tess.submit_modal(form, {"length": ["300"], "reason": ""}))
        assert "was changed to 5 minutes." in said
        assert lasts(world) <= timedelta(minutes=5)

    async def test_undo_leaves_what_was_set_by_hand_since(self, world: Any) -> None:
        """Half a minute later, to an end close by."""
        await flagged(world)
        tess = moderator(world)
        await act(world, tess, "timeout", length=3_600)
        until = time_out_by_hand(world, timedelta(hours=1, seconds=30))
        assert "so it stays" in world.said(await tess.click(world.cards()[0], label="Undo timeout"))
        assert end_of(world) == until

    async def test_a_timeout_that_is_over_was_not_taken_back(self, world: Any) -> None:
        """It ended by itself: nobody is told that it ended early, and the card does not say so."""
        await flagged(world)
        tess = moderator(world)
        await act(world, tess, "timeout", length=300)
        await world.env.advance_time(600)
        said = world.said(await tess.click(world.cards()[0], label="Undo timeout"))
        assert "This timeout is over, so there is nothing to undo." in said
        assert "undone" not in card_text(world)
        assert len([each for each in world.ana.user.dm_channel.history() if not each.flags.ephemeral]) == 1

    @pytest.mark.also_invented
    async def test_a_timeout_is_changed_in_one_step(self, world: Any) -> None:
        """The decision stays, the card shows both, and the member reads the new end."""
        await flagged(world)
        tess, ugo = moderator(world), moderator(world, "ugo")
        await act(world, tess, "timeout", length=7 * DAY)
        form = await ugo.click(world.cards()[0], label="Change timeout…")
        end = end_of(world)
        assert end is not None
        assert f"Now: Timeout of 7 days, until <t:{int(end.timestamp())}:f>" in str(form.modal)
        said = world.said(await ugo.submit_modal(form, {"length": ["3600"], "reason": "a day is too long"}))
        assert "was changed to 1 hour." in said
        assert "The decision stays **Violation**" in said
        assert lasts(world) <= timedelta(hours=1)
        card = card_text(world)
        assert "changed later" in card
        assert f"**State:** Violation, decided by <@{tess.id}>" in card
        letter = world.said([each for each in world.ana.user.dm_channel.history() if not each.flags.ephemeral][-1])
        assert "Your timeout was changed. You cannot write for 1 hour" in letter
        await ugo.click(world.cards()[0], label="Undo timeout")
        assert end_of(world) is None
        with pytest.raises(SetupError):
            await ugo.click(world.cards()[0], label="Change timeout…")

    @pytest.mark.also_invented
    async def test_what_is_not_this_cases_is_not_changed(self, world: Any) -> None:
        """Replaced or lifted by hand while the form was open."""
        await flagged(world)
        tess = moderator(world)
        await act(world, tess, "timeout", length=3_600)
        form = await tess.click(world.cards()[0], label="Change timeout…")
        until = time_out_by_hand(world, timedelta(days=3))
        assert "so it was not changed" in world.said(await tess.submit_modal(form, {"length": ["300"], "reason": ""}))
        assert end_of(world) == until
        form = await tess.click(world.cards()[0], label="Change timeout…")
        world.env.backend.edit_member(world.guild.id, world.ana.id, {"timed_out_until": None})
        assert "was lifted in the meantime" in world.said(
            await tess.submit_modal(form, {"length": ["300"], "reason": ""})
        )
        assert end_of(world) is None

    async def test_changing_takes_the_permission(self, world: Any) -> None:
        """Of whoever opens the form, and of whoever sends it off."""
        await flagged(world)
        tess = moderator(world)
        await act(world, tess, "timeout", length=3_600)
        assert "You need Time out members" in world.said(
            await world.rita.click(world.cards()[0], label="Change timeout…")
        )
        form = await tess.click(world.cards()[0], label="Change timeout…")
        world.env.backend.edit_member(world.guild.id, tess.id, {"role_ids": [world.reviewers.id]})
        assert "You need Time out members" in world.said(
            await tess.submit_modal(form, {"length": ["300"], "reason": ""})
        )
        assert lasts(world) > timedelta(minutes=30)


class TestBans:
    """Set by a person, by a case, asked for by another case."""

    async def test_undo_leaves_a_ban_that_somebody_set_by_hand(self, world: Any) -> None:
        """Lifted and set again since: its reason is not the case's."""
        await flagged(world)
        tess = moderator(world)
        await act(world, tess, "ban")
        world.env.backend.remove_ban(world.guild.id, world.ana.id)
        world.env.backend.apply_ban(world.guild.id, world.ana.id, "came back and did it again")
        assert "was not set by this case, so it stays" in world.said(
            await tess.click(world.cards()[0], label="Undo ban")
        )
        assert world.guild.get_ban(world.ana)["reason"] == "came back and did it again"
        assert "undone" not in card_text(world)

    async def test_undo_leaves_a_ban_that_another_case_asks_for(self, world: Any) -> None:
        """Until that case is decided otherwise."""
        await flagged(world)
        tess = moderator(world)
        await second_case(world)
        form = await tess.click(world.cards()[0], label="Act…")
        await tess.submit_modal(form, {"what": "ban", "reason": ""})
        assert "was already banned" in world.said(await act(world, tess, "ban"))
        said = world.said(await tess.click(world.cards()[0], label="Undo ban"))
        assert "Case 2 asks for this ban, too, so the member stays banned. Reopen case 2 first." in said
        assert world.guild.get_ban(world.ana) is not None
        assert "Case 2 asks for this ban, too" in world.said(world.cards()[0])
        form = await tess.click(world.cards()[1], label="Reopen…")
        await tess.submit_modal(form, {"text": "one ban is enough"})
        assert "was unbanned" in world.said(await tess.click(world.cards()[0], label="Undo ban"))
        assert world.guild.get_ban(world.ana) is None


async def test_nobody_decides_a_case_about_themselves(world: Any) -> None:
    """Omar reviews, and is flagged: one clear line for every button, and nothing changes."""
    await world.set_up()
    await world.omar.send(world.general, "the butler did it")
    (card,) = world.cards()
    for label in ("Violation", "Not a violation", "Act…"):
        assert "This case is about you" in world.said(await world.omar.click(card, label=label))
    case = await world.bot.services.review.find(world.guild.id, 1)
    assert (case.state, case.claim) == (CaseState.OPEN, None)
    await world.rita.click(card, label="Violation")
    assert "This case is about you" in world.said(await world.omar.click(world.cards()[0], label="Reopen…"))
    reopened = await world.omar.slash(world.general, "case reopen", number=1, reason="it was a joke")
    assert "This case is about you" in world.said(reopened)
    assert (await world.bot.services.review.find(world.guild.id, 1)).state is CaseState.VIOLATION
