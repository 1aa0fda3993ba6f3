"""What comes from AutoMod and from Discord's audit log, once each."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.moderation.cases.action import ActionKind, ActionState
from bot.moderation.cases.case import CaseState
from bot.moderation.cases.external_actions import AutoModHit, ExternalActions, HandAction

Desk = Any

HIT = AutoModHit(
    guild_id=1,
    rule_id=55,
    trigger="keywords",
    member_id=7,
    channel_id=20,
    text="a badger",
    keyword="*badger*",
    done="the message was blocked",
)


@pytest.fixture
def bridge(desk: Desk) -> ExternalActions:
    """A bridge into the cases of the desk."""
    return ExternalActions(cases=desk.cases, actions=desk.actions, servers=desk.servers, now=lambda: desk.now[0])


async def test_actions_of_one_hit_are_one_case(desk: Desk, bridge: ExternalActions) -> None:
    """Within seconds; the same text later is another hit, and so is another member's or another rule's."""
    first = await bridge.automod_hit(HIT)
    desk.later(seconds=2)
    assert await bridge.automod_hit(replace(HIT, done="an alert was posted")) == first
    for other in (
        replace(HIT, member_id=8),
        replace(HIT, rule_id=56),
        replace(HIT, text="x"),
        replace(HIT, channel_id=None),
    ):
        assert await bridge.automod_hit(other) != first
    desk.later(seconds=9)
    assert await bridge.automod_hit(HIT) != first
    assert len(desk.cases.everything()) == 6


async def test_what_was_done_first_opens_the_case(
    desk: Desk, bridge: ExternalActions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However long its look at the server takes: the actions of a hit arrive at the same moment."""
    look_up, slow = desk.servers.get, iter([0.02, 0.0])

    async def get(guild_id: int) -> object:
        await asyncio.sleep(next(slow))
        return await look_up(guild_id)

    monkeypatch.setattr(desk.servers, "get", get)
    case, same = await asyncio.gather(
        bridge.automod_hit(HIT), bridge.automod_hit(replace(HIT, done="an alert was posted"))
    )
    assert case is not None
    assert case == same
    assert "the message was blocked" in case.judged.rationale


async def test_a_profile_has_no_channel(bridge: ExternalActions) -> None:
    """Nor a text, and that is kept as it is."""
    case = await bridge.automod_hit(replace(HIT, channel_id=None, text="", keyword=None))
    assert case is not None
    assert (case.evidence.channel_id, case.evidence.text) == (0, None)
    assert case.judged.rationale == "Discord's AutoMod rule 55 (keywords): the message was blocked."


async def test_only_so_many_are_remembered(desk: Desk, bridge: ExternalActions) -> None:
    """A flood does not fill the memory."""
    for number in range(4_200):
        bridge._once(replace(HIT, text=str(number)))
    assert len(bridge._recent) == 4_096


@pytest.mark.parametrize("kind", [ActionKind.KICK, ActionKind.BAN, ActionKind.TIMEOUT])
async def test_by_hand_is_closed_at_once(desk: Desk, bridge: ExternalActions, kind: ActionKind) -> None:
    """Coming again changes nothing, and a long reason is cut."""
    done = HandAction(
        guild_id=1,
        entry_id=900,
        kind=kind,
        member_id=7,
        by=9,
        reason="x" * 500,
        length=timedelta(hours=1),
        at=desk.now[0],
    )
    case = await bridge.by_hand(done)
    assert await bridge.by_hand(done) == case
    assert case is not None
    assert (case.state, case.judged.rationale) == (CaseState.VIOLATION, "x" * 400)
    ((action,),) = (await desk.actions.of_cases(1, (case.number,))).values()
    assert (action.state, action.new.kind, action.new.by) == (ActionState.DONE, kind, 9)


async def test_servers_that_are_not_set_up_keep_nothing(desk: Desk, bridge: ExternalActions) -> None:
    """Of neither kind."""
    done = HandAction(
        guild_id=2, entry_id=900, kind=ActionKind.KICK, member_id=7, by=9, reason="", length=None, at=desk.now[0]
    )
    assert await bridge.by_hand(done) is None
    assert await bridge.automod_hit(replace(HIT, guild_id=2)) is None
    assert desk.cases.everything() == ()
