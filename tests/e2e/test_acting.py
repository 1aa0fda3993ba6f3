"""Moderators act from a card: each action, what Discord is asked, and what the card and the moderator are told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import discord
import pytest
from simcord.backend.errors import SetupError

from bot.app import BylawBot
from bot.moderation.cases.action import ActionKind
from bot.moderation.cases.case import CaseState
from classifier import Judge
from tests.e2e.acting import act, card_text, flagged, moderator, requests

DAY = 86_400


async def find(world: Any, number: int = 1) -> Any:
    """The case as it is stored."""
    return await world.bot.services.review.find(world.guild.id, number)


async def test_opening_the_form_claims_the_case(world: Any) -> None:
    """Others see on the card, and in the form if they open it, who is handling the case; nobody is blocked."""
    card = await flagged(world)
    await world.omar.click(card, label="Act…")
    assert f"being handled by <@{world.omar.id}>" in card_text(world)
    form = await world.rita.click(world.cards()[0], label="Act…")
    texts = [each["content"] for each in form.modal["components"] if each["type"] == 10]
    assert len(texts) == 1
    assert f"<@{world.omar.id}> opened this form" in texts[0]
    await world.rita.submit_modal(form, {"what": "warn", "reason": "mind the others"})
    assert (await find(world)).decision.moderator_id == world.rita.id


async def test_the_form_says_what_somebody_lacks(world: Any) -> None:
    """Omar manages messages and no more."""
    card = await flagged(world)
    form = await world.omar.click(card, label="Act…")
    (radio,) = [each["component"] for each in form.modal["components"] if each.get("component", {}).get("type") == 21]
    described = {option["value"]: option["description"] for option in radio["options"]}
    assert "Needs Ban Members" in described["ban"]
    assert "do not have" not in described["delete"]
    assert "do not have" not in described["warn"]


async def test_a_warning_is_told_to_the_member(world: Any) -> None:
    """And decides the case; any reviewer may warn."""
    await flagged(world)
    said = world.said(await act(world, world.rita, "warn"))
    assert f"✅ Done: <@{world.ana.id}> was warned." in said
    assert "Warned the member, by" in card_text(world)
    assert "spoilers again" in card_text(world)
    assert "**State:** Violation" in card_text(world)


async def test_a_message_is_deleted(world: Any) -> None:
    """The message goes, the case stays; the audit log has the case's number."""
    await flagged(world)
    said = world.said(await act(world, world.omar, "delete", reason="spoilers\nagain"))
    assert "✅ Done: the message was deleted." in said
    assert [message.content for message in world.general.history()] == []
    (request,) = requests(world, "DELETE", f"/channels/{world.general.id}/messages/")
    assert request.reason == f"Case 1: spoilers again (by omar, {world.omar.id})"
    assert "Deleted the message" in card_text(world)
    assert "the message was deleted" in card_text(world)


@pytest.mark.parametrize(("seconds", "words"), [(600, "10 minutes"), (7 * DAY, "7 days"), (28 * DAY, "28 days")])
async def test_a_member_is_timed_out(world: Any, seconds: int, words: str) -> None:
    """For the length that was chosen; the longest stays just below Discord's 28 days."""
    await flagged(world)
    tess = moderator(world)
    before = discord.utils.utcnow()
    said = world.said(await act(world, tess, "timeout", length=seconds))
    assert f"✅ Done: <@{world.ana.id}> was timed out for {words}." in said
    (request,) = requests(world, "PATCH", f"/members/{world.ana.id}")
    until = datetime.fromisoformat(request.json["communication_disabled_until"])
    lasts = until - before
    assert lasts <= timedelta(days=28)
    assert timedelta(seconds=seconds - 60) < lasts < timedelta(seconds=seconds + 60)
    assert f"Timed the member out for {words}" in card_text(world)


async def test_a_member_is_kicked(world: Any) -> None:
    """Gone from the server, with the case in Discord's own log."""
    await flagged(world)
    said = world.said(await act(world, moderator(world), "kick"))
    assert f"✅ Done: <@{world.ana.id}> was kicked." in said
    assert world.ana.id not in world.guild.member_ids()
    assert "Kicked the member" in card_text(world)
    assert any("Case 1: spoilers again" in (entry.reason or "") for entry in world.guild.audit_log())


async def test_a_member_is_banned(world: Any) -> None:
    """Without the deletion of other messages, which is Discord's default and nobody's wish."""
    await flagged(world)
    await world.ana.send(world.general, "hello")
    tess = moderator(world)
    said = world.said(await act(world, tess, "ban"))
    assert f"✅ Done: <@{world.ana.id}> was banned." in said
    assert world.guild.get_ban(world.ana)["reason"] == f"Case 1: spoilers again (by tess, {tess.id})"
    (request,) = requests(world, "PUT", "/bans/")
    assert {str(value) for value in (request.params or request.json or {}).values()} <= {"0"}
    assert "Banned the member" in card_text(world)


async def test_without_a_reason_the_rule_is_the_reason(world: Any) -> None:
    """A volunteer in a hurry types nothing."""
    await flagged(world)
    await act(world, moderator(world), "ban", reason="  ")
    assert "Case 1: R1 Unmarked spoiler (by tess" in world.guild.get_ban(world.ana)["reason"]


async def test_a_note_decides_nothing(world: Any) -> None:
    """It is on the card as text; an empty one is refused."""
    await flagged(world)
    said = world.said(await act(world, world.rita, "note", reason="asked **her** @everyone"))
    assert "Noted on case 1" in said
    assert rf"<@{world.rita.id}>: asked \*\*her\*\* \@everyone" in card_text(world)
    assert (await find(world)).state is CaseState.OPEN
    assert "needs words" in world.said(await act(world, world.rita, "note", reason=""))


@pytest.mark.also_invented
async def test_a_skip_is_recorded(world: Any) -> None:
    """The claim is gone, and the history knows who passed it on."""
    card = await flagged(world)
    assert "left to others" in world.said(await act(world, world.rita, "skip", reason=""))
    assert "being handled" not in card_text(world)
    shown = world.said(await world.omar.click(card, label="History"))
    assert f"skipped: left to others, by <@{world.rita.id}>" in shown


async def test_acting_from_the_answer_to_a_command(world: Any) -> None:
    """Card and answer both show what was done."""
    await flagged(world)
    shown = await world.omar.slash(world.general, "case show", number=1)
    form = await world.omar.click(shown.response, label="Act…")
    await world.omar.submit_modal(form, {"what": "delete", "reason": "x"})
    assert "Deleted the message" in card_text(world)
    assert "Deleted the message" in world.said(shown)


async def test_a_form_survives_a_restart(world: Any, bot_factory: Callable[[Judge], BylawBot], judge: Judge) -> None:
    """It was opened in one process and comes back to the next."""
    card = await flagged(world)
    tess = moderator(world)
    form = await tess.click(card, label="Act…")
    await world.env.restart_bot(bot_factory(judge))
    said = world.said(await tess.submit_modal(form, {"what": "timeout", "reason": "x", "length": ["300"]}))
    assert "was timed out" in said
    await tess.click(world.cards()[0], label="Undo timeout")
    assert "undone" in card_text(world)


class TestTwoModerators:
    """Racing for one case."""

    async def test_the_same_action_is_done_once(self, world: Any) -> None:
        """Both sent their forms off in the same moment."""
        await flagged(world)
        tess, ugo = moderator(world), moderator(world, "ugo")
        services = world.bot.services
        both = [
            services.act.act(world.guild.id, 1, kind=ActionKind.BAN, moderator_id=who.id, reason="so it is")
            for who in (tess, ugo)
        ]
        outcomes = [type(each).__name__ for each in await asyncio.gather(*both)]
        assert sorted(outcomes) == ["Acted", "ActedBefore"]
        assert len(requests(world, "PUT", "/bans/")) == 1

    @pytest.mark.also_invented
    async def test_who_comes_late_is_told_who_was_first(self, world: Any) -> None:
        """Their form was open while the other one acted."""
        card = await flagged(world)
        tess, ugo = moderator(world), moderator(world, "ugo")
        form = await ugo.click(card, label="Act…")
        await act(world, tess, "timeout", length=600)
        said = world.said(await ugo.submit_modal(form, {"what": "timeout", "reason": "", "length": ["3600"]}))
        assert f"<@{tess.id}> was first," in said
        assert "For another length, press **Change timeout…**" in said
        assert len(requests(world, "PATCH", f"/members/{world.ana.id}")) == 1

    async def test_something_else_may_follow(self, world: Any) -> None:
        """The decision stays with the first; both actions are on the card."""
        card = await flagged(world)
        tess, ugo = moderator(world), moderator(world, "ugo")
        form = await ugo.click(card, label="Act…")
        await act(world, tess, "timeout", length=600)
        said = world.said(await ugo.submit_modal(form, {"what": "delete", "reason": ""}))
        assert "the message was deleted" in said
        assert f"<@{tess.id}> decided" in said
        assert f"decided by <@{tess.id}>" in card_text(world)

    async def test_a_case_that_is_no_violation_has_to_be_reopened(self, world: Any) -> None:
        """Nothing is done; the answer says who decided and offers to reopen."""
        card = await flagged(world)
        tess = moderator(world)
        form = await tess.click(card, label="Act…")
        await world.rita.click(card, label="Not a violation")
        late = await tess.submit_modal(form, {"what": "ban", "reason": ""})
        assert f"<@{world.rita.id}> decided" in world.said(late)
        assert world.guild.get_ban(world.ana) is None
        answer = next(each for each in (late.response, *late.followups) if each is not None and each.components)
        form = await tess.click(answer, label="Reopen…")
        assert "open again" in world.said(await tess.submit_modal(form, {"text": "look at the film list"}))
        assert "was banned" in world.said(await act(world, tess, "ban"))

    async def test_the_form_of_a_decided_case_says_so(self, world: Any) -> None:
        """Before anybody types anything."""
        card = await flagged(world)
        await world.rita.click(card, label="Not a violation")
        form = await world.omar.click(world.cards()[0], label="Act…")
        (text,) = [each["content"] for each in form.modal["components"] if each["type"] == 10]
        assert f"<@{world.rita.id}> decided" in text
        assert "Reopen the case" in text


@pytest.mark.also_invented
async def test_buttons_that_decide_are_off_afterwards(world: Any) -> None:
    """Acting decides; acting again, notes and reopening stay possible."""
    await flagged(world)
    await act(world, world.omar, "delete")
    with pytest.raises(SetupError, match="disabled"):
        await world.omar.click(world.cards()[0], label="Not a violation")
    await world.omar.click(world.cards()[0], label="Act…")
