"""A timeout that somebody set before, or beside a case, is never forgotten: not by undoing or changing one, not by a
crash, not where two are set within a second."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import discord
import pytest

from bot.moderation.cases.action import ActionKind, ActionState, NewAction
from bot.moderation.cases.case import CaseState
from bot.moderation.review.enforcer import Terms
from tests.e2e.acting import act, card_text, flagged, moderator
from tests.e2e.test_in_force import by_itself, end_of, second_case, time_out_by_hand

HOUR = 3_600


def moment(end: datetime | None) -> str:
    """As Discord shows it."""
    assert end is not None
    return f"<t:{int(end.timestamp())}:f>"


async def told_last(world: Any) -> str:
    """The newest letter to Ana."""
    letters = [each for each in world.ana.user.dm_channel.history() if not each.flags.ephemeral]
    return str(world.said(letters[-1]))


async def test_undo_leaves_what_was_set_by_hand_before(world: Any) -> None:
    """Half an hour by hand, made longer by the case: answer, card and letter say until when it lasts."""
    await flagged(world)
    tess = moderator(world)
    until = time_out_by_hand(world, timedelta(minutes=30))
    await act(world, tess, "timeout", length=HOUR)
    said = world.said(await tess.click(world.cards()[0], label="Undo timeout"))
    assert end_of(world) == until
    assert f"Somebody had timed the member out until {moment(until)} before, outside of any case" in said
    assert f"Ended the timeout, which leaves one until {moment(until)}" in card_text(world)
    letter = await told_last(world)
    assert f"You stay timed out until {moment(until)}" in letter
    assert "You can write again" not in letter


async def test_undo_ends_it_where_the_earlier_one_is_over(world: Any) -> None:
    """By Discord's clock."""
    await flagged(world)
    tess = moderator(world)
    time_out_by_hand(world, timedelta(minutes=5))
    await act(world, tess, "timeout", length=HOUR)
    await world.env.advance_time(600)
    assert "was ended." in world.said(await tess.click(world.cards()[0], label="Undo timeout"))
    assert end_of(world) is None
    assert "You can write again" in await told_last(world)


async def test_a_change_goes_no_lower_than_the_earlier_one(world: Any) -> None:
    """One clear line says what remains, nothing changes, and the timeout that was changed can still be undone."""
    await flagged(world)
    tess = moderator(world)
    until = time_out_by_hand(world, timedelta(minutes=30))
    await act(world, tess, "timeout", length=HOUR)
    mine = end_of(world)
    form = await tess.click(world.cards()[0], label="Change timeout…")
    said = world.said(await tess.submit_modal(form, {"length": ["300"], "reason": ""}))
    assert f"timed the member out until {moment(until)} before" in said
    assert "cannot end before that" in said
    assert end_of(world) == mine
    form = await tess.click(world.cards()[0], label="Change timeout…")
    await tess.submit_modal(form, {"length": [str(24 * HOUR)], "reason": ""})
    await tess.click(world.cards()[0], label="Undo timeout")
    assert end_of(world) == until


async def test_a_change_goes_no_lower_than_another_case_asks(world: Any) -> None:
    """Case 1 asks for an hour; case 2, which made it a day, cannot become five minutes."""
    await flagged(world)
    tess = moderator(world)
    await second_case(world)
    form = await tess.click(world.cards()[0], label="Act…")
    await tess.submit_modal(form, {"what": "timeout", "length": [str(HOUR)], "reason": ""})
    await act(world, tess, "timeout", length=24 * HOUR)
    before = end_of(world)
    form = await tess.click(world.cards()[1], label="Change timeout…")
    said = world.said(await tess.submit_modal(form, {"length": ["300"], "reason": ""}))
    assert "Case 1 times the member out until" in said
    assert end_of(world) == before


async def test_what_somebody_lifted_or_shortened_by_hand_does_not_come_back(world: Any) -> None:
    """Case 1's week was lifted by hand: undoing case 2's hour frees the member."""
    await flagged(world)
    tess = moderator(world)
    await second_case(world)
    form = await tess.click(world.cards()[0], label="Act…")
    await tess.submit_modal(form, {"what": "timeout", "length": [str(7 * 24 * HOUR)], "reason": ""})
    world.env.backend.edit_member(world.guild.id, world.ana.id, {"timed_out_until": None})
    await act(world, tess, "timeout", length=HOUR)
    assert "was ended." in world.said(await tess.click(world.cards()[1], label="Undo timeout"))
    assert end_of(world) is None


@pytest.mark.also_invented
async def test_two_timeouts_within_a_second_are_told_apart(world: Any) -> None:
    """Case 1's cannot be undone where case 2's, one second longer, is in force; undoing case 2's leaves case 1's."""
    await flagged(world)
    tess = moderator(world)
    await second_case(world)
    await by_itself(world, 1, timedelta(minutes=10))
    first = end_of(world)
    await by_itself(world, 2, timedelta(minutes=10, seconds=1))
    second = end_of(world)
    said = world.said(await tess.click(world.cards()[0], label="Undo timeout"))
    assert f"Case 2 set the timeout in force, until {moment(second)}" in said
    assert end_of(world) == second
    await tess.click(world.cards()[1], label="Undo timeout")
    assert end_of(world) == first


async def test_by_hand_within_a_second_is_not_ours(world: Any) -> None:
    """Half a second beside the end that the case set."""
    await flagged(world)
    tess = moderator(world)
    await act(world, tess, "timeout", length=HOUR)
    until = time_out_by_hand(world, timedelta(hours=1, milliseconds=500))
    said = world.said(await tess.click(world.cards()[0], label="Undo timeout"))
    assert f"Somebody else set the timeout in force, until {moment(until)}" in said
    assert end_of(world) == until


async def test_what_is_left_can_be_undone_in_its_turn(world: Any) -> None:
    """Case 2 found the member timed out for longer. Once case 1's is undone, case 2's counts, with its own button."""
    await flagged(world)
    tess = moderator(world)
    await second_case(world)
    await by_itself(world, 1, timedelta(hours=2))
    await by_itself(world, 2, timedelta(hours=1))
    await tess.click(world.cards()[0], label="Undo timeout")
    left = end_of(world)
    assert left is not None
    assert left - discord.utils.utcnow() <= timedelta(hours=1)
    assert "Timed the member out for 1 hour" in world.said(world.cards()[1])
    await tess.click(world.cards()[1], label="Undo timeout")
    assert end_of(world) is None


async def test_a_crash_forgets_no_earlier_timeout(world: Any) -> None:
    """Discord set it, and Bylaw stopped before it heard so: what was in force before had been written down."""
    await flagged(world)
    tess = moderator(world)
    until = time_out_by_hand(world, timedelta(minutes=30))
    services, guild_id = world.bot.services, world.guild.id
    case = await services.review.find(guild_id, 1)
    new = NewAction(
        guild_id=guild_id,
        case_number=1,
        kind=ActionKind.TIMEOUT,
        target_id=world.ana.id,
        by=tess.id,
        length=timedelta(hours=1),
    )
    action, _ = await services.act._actions.add(new)
    carrying_out = services.act._carrying_out
    terms = Terms(notes_ends=carrying_out._noting(action))
    await carrying_out._enforcer.carry_out(action, case, terms)  # and nobody is left to settle it
    await services.act.give_up(before=datetime.max.replace(tzinfo=until.tzinfo))
    assert (await services.act.find(guild_id, action.id)).state is ActionState.UNCERTAIN
    await tess.click(world.cards()[0], label="Undo timeout")
    assert end_of(world) == until


async def test_a_reversed_case_that_found_it_in_force_asks_for_nothing(world: Any) -> None:
    """Case 2 did not need a timeout and is no violation by now: undoing case 1 frees the member."""
    await flagged(world)
    tess = moderator(world)
    await second_case(world)
    await by_itself(world, 1, timedelta(hours=2))
    await by_itself(world, 2, timedelta(hours=1))
    await tess.click(world.cards()[1], label="Not a violation")
    assert (await world.bot.services.review.find(world.guild.id, 2)).state is CaseState.NOT_A_VIOLATION
    await tess.click(world.cards()[0], label="Undo timeout")
    assert end_of(world) is None
