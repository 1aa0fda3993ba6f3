"""What the enforcer refuses by itself, and no click can bring about."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import aiohttp
import discord
import pytest

from bot.cogs.review.enforcer import DiscordEnforcer
from bot.moderation.cases.action import Action, ActionKind, ActionState, NewAction
from bot.moderation.cases.case import CaseKind
from bot.moderation.cases.further_messages import FurtherMessage
from bot.moderation.review.enforcer import Accepted, Declined, Unheard
from tests.e2e.acting import flagged, nothing_was_done


class TestTheEnforcer:
    """What no click can bring about."""

    @staticmethod
    def action(world: Any, kind: ActionKind, target_id: int, **changes: Any) -> Action:
        """An action that is about to be carried out."""
        length = timedelta(minutes=5) if kind is ActionKind.TIMEOUT else None
        new = {"guild_id": world.guild.id, "case_number": 1, "kind": kind, "target_id": target_id, "by": None}
        return Action(
            id=1,
            new=NewAction(**(new | {"length": length} | changes)),
            state=ActionState.PENDING,
            asked_at=discord.utils.utcnow(),
        )

    async def enforcer(self, world: Any, also: tuple[FurtherMessage, ...] = ()) -> tuple[DiscordEnforcer, Any]:
        """An enforcer for cases with further messages, and a case."""
        await flagged(world)

        async def found(_: object) -> tuple[FurtherMessage, ...]:
            return also

        case = await world.bot.services.review.find(world.guild.id, 1)
        return DiscordEnforcer(
            world.bot, access=world.bot.services.access, also=found, languages=world.bot.services.languages
        ), case

    async def test_bylaw_does_nothing_to_itself_or_to_other_bots(self, world: Any) -> None:
        """Whoever asks for it."""
        enforcer, case = await self.enforcer(world)
        robot = world.guild.add_member(world.env.create_user("robot", bot=True))
        for target, says in ((world.bot.user.id, "no action against itself"), (robot.id, "is a bot")):
            answer = await enforcer.carry_out(self.action(world, ActionKind.BAN, target), case)
            assert isinstance(answer, Declined)
            assert says in answer.why
            assert await enforcer.foresee(self.action(world, ActionKind.BAN, target), case) == answer

    async def test_what_can_be_done_is_not_foreseen_to_fail(self, world: Any) -> None:
        """And a warning is nothing that Discord is asked for."""
        enforcer, case = await self.enforcer(world)
        assert await enforcer.foresee(self.action(world, ActionKind.KICK, world.ana.id), case) is None
        assert await enforcer.carry_out(self.action(world, ActionKind.WARN, world.ana.id), case) == Accepted()
        assert nothing_was_done(world)

    async def test_a_server_that_is_not_there(self, world: Any) -> None:
        """Bylaw was removed, or Discord has an outage."""
        enforcer, case = await self.enforcer(world)
        answer = await enforcer.carry_out(self.action(world, ActionKind.KICK, world.ana.id, guild_id=1), case)
        assert isinstance(answer, Declined)
        assert "not connected" in answer.why

    async def test_no_connection(self, world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        """Nobody knows whether it arrived."""
        enforcer, case = await self.enforcer(world)

        async def fails(*_: object, **__: object) -> None:
            raise aiohttp.ClientConnectionError

        monkeypatch.setattr(world.bot.http, "delete_message", fails)
        answer = await enforcer.carry_out(self.action(world, ActionKind.DELETE, world.ana.id), case)
        assert isinstance(answer, Unheard)
        assert "may or may not have been done" in answer.why
        monkeypatch.setattr(world.bot.http, "get_member", fails)
        looked = await enforcer.carry_out(self.action(world, ActionKind.KICK, world.ana.id), case)
        assert isinstance(looked, Declined)
        assert "could not be reached, so nothing was done" in looked.why

    async def test_a_case_that_is_not_about_a_message(self, world: Any) -> None:
        """A kick by hand has none to delete."""
        enforcer, case = await self.enforcer(world)
        by_hand = replace(case, kind=CaseKind.MANUAL)
        answer = await enforcer.carry_out(self.action(world, ActionKind.DELETE, world.ana.id), by_hand)
        assert isinstance(answer, Declined)
        assert "not about a message" in answer.why

    async def test_every_message_of_a_case_is_deleted(self, world: Any) -> None:
        """Those that were gone count as done; what stays is counted."""
        other = world.guild.create_text_channel("other")
        posted = [await world.ana.send(other, f"again, {number}") for number in range(2)]
        also = tuple(FurtherMessage(channel_id=other.id, message_id=each.id, author_id=world.ana.id) for each in posted)
        gone = FurtherMessage(channel_id=other.id, message_id=1, author_id=world.ana.id, gone=True)
        enforcer, case = await self.enforcer(world, (*also, gone))
        deletion = self.action(world, ActionKind.DELETE, world.ana.id)
        world.env.inject_error("DELETE", f"/channels/*/messages/{posted[1].id}", status=400, code=50_083)
        answer = await enforcer.carry_out(deletion, case)
        assert isinstance(answer, Declined)
        assert answer.why.startswith("3 of 4 messages are deleted. The thread is archived")
        assert await enforcer.carry_out(deletion, case) == Accepted(note="3 messages had already been deleted.")
        assert other.history() == []

    async def test_a_thread_that_bylaw_does_not_see(self, world: Any) -> None:
        """An archived one is in no list of Discord's: asking is the only way to know."""
        enforcer, case = await self.enforcer(world)
        case = replace(case, evidence=replace(case.evidence, channel_id=77))
        answer = await enforcer.carry_out(self.action(world, ActionKind.DELETE, world.ana.id), case)
        assert answer == Accepted(note="The message had already been deleted.")
