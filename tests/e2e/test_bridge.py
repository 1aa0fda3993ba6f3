"""What Discord's AutoMod and moderators do by hand becomes cases, once each."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import discord
import pytest

from bot.app import BylawBot
from bot.moderation.cases.case import CardState, Case, CaseKind, CaseState
from bot.moderation.lookups.search import CaseQuery
from classifier import Judge

BLOCK, ALERT = {"type": 1, "metadata": {}}, {"type": 2, "metadata": {"channel_id": "1"}}


def automod(world: Any, *actions: dict[str, Any]) -> None:
    """A rule of AutoMod against a word."""
    body = {
        "name": "Words", "event_type": 1, "trigger_type": 1, "actions": list(actions),
        "trigger_metadata": {"keyword_filter": ["*badger*"]},
    }  # fmt: skip
    world.env.backend.create_auto_mod_rule(world.guild.id, world.mira.id, body)


async def by_hand(world: Any, action: int, *, target: Any = None, by: Any = None, **more: Any) -> int:
    """Discord writes down that a moderator did something; the entry's id."""
    entry = world.env.backend.record_audit_log(
        world.guild.id, action, target_id=(target or world.ana).id, user_id=(by or world.omar).id, **more
    )
    await world.env.settle()
    return int(entry.id)


async def cases(world: Any) -> list[Case]:
    """All cases, the oldest first."""
    found = await world.bot.services.look_ups._search.whole(world.guild.id, CaseQuery(), limit=50)
    return list(reversed(found))


class TestAutoMod:
    """Hits of AutoMod."""

    async def test_a_hit_with_several_actions_is_one_case(self, world: Any) -> None:
        """Without a card: it was dealt with. It counts in the member's history."""
        await world.set_up()
        automod(world, BLOCK, ALERT)
        await world.ana.send(world.general, "look, a badger")
        (case,) = await cases(world)
        assert (case.kind, case.state, case.card_state) == (CaseKind.AUTOMOD, CaseState.OPEN, CardState.NONE)
        assert (case.evidence.author_id, case.evidence.channel_id) == (world.ana.id, world.general.id)
        assert case.evidence.text is not None
        assert case.evidence.text.strip() == "look, a badger"
        assert "the message was blocked. It matched “*badger*”" in case.judged.rationale
        assert world.cards() == []
        said = world.said(await world.omar.context_menu(world.mods, "Moderation history", world.ana))
        assert "Discord's AutoMod" in said

    @pytest.mark.parametrize(
        ("action", "trigger", "done", "rule"),
        [
            ({"type": 1}, 1, "the message was blocked", "keywords"),
            ({"type": 2}, 2, "an alert was posted", "harmful links"),
            ({"type": 3}, 5, "the member was timed out", "too many mentions"),
            ({"type": 4}, 6, "the member was kept from interacting", "a member's profile"),
            ({"type": 5}, 6, "something was done that Bylaw does not know, action number 5", "a member's profile"),
            ({"type": 99, "metadata": {"new": 1}}, 1, "does not know, action number 99", "keywords"),
            ({"type": 1}, 77, "the message was blocked", "a kind of rule that Bylaw does not know, number 77"),
        ],
    )
    async def test_what_was_done_is_named_or_said_to_be_unknown(
        self, world: Any, action: dict[str, Any], trigger: int, done: str, rule: str
    ) -> None:
        """Nothing is said of a member that did not happen, whatever kinds Discord adds; no event is lost for lack of
        metadata."""
        await world.set_up()
        payload = {
            "guild_id": str(world.guild.id), "action": action, "rule_id": "5", "rule_trigger_type": trigger,
            "user_id": str(world.ana.id), "channel_id": str(world.general.id), "content": "a badger",
        }  # fmt: skip
        world.env.backend.emit("AUTO_MODERATION_ACTION_EXECUTION", payload)
        await world.env.settle()
        (case,) = await cases(world)
        assert done in case.judged.rationale
        assert f"({rule})" in case.judged.rationale
        shown = world.said(await world.omar.slash(world.mods, "case show", number=1))
        assert "Stopped" not in shown
        assert "Caught by Discord's AutoMod" in shown

    async def test_nobody_waits_for_a_decision(self, world: Any) -> None:
        """So it is not on the list of what is open, unless it is asked for; a moderator may decide all the same."""
        await world.set_up()
        automod(world, ALERT)
        await world.ana.send(world.general, "a badger")
        assert "No case fits" in world.said(await world.omar.slash(world.mods, "case list", state="open"))
        listed = await world.omar.slash(world.mods, "case list", state="open", kind="automod")
        assert "**1**" in world.said(listed)
        shown = await world.omar.slash(world.mods, "case show", number=1)
        await world.omar.click(shown.response, label="Not a violation")
        (case,) = await cases(world)
        assert (case.state, case.card_state) == (CaseState.NOT_A_VIOLATION, CardState.NONE)
        assert world.cards() == []

    async def test_the_judge_still_has_its_say(self, world: Any) -> None:
        """A message that AutoMod let through is judged as any other: two cases, one history."""
        await world.set_up()
        automod(world, ALERT)
        await world.ana.send(world.general, "the butler is a badger")
        assert {case.kind for case in await cases(world)} == {CaseKind.AUTOMOD, CaseKind.VIOLATION}
        assert len(world.cards()) == 1

    async def test_a_server_that_is_not_set_up(self, world: Any) -> None:
        """Keeps nothing."""
        automod(world, ALERT)
        await world.ana.send(world.general, "a badger")
        await world.set_up()
        assert await cases(world) == []

    async def test_after_a_restart(self, world: Any, bot_factory: Callable[[Judge], BylawBot], judge: Judge) -> None:
        """The next process takes hits in as the last one did."""
        await world.set_up()
        automod(world, ALERT)
        await world.ana.send(world.general, "a badger")
        await world.env.restart_bot(bot_factory(judge))
        await world.ana.send(world.general, "another badger")
        assert len(await cases(world)) == 2


class TestByHand:
    """Kicks, bans and timeouts that moderators do in Discord itself."""

    @pytest.mark.parametrize(("action", "noun"), [(20, "Kick"), (22, "Ban")])
    async def test_a_case_that_is_closed_at_once(self, world: Any, action: int, noun: str) -> None:
        """Decided by whoever did it, with their reason and the action as done; no card, no notice."""
        await world.set_up()
        await by_hand(world, action, reason="Spam in three channels")
        (case,) = await cases(world)
        assert (case.kind, case.state, case.card_state) == (CaseKind.MANUAL, CaseState.VIOLATION, CardState.NONE)
        assert case.decision is not None
        assert (case.decision.moderator_id, case.evidence.author_id) == (world.omar.id, world.ana.id)
        assert case.judged.rationale == "Spam in three channels"
        assert world.cards() == []
        said = world.said(await world.mira.slash(world.mods, "case list"))
        assert f"done by hand\n  -# Violation · by <@{world.omar.id}> · {noun}" in said
        assert "Spam in three channels" in world.said(await world.mira.slash(world.mods, "case show", number=1))

    async def test_a_timeout_has_its_length(self, world: Any) -> None:
        """Ending it is no case; nor is any other change of a member."""
        await world.set_up()
        until = (datetime.now(UTC) + timedelta(days=3650)).isoformat()
        change = {"key": "communication_disabled_until", "new_value": until}
        await by_hand(world, 24, changes=[change])
        await by_hand(world, 24, changes=[{"key": "communication_disabled_until", "old_value": until}])
        await by_hand(world, 24, changes=[{"key": "nick", "new_value": "Annie"}])
        await by_hand(world, 1)
        (case,) = await cases(world)
        (action,) = (await world.bot.services.act._actions.of_cases(world.guild.id, (1,)))[1]
        assert (action.new.kind.value, action.state.value, case.number) == ("timeout", "done", 1)
        assert action.new.length is not None
        assert action.new.length > timedelta(days=3000)

    async def test_a_timeout_has_its_ends(self, world: Any) -> None:
        """To the fraction of a second: its own, and that of the one that was in force before and not over."""
        await world.set_up()
        now = discord.utils.utcnow()
        ends = [now + timedelta(days=days, milliseconds=123) for days in (-2, 3, 5)]
        for old, new in ((None, ends[1]), (ends[0], ends[1]), (ends[1], ends[2])):
            change = {"key": "communication_disabled_until", "new_value": new.isoformat()}
            await by_hand(world, 24, changes=[change | ({"old_value": old.isoformat()} if old else {})])
        found = await world.bot.services.act._actions.of_cases(world.guild.id, (1, 2, 3))
        kept = [(found[number][0].until, found[number][0].earlier_until) for number in (1, 2, 3)]
        assert kept == [(ends[1], None), (ends[1], None), (ends[2], ends[1])]

    async def test_the_same_entry_again(self, world: Any) -> None:
        """Is the same case, with one action."""
        await world.set_up()
        await by_hand(world, 22)
        gateway = world.env.backend.get_guild(world.guild.id).audit_log_entries[-1]
        payload = {
            "id": str(gateway.id), "action_type": 22, "user_id": str(world.omar.id), "target_id": str(world.ana.id),
            "guild_id": str(world.guild.id), "changes": [], "options": None, "reason": None,
        }  # fmt: skip
        world.env.backend.emit("GUILD_AUDIT_LOG_ENTRY_CREATE", payload)
        await world.env.settle()
        (case,) = await cases(world)
        assert len((await world.bot.services.act._actions.of_cases(world.guild.id, (case.number,)))[1]) == 1

    async def test_what_bylaw_does_is_on_its_own_cases(self, world: Any) -> None:
        """Its own entries in Discord's audit log open no case."""
        await world.set_up()
        await by_hand(world, 22, by=world.bot.user)
        assert await cases(world) == []

    async def test_before_set_up(self, world: Any) -> None:
        """Nothing is kept."""
        await by_hand(world, 22)
        await world.set_up()
        assert await cases(world) == []


async def test_set_up_says_what_is_missing(world: Any) -> None:
    """Without View Audit Log Discord does not tell what moderators do by hand."""
    permissions = discord.Permissions.all()
    permissions.update(view_audit_log=False, administrator=False)
    bot_role = world.guild.me.top_role
    world.env.backend.edit_role(world.guild.id, bot_role.id, {"permissions": permissions.value})
    await world.env.settle()
    done = await world.mira.slash(world.general, "setup", channel=world.mods, starters="none")
    assert "View Audit Log" in world.said(done)
