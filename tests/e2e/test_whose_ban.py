"""A ban is lifted only where Discord's own record shows that this case set it. A reason can be written by anybody."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import discord
import pytest

from bot.moderation.cases.action import ActionKind, ActionState, NewAction
from bot.moderation.review.enforcer import Declined, Terms
from tests.e2e.acting import act, flagged, moderator


def ban_by_hand(world: Any, reason: str | None, *, by: Any = None) -> None:
    """Somebody lifts the ban and bans again in Discord, which writes it down."""
    backend, ana = world.env.backend, world.ana.id
    if world.guild.get_ban(world.ana) is not None:
        backend.remove_ban(world.guild.id, ana)
    backend.apply_ban(world.guild.id, ana, reason)
    user_id = (by or world.omar).id
    backend.record_audit_log(world.guild.id, 22, target_id=ana, user_id=user_id, reason=reason)


async def banned(world: Any) -> Any:
    """Ana is banned by case 1; the moderator who did it."""
    await flagged(world)
    tess = moderator(world)
    await act(world, tess, "ban")
    return tess


@pytest.mark.parametrize("reason", ["Case 1: spam", "Case 1: spam (by somebody, 5)", "spam", None])
async def test_a_reason_that_names_the_case_proves_nothing(world: Any, reason: str | None) -> None:
    """The ban by hand stays, and the answer says so."""
    tess = await banned(world)
    ban_by_hand(world, reason)
    await world.env.settle()
    said = world.said(await tess.click(world.cards()[0], label="Undo ban"))
    assert "so the current ban is that case's" in said or "was not set by this case, so it stays" in said
    assert world.guild.get_ban(world.ana) is not None


async def test_a_copied_reason_proves_nothing(world: Any) -> None:
    """Letter by letter the same, by another bot, while Bylaw did not listen: the audit log says who banned."""
    tess = await banned(world)
    listeners = world.bot.get_cog("ExternalActionListeners")
    await world.bot.remove_cog(listeners.qualified_name)
    ban_by_hand(world, world.guild.get_ban(world.ana)["reason"])
    await world.env.settle()
    said = world.said(await tess.click(world.cards()[0], label="Undo ban"))
    assert "was not set by this case, so it stays" in said
    assert world.guild.get_ban(world.ana) is not None


async def test_without_the_audit_log_nobody_knows_who_banned(world: Any) -> None:
    """The ban stays, and the answer says which permission is missing."""
    tess = await banned(world)
    own = world.guild.me.top_role
    permissions = discord.Permissions(own.permissions.value)
    permissions.update(administrator=False, view_audit_log=False, ban_members=True)
    world.env.backend.edit_role(world.guild.id, own.id, {"permissions": permissions.value})
    await world.env.settle()
    assert "Bylaw lacks View Audit Log" in world.said(await tess.click(world.cards()[0], label="Undo ban"))
    assert world.guild.get_ban(world.ana) is not None


async def test_a_ban_that_the_audit_log_no_longer_holds(world: Any) -> None:
    """After 45 days the whole reason is what is left: it names the case and who acted. Less is not enough."""
    tess = await banned(world)
    own = world.guild.get_ban(world.ana)["reason"]
    log = world.env.backend.get_guild(world.guild.id).audit_log_entries
    ban_by_hand(world, "Case 1: somebody else's words", by=world.bot.user)
    log.clear()
    assert "it stays" in world.said(await tess.click(world.cards()[0], label="Undo ban"))
    ban_by_hand(world, own, by=world.bot.user)
    log.clear()
    assert "was unbanned" in world.said(await tess.click(world.cards()[0], label="Undo ban"))


async def test_a_ban_by_hand_is_known_by_its_entry(world: Any) -> None:
    """Two by hand became two cases, without a reason: the first case's ban is not the one in force."""
    await world.set_up()
    tess, guild_id = moderator(world), world.guild.id
    for _ in range(2):
        ban_by_hand(world, None)
        await world.env.settle()
    services = world.bot.services
    actions = await services.act._actions.of_cases(guild_id, (1, 2))
    (first,), (second,) = actions[1], actions[2]
    undo = NewAction(
        guild_id=guild_id, case_number=1, kind=ActionKind.UNBAN, target_id=world.ana.id, by=tess.id, undoes=first.id
    )
    case = await services.review.find(guild_id, 1)
    enforcer = services.act._carrying_out._enforcer
    assert isinstance(await enforcer.carry_out(replace(first, new=undo), case, Terms(earlier=first)), Declined)
    assert world.guild.get_ban(world.ana) is not None
    assert (await services.act.undo(guild_id, second.id, moderator_id=tess.id)).action.state is ActionState.DONE
    assert world.guild.get_ban(world.ana) is None
