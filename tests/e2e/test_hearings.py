"""Reviewers decide on appeals, and ask before they do."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import discord
import pytest
from simcord.backend.errors import SetupError

from bot.cogs.appeals.buttons import HearingButton, HearingClick, HearingVerb, MemberButton, MemberClick, MemberVerb
from bot.moderation.appeals.appeal import AppealKey, AppealState
from bot.moderation.cases.action import ActionKind
from bot.moderation.cases.case import CaseState
from bot.moderation.servers.options import AppealOptions
from tests.e2e.acting import act, moderator
from tests.e2e.appeals import (
    TIMEOUT,
    appeal_card,
    appealed,
    decide,
    fill,
    letters,
    set_options,
    stored,
    warned,
)

KEEP = "Keep the decision…"


class TestDeciding:
    """The reviewers' side."""

    async def test_keeping(self, world: Any) -> None:
        """The decision stays, the member reads why without a name, and nothing can be clicked any more."""
        await appealed(world)
        assert "The member was told" in world.said(
            await decide(world, world.rita, "Keep the decision…", "**No** @here")
        )
        said = world.said(letters(world, world.ana)[-1])
        assert r"> \*\*No\*\* \@here" in said
        assert str(world.rita.id) not in said
        card = appeal_card(world)
        assert f"the decision was kept, decided by <@{world.rita.id}>" in world.said(card)
        with pytest.raises(SetupError, match="disabled"):
            await world.rita.click(card, label="Reverse the decision…")
        case = await world.bot.services.review.find(world.guild.id, 1)
        assert case.state is CaseState.VIOLATION

    async def test_reversing_undoes_what_can_be_undone(self, world: Any) -> None:
        """The timeout ends, the case is no violation any more; what stays is said with its reason."""
        tess, ugo = moderator(world), moderator(world, "ugo")
        await warned(world, **TIMEOUT, by=tess)
        await world.bot.services.act.act(world.guild.id, 1, kind=ActionKind.DELETE, moderator_id=tess.id, reason="")
        form = await world.ana.user.click(letters(world, world.ana)[0], label="Appeal")
        await fill(world, form)
        done = await decide(world, ugo, "Reverse the decision…")
        said = world.said(done)
        assert "1 action was undone." in said
        stays = "Not undone: Deletion: Discord cannot restore a deleted message."
        assert stays in said
        assert stays in world.said(appeal_card(world))
        said = world.said(letters(world, world.ana)[-1])
        assert "Undone: Timeout (1 hour)" in said
        assert "Not undone: Message deleted: Discord cannot restore a deleted message" in said
        assert len(letters(world, world.ana)) == 3  # two notices and one outcome: undoing tells nobody a second time
        case = await world.bot.services.review.find(world.guild.id, 1)
        assert (case.state, case.decision.moderator_id) == (CaseState.NOT_A_VIOLATION, ugo.id)
        member = world.env.backend.get_guild(world.guild.id).members[world.ana.id]
        assert member.timed_out_until is None
        card = world.said(appeal_card(world))
        assert f"Violation, by <@{tess.id}>" in card
        assert "The same moderator" not in card

    async def test_what_discord_does_not_take_back(self, world: Any) -> None:
        """Whoever decides reads which action stays and why, in the answer and on the card."""
        tess = moderator(world)
        await warned(world, **TIMEOUT, by=tess)
        form = await world.ana.user.click(letters(world, world.ana)[0], label="Appeal")
        await fill(world, form)
        own = world.guild.me.top_role
        permissions = discord.Permissions(own.permissions.value)
        permissions.update(administrator=False, moderate_members=False)
        world.env.backend.edit_role(world.guild.id, own.id, {"permissions": permissions.value})
        await world.env.settle()
        said = world.said(await decide(world, moderator(world, "ugo"), "Reverse the decision…"))
        assert "Not undone: Timeout of 1 hour: Bylaw lacks" in said
        assert "Not undone: Timeout of 1 hour: " in world.said(appeal_card(world))

    async def test_what_a_reviewer_may_not_lift_stays(self, world: Any) -> None:
        """Without Ban Members nobody unbans, with Bylaw or without it: the appeal is decided, the ban stays, and both
        cards say who can lift it. Somebody who may then does so with one click."""
        tess = moderator(world)
        await world.set_up()
        await world.ana.send(world.general, "the butler did it")
        await act(world, tess, "ban")
        await fill(world, await world.ana.user.click(letters(world, world.ana)[-1], label="Appeal"))
        form = await world.rita.click(appeal_card(world), label="Reverse the decision…")
        assert "The ban stays: you lack Ban Members" in str(form.modal)
        said = world.said(await world.rita.submit_modal(form, {"0": "It was a joke."}))
        assert f"the decision was reversed. Not undone: Ban: <@{world.rita.id}> lacks Ban Members" in said
        assert "Anyone with Ban Members can press Undo ban." in said
        assert world.guild.get_ban(world.ana) is not None
        assert "Another moderator has to lift it" in world.said(letters(world, world.ana)[-1])
        assert "**Still in force:** Ban (to lift it: Ban Members)" in world.said(appeal_card(world))
        case_card = world.said(world.cards()[0])
        assert f"<@{world.rita.id}> lacks Ban Members, so Bylaw does not do it for them" in case_card
        case = await world.bot.services.review.find(world.guild.id, 1)
        assert (case.state, case.decision.moderator_id) == (CaseState.NOT_A_VIOLATION, world.rita.id)
        assert "was unbanned" in world.said(await tess.click(world.cards()[0], label="Undo ban"))
        assert world.guild.get_ban(world.ana) is None

    async def test_a_timeout_of_another_case_stays(self, world: Any) -> None:
        """Reversing the decision in case 1 lifts nothing that case 2 set."""
        tess, ugo = moderator(world), moderator(world, "ugo")
        await world.set_up()
        for text in ("the butler did it", "and the butler again"):
            await world.ana.send(world.general, text)
        await world.bot.services.act.act(world.guild.id, 1, moderator_id=tess.id, reason="", **TIMEOUT)
        await fill(world, await world.ana.user.click(letters(world, world.ana)[-1], label="Appeal"))
        week = timedelta(days=7)
        await world.bot.services.act.act(
            world.guild.id, 2, kind=ActionKind.TIMEOUT, moderator_id=tess.id, reason="", length=week
        )
        until = world.env.backend.get_guild(world.guild.id).members[world.ana.id].timed_out_until
        said = world.said(await decide(world, ugo, "Reverse the decision…"))
        moment = f"<t:{int(datetime.fromisoformat(until).timestamp())}:f>"
        in_force = f"Case 2 set the timeout in force, until {moment}; it was not set by this action, so it stays."
        assert f"Still in force: {in_force}" in said
        assert f"**Still in force:** {in_force}" in world.said(appeal_card(world))
        assert f"You stay timed out until {moment}" in world.said(letters(world, world.ana)[-1])
        for told in (said, world.said(appeal_card(world)), world.said(letters(world, world.ana)[-1])):
            assert "Not undone: Timeout" not in told
            assert "Not undone: Timeout" not in told
        assert world.env.backend.get_guild(world.guild.id).members[world.ana.id].timed_out_until == until is not None
        assert "was not set by this action" in world.said(world.cards()[0])

    async def test_a_timeout_that_somebody_else_set_is_named_with_its_end(self, world: Any) -> None:
        """By hand, after this case's own: the answer, the card and the letter say so, and no date is cut off."""
        tess, ugo = moderator(world), moderator(world, "ugo")
        await warned(world, **TIMEOUT, by=tess)
        await fill(world, await world.ana.user.click(letters(world, world.ana)[-1], label="Appeal"))
        until = discord.utils.utcnow() + timedelta(days=3)
        world.env.backend.edit_member(world.guild.id, world.ana.id, {"timed_out_until": until.isoformat()})
        said = world.said(await decide(world, ugo, "Reverse the decision…"))
        moment = f"<t:{int(until.timestamp())}:f>"
        for told in (said, world.said(appeal_card(world)), world.said(world.cards()[0])):
            assert f"Somebody else set the timeout in force, until {moment}" in told
        assert "Timeout of 1 hour (lifting it takes" not in world.said(appeal_card(world))
        letter = world.said(letters(world, world.ana)[-1])
        assert f"You stay timed out until {moment}, for a reason other than this case" in letter
        assert "Timeout of 1 hour" not in letter

    async def test_a_timeout_set_by_hand_before_is_back(self, world: Any) -> None:
        """The case had made it longer: reversing the decision leaves what was in force before, and says so."""
        tess, ugo = moderator(world), moderator(world, "ugo")
        await world.set_up()
        await world.ana.send(world.general, "the butler did it")
        until = discord.utils.utcnow() + timedelta(minutes=40)
        world.env.backend.edit_member(world.guild.id, world.ana.id, {"timed_out_until": until.isoformat()})
        await world.bot.services.act.act(world.guild.id, 1, moderator_id=tess.id, reason="", **TIMEOUT)
        await fill(world, await world.ana.user.click(letters(world, world.ana)[-1], label="Appeal"))
        said = world.said(await decide(world, ugo, "Reverse the decision…"))
        member = world.env.backend.get_guild(world.guild.id).members[world.ana.id]
        assert datetime.fromisoformat(member.timed_out_until) == until
        moment = f"<t:{int(until.timestamp())}:f>"
        assert "1 action was undone." in said
        assert f"which leaves one until {moment}" in world.said(appeal_card(world))
        letter = world.said(letters(world, world.ana)[-1])
        assert "Undone: Timeout (1 hour)" in letter
        assert f"You stay timed out until {moment}" in letter

    @pytest.mark.also_invented
    async def test_a_second_reviewer(self, world: Any) -> None:
        """Whoever decided does not decide again, unless nobody else did in time; then the card says so."""
        await appealed(world)
        refused = await world.omar.click(appeal_card(world), label="Keep the decision…")
        assert "Another reviewer decides on the appeal. If nobody has by <t:" in world.said(refused)
        await set_options(world, replace(AppealOptions(), stale_hours=0))
        await decide(world, world.omar, "Keep the decision…")
        assert "The same moderator as before" in world.said(appeal_card(world))

    async def test_a_server_that_needs_no_second_one(self, world: Any) -> None:
        """It says so once, and the card says it each time."""
        await appealed(world)
        await world.mira.slash(world.general, "settings appeals", second_reviewer=False)
        await decide(world, world.omar, "Reverse the decision…")
        assert "The same moderator as before" in world.said(appeal_card(world))

    async def test_nobody_decides_on_their_own_appeal(self, world: Any) -> None:
        """A member who became a reviewer meanwhile neither decides nor asks."""
        await appealed(world)
        world.env.backend.edit_member(world.guild.id, world.ana.id, {"role_ids": [world.reviewers.id]})
        for label in ("Keep the decision…", "Reverse the decision…", "Ask a question…"):
            assert "This appeal is your own" in world.said(await world.ana.click(appeal_card(world), label=label))

    @pytest.mark.also_invented
    async def test_two_reviewers_race(self, world: Any) -> None:
        """The first to send the form off counts; the other is told who, and keeps what they wrote."""
        await appealed(world)
        forms = {
            who: await who.click(appeal_card(world), label="Keep the decision…") for who in (world.rita, world.mira)
        }
        await world.rita.submit_modal(forms[world.rita], {"0": "No."})
        late = await world.mira.submit_modal(forms[world.mira], {"0": "Mine."})
        assert f"<@{world.rita.id}> was first" in world.said(late)
        assert world.files(late) == {"your-words.txt": "Mine."}
        assert len(letters(world, world.ana)) == 2

    async def test_a_click_on_an_old_picture_of_the_card(self, world: Any) -> None:
        """It is told who was first, and the card catches up."""
        card = await appealed(world)
        old = world.env.backend.get_message(world.mods.id, card.id).components
        await decide(world, world.rita, "Keep the decision…")
        world.env.backend.get_message(world.mods.id, card.id).components = old
        late = await world.mira.click(appeal_card(world), label="Reverse the decision…")
        assert "was first" in world.said(late)
        assert "the decision was kept" in world.said(appeal_card(world))

    @pytest.mark.parametrize("verb", list(HearingVerb))
    async def test_only_reviewers_and_only_here(self, world: Any, verb: HearingVerb) -> None:
        """A member, a button carried into another server, and an appeal that is not there."""
        await appealed(world)
        card = appeal_card(world)
        labels = {each: HearingButton(HearingClick(verb=each, key=(await stored(world)).key)).item for each in (verb,)}
        custom_id = labels[verb].custom_id
        assert "Only reviewers" in world.said(await world.ana.click(card, custom_id=custom_id))
        missing = AppealKey(guild_id=world.guild.id, case_number=9, attempt=1)
        view = discord.ui.View(timeout=None)
        view.add_item(HearingButton(HearingClick(verb=verb, key=missing)))
        message = await world.bot.get_channel(world.mods.id).send("x", view=view)
        gone = await world.rita.click(message, custom_id=message.components[0].children[0].custom_id)
        assert "no such appeal" in world.said(gone)
        stranger = world.env.create_user("stranger")
        elsewhere = world.env.create_guild("Elsewhere", owner=stranger)
        channel = elsewhere.create_text_channel("general")
        view = discord.ui.View(timeout=None)
        view.add_item(HearingButton(HearingClick(verb=verb, key=(await stored(world)).key)))
        message = await world.bot.get_channel(channel.id).send("x", view=view)
        owner = type(world.mira)(world.env, elsewhere, stranger)
        assert "no such appeal" in world.said(await owner.click(message, custom_id=custom_id))

    async def test_a_role_that_was_taken_away_while_the_form_was_open(self, world: Any) -> None:
        """Nothing is decided, and the words come back."""
        await appealed(world)
        form = await world.rita.click(appeal_card(world), label="Keep the decision…")
        world.env.backend.edit_member(world.guild.id, world.rita.id, {"role_ids": []})
        refused = await world.rita.submit_modal(form, {"0": "No."})
        assert "Only reviewers" in world.said(refused)
        assert world.files(refused) == {"your-words.txt": "No."}
        assert (await stored(world)).state is AppealState.OPEN

    @pytest.mark.also_invented
    async def test_a_member_who_cannot_be_told(self, world: Any) -> None:
        """The decision stands all the same; the card says it, and /appeal shows the outcome."""
        await appealed(world)
        world.env.inject_error("POST", "/channels/*/messages", status=403, code=50007)
        done = await decide(world, world.rita, "Keep the decision…", "No.")
        assert "could not be told" in world.said(done)
        assert "The member could not be told" in world.said(appeal_card(world))
        assert "the decision was kept" in world.said(await world.ana.slash(world.general, "appeal"))

    @pytest.mark.also_invented
    async def test_everything_as_a_file(self, world: Any) -> None:
        """Long answers are cut on the card and whole in the file."""
        await warned(world)
        form = await world.ana.user.click(letters(world, world.ana)[0], label="Appeal")
        await world.ana.user.submit_modal(form, {"0": "long " * 200, "1": "x" * 1_000})
        assert "… more: Everything" in world.said(appeal_card(world))
        shown = await world.rita.click(appeal_card(world), label="Everything")
        text = world.files(shown)["appeal-case-1.txt"]
        assert "x" * 1_000 in text
        assert "telling how the film ends" in text

    async def test_the_rule_has_changed_since(self, world: Any) -> None:
        """The card shows the difference, and what the judge says under today's version; nothing reverses by itself."""
        await warned(world)
        await world.rewrite("Spoilers", world.policy.replace("how the film ends", "who did it"))
        await fill(world, await world.ana.user.click(letters(world, world.ana)[0], label="Appeal"))
        said = world.said(appeal_card(world))
        assert "reads differently in v2" in said
        assert "+ " in said
        assert "**The judge today** (Spoilers v2)" in said
        assert (await world.bot.services.review.find(world.guild.id, 1)).state is CaseState.VIOLATION

    @pytest.mark.also_invented
    async def test_the_policy_is_gone_or_paused(self, world: Any) -> None:
        """There is no verdict of today, and the card says why."""
        await warned(world)
        await world.mira.slash(world.general, "policy pause", name="Spoilers")
        form = await world.ana.user.click(letters(world, world.ana)[0], label="Appeal")
        await fill(world, form)
        said = world.said(appeal_card(world))
        assert "paused" in said
        assert "no longer in force" in said

    async def test_after_the_retention_time(self, world: Any) -> None:
        """The message cannot be judged again; the card says so."""
        await warned(world)
        cases = world.bot.services.review._cases
        await cases.purge_texts(world.guild.id, before=datetime.now(UTC) + timedelta(days=1))
        await fill(world, await world.ana.user.click(letters(world, world.ana)[0], label="Appeal"))
        said = world.said(appeal_card(world))
        assert said.count("retention time was over") == 2
        assert "butler" not in said

    @pytest.mark.also_invented
    async def test_a_deleted_message(self, world: Any) -> None:
        """There is no link any more, and the appeal can be decided."""
        await world.set_up()
        message = await world.ana.send(world.general, "the butler did it")
        await world.bot.services.act.act(world.guild.id, 1, kind=ActionKind.WARN, moderator_id=world.omar.id, reason="")
        await world.ana.delete(message)
        await fill(world, await world.ana.user.click(letters(world, world.ana)[0], label="Appeal"))
        assert "the message was deleted" in world.said(appeal_card(world))
        assert "case 1" in world.said(await decide(world, world.rita, "Reverse the decision…")).lower()


class TestAsking:
    """A reviewer asks, the member answers."""

    async def test_there_and_back(self, world: Any) -> None:
        """Both are on the card; meanwhile nothing else can be asked, and the appeal can be decided."""
        await appealed(world)
        form = await world.rita.click(appeal_card(world), label="Ask a question…")
        asked = await world.rita.submit_modal(form, {"0": "Which **film**?"})
        assert "The member got your question" in world.said(asked)
        question = letters(world, world.ana)[-1]
        assert r"> Which \*\*film\*\*\?" in world.said(question)
        assert "waiting for the member's answer" in world.said(appeal_card(world))
        again = await world.mira.click(appeal_card(world), label="Ask a question…")
        assert "has not answered the last question" in world.said(again)
        forms = [await world.ana.user.click(question, label="Answer") for _ in range(2)]
        assert "was sent" in world.said(await world.ana.user.submit_modal(forms[0], {"0": "The *old* one."}))
        assert r"The \*old\* one\." in world.said(appeal_card(world))
        assert "There is no open question" in world.said(await world.ana.user.click(question, label="Answer"))
        late = await world.ana.user.submit_modal(forms[1], {"0": "More."})
        assert "**Not sent.**" in world.said(late)
        assert world.files(late) == {"your-words.txt": "More."}

    @pytest.mark.also_invented
    async def test_a_question_that_is_not_delivered(self, world: Any) -> None:
        """The member finds it with /appeal, and answers there."""
        await appealed(world)
        form = await world.rita.click(appeal_card(world), label="Ask a question…")
        world.env.inject_error("POST", "/channels/*/messages", status=403, code=50007)
        asked = await world.rita.submit_modal(form, {"0": "Which film?"})
        assert "The question is kept. The member could not be told" in world.said(asked)
        assert "do not accept direct messages" in world.said(appeal_card(world))
        shown = await world.ana.slash(world.general, "appeal", case="1")
        assert "A reviewer has a question" in world.said(shown)
        form = await world.ana.click(shown.response, label="Answer")
        await world.ana.submit_modal(form, {"0": "This one."})
        assert r"This one\." in world.said(appeal_card(world))

    @pytest.mark.also_invented
    async def test_two_ask_at_once(self, world: Any) -> None:
        """One question counts; the other comes back to its author."""
        await appealed(world)
        forms = [await who.click(appeal_card(world), label="Ask a question…") for who in (world.rita, world.mira)]
        await world.rita.submit_modal(forms[0], {"0": "First?"})
        late = await world.mira.submit_modal(forms[1], {"0": "Second?"})
        assert "**Not asked.**" in world.said(late)
        assert world.files(late) == {"your-words.txt": "Second?"}

    async def test_only_the_member_answers(self, world: Any) -> None:
        """Somebody else's click finds nothing."""
        await appealed(world)
        form = await world.rita.click(appeal_card(world), label="Ask a question…")
        await world.rita.submit_modal(form, {"0": "Which film?"})
        click = MemberClick(verb=MemberVerb.ANSWER, guild_id=world.guild.id, number=1, attempt=1)
        view = discord.ui.View(timeout=None)
        view.add_item(MemberButton(click))
        message = await world.bot.get_channel(world.general.id).send("x", view=view)
        assert "There is no open question" in world.said(await world.omar.click(message, label="Answer"))
