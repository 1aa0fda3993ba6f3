"""What Discord or a rule of ours refuses is one plain sentence, on the card and to the moderator; the case stays."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import aiohttp
import discord
import pytest
from simcord.backend.errors import SetupError
from simcord.backend.models import Overwrite
from simcord.enums import OverwriteType

from tests.e2e.acting import act, card_text, flagged, moderator, nothing_was_done, requests
from tests.e2e.appeals import letters

AGAINST = ("timeout", "kick", "ban")
NEEDS = {"delete": "Manage Messages", "timeout": "Time out members", "kick": "Kick Members", "ban": "Ban Members"}


def take_from_bylaw(world: Any, **permissions: bool) -> None:
    """Bylaw keeps what it needs for cards, without these."""
    keeps = discord.Permissions(
        view_channel=True,
        send_messages=True,
        embed_links=True,
        attach_files=True,
        read_message_history=True,
        manage_messages=True,
        moderate_members=True,
        kick_members=True,
        ban_members=True,
    )
    keeps.update(**permissions)
    role = next(role for role in world.bot.get_guild(world.guild.id).me.roles if role.managed)
    world.env.backend.edit_role(world.guild.id, role.id, {"permissions": keeps.value})


def give_role(world: Any, member: Any, name: str, *, above_bylaw: bool = False, **permissions: bool) -> None:
    """A role for somebody who has one already or none."""
    role = world.guild.create_role(name, permissions=discord.Permissions(**permissions))
    if above_bylaw:
        world.env.backend.edit_role(world.guild.id, role.id, {"position": 99})
    had = world.env.backend.get_guild(world.guild.id).members[member.id].role_ids
    world.env.backend.edit_member(world.guild.id, member.id, {"role_ids": [*had, role.id]})


class TestTheModerator:
    """Somebody who could not do it by hand."""

    @pytest.mark.parametrize("what", NEEDS)
    async def test_needs_the_permission_themselves(self, world: Any, what: str) -> None:
        """A reviewer without Discord's own permission is told which; nothing is tried, nothing decided."""
        await flagged(world)
        said = world.said(await act(world, world.rita, what))
        assert f"You need {NEEDS[what]} to do that" in said
        assert "**State:** Open" in card_text(world)
        assert nothing_was_done(world)

    async def test_who_lost_the_role_while_the_form_was_open(self, world: Any) -> None:
        """What counts is the moment in which it is sent off."""
        card = await flagged(world)
        tess = moderator(world)
        form = await tess.click(card, label="Act…")
        world.env.backend.edit_member(world.guild.id, tess.id, {"role_ids": []})
        said = world.said(await tess.submit_modal(form, {"what": "ban", "reason": ""}))
        assert "Only reviewers" in said
        assert nothing_was_done(world)

    async def test_who_stands_below_the_member(self, world: Any) -> None:
        """A role above the moderator's protects from them, as it does without Bylaw."""
        await flagged(world)
        tess = moderator(world)
        give_role(world, world.ana, "VIP")
        world.env.backend.edit_role(world.guild.id, world.guild.roles["VIP"].id, {"position": 2})
        world.env.backend.edit_role(world.guild.id, world.guild.roles["Team of tess"].id, {"position": 1})
        said = world.said(await act(world, tess, "timeout"))
        assert "level with the moderator's or above it" in said
        assert nothing_was_done(world)

    async def test_who_may_not_delete_in_that_channel(self, world: Any) -> None:
        """What counts is the channel of the message, as it does by hand."""
        await flagged(world)
        deny = discord.Permissions(manage_messages=True).value
        overwrite = Overwrite(target_id=world.omar.id, type=OverwriteType.MEMBER, allow=0, deny=deny)
        world.env.backend.set_overwrite(world.general.id, overwrite)
        said = world.said(await act(world, world.omar, "delete"))
        assert f"<@{world.omar.id}> lacks Manage Messages in <#{world.general.id}>" in said
        assert len(world.general.history()) == 1

    async def test_a_member_who_sees_the_channel_is_refused(self, world: Any) -> None:
        """No form for them; and an Undo button of somebody else's action does nothing."""
        await flagged(world)
        await act(world, moderator(world), "timeout")
        assert "Only reviewers" in world.said(await world.ana.click(world.cards()[0], label="Undo timeout"))
        assert "Only reviewers" in world.said(await world.ana.click(world.cards()[0], label="Act…"))
        assert len(requests(world, "PATCH", "/members/")) == 1


@pytest.mark.also_invented
async def test_a_case_that_is_not_there(world: Any) -> None:
    """Whatever the form was about is looked up when it comes back."""
    card = await flagged(world)
    tess = moderator(world)
    for what in ("ban", "note", "skip"):
        form = await tess.click(card, label="Act…")
        form._interaction.modal["custom_id"] = f"bylaw:act:{world.guild.id}:99"
        assert "no such case" in world.said(await tess.submit_modal(form, {"what": what, "reason": "x"}))
    assert nothing_was_done(world)


class TestTheMember:
    """Somebody against whom nothing can be done."""

    @pytest.mark.parametrize("what", AGAINST)
    async def test_who_is_on_the_team(self, world: Any, what: str) -> None:
        """By a permission or by the reviewer role."""
        await world.set_up()
        await world.rita.send(world.general, "the butler did it")
        said = world.said(await act(world, moderator(world), what))
        assert "The member is on this server's team" in said
        assert ": not done" in card_text(world)
        assert "on this server's team" in card_text(world)
        assert nothing_was_done(world)

    @pytest.mark.parametrize("what", AGAINST)
    async def test_who_is_an_administrator(self, world: Any, what: str) -> None:
        """Discord times none of them out; Bylaw says it first."""
        await flagged(world)
        give_role(world, world.ana, "Admins", administrator=True)
        assert "The member is an administrator" in world.said(await act(world, moderator(world), what))
        assert nothing_was_done(world)

    @pytest.mark.parametrize("what", AGAINST)
    async def test_who_owns_the_server(self, world: Any, what: str) -> None:
        """Nobody can."""
        await world.set_up()
        await world.mira.send(world.general, "the butler did it")
        assert "owns this server" in world.said(await act(world, moderator(world), what))
        assert nothing_was_done(world)

    async def test_who_ranks_above_bylaw(self, world: Any) -> None:
        """With the way to mend it."""
        await flagged(world)
        give_role(world, world.ana, "Legends", above_bylaw=True)
        said = world.said(await act(world, moderator(world), "ban"))
        assert "Move Bylaw's role up in Server Settings, Roles." in said
        assert nothing_was_done(world)

    @pytest.mark.parametrize("what", ["timeout", "kick"])
    async def test_who_left(self, world: Any, what: str) -> None:
        """There is nobody to time out or to kick; the card says so."""
        await flagged(world)
        world.guild.remove_member(world.ana)
        assert "no longer in this server" in world.said(await act(world, moderator(world), what))
        assert "no longer in this server" in card_text(world)

    async def test_who_left_can_be_banned(self, world: Any) -> None:
        """So that they do not come back."""
        await flagged(world)
        world.guild.remove_member(world.ana)
        assert "was banned" in world.said(await act(world, moderator(world), "ban"))

    async def test_who_is_banned_already(self, world: Any) -> None:
        """Nothing is changed, and nothing can be undone: the ban is somebody else's."""
        await flagged(world)
        world.env.backend.apply_ban(world.guild.id, world.ana.id, "by hand")
        said = world.said(await act(world, moderator(world), "ban"))
        assert "Nothing was changed. The member was already banned." in said
        assert "Ban: not needed" in card_text(world)
        assert letters(world, world.ana) == []
        with pytest.raises(SetupError):
            await world.mira.click(world.cards()[0], label="Undo ban")
        assert world.guild.get_ban(world.ana)["reason"] == "by hand"

    async def test_who_is_timed_out_for_less(self, world: Any) -> None:
        """The new time counts, and the card says what it was before."""
        await flagged(world)
        until = discord.utils.utcnow() + timedelta(minutes=5)
        world.env.backend.edit_member(world.guild.id, world.ana.id, {"timed_out_until": until.isoformat()})
        said = world.said(await act(world, moderator(world), "timeout"))
        assert f"Before, the member was timed out until <t:{int(until.timestamp())}:f>." in said


class TestBylaw:
    """What Bylaw itself lacks."""

    @pytest.mark.parametrize(
        ("what", "permission"),
        [("timeout", "moderate_members"), ("kick", "kick_members"), ("ban", "ban_members")],
    )
    async def test_lacks_a_permission(self, world: Any, what: str, permission: str) -> None:
        """Which one, and where it is given; Discord is not asked."""
        await flagged(world)
        take_from_bylaw(world, **{permission: False})
        said = world.said(await act(world, moderator(world), what))
        assert f"Bylaw lacks {NEEDS[what]}. Give it to Bylaw's role in Server Settings, Roles." in said
        assert nothing_was_done(world)
        assert "Bylaw lacks" in card_text(world)

    async def test_lacks_it_in_one_channel(self, world: Any) -> None:
        """The sentence names the channel."""
        await flagged(world)
        take_from_bylaw(world)
        deny = discord.Permissions(manage_messages=True).value
        overwrite = Overwrite(target_id=world.bot.user.id, type=OverwriteType.MEMBER, allow=0, deny=deny)
        world.env.backend.set_overwrite(world.general.id, overwrite)
        said = world.said(await act(world, world.omar, "delete"))
        assert f"Bylaw lacks Manage Messages in <#{world.general.id}>" in said
        assert len(world.general.history()) == 1


class TestDiscord:
    """What Discord answers."""

    async def test_a_message_that_was_deleted_before(self, world: Any) -> None:
        """Nobody heard of it; it counts as done."""
        await flagged(world)
        world.env.inject_error("DELETE", "/channels/*/messages/*", status=404, code=10_008)
        said = world.said(await act(world, world.omar, "delete"))
        assert "Done: the message was deleted. The message had already been deleted." in said

    async def test_a_message_known_to_be_gone(self, world: Any) -> None:
        """Discord is not asked again."""
        await flagged(world)
        await world.ana.delete(world.general.history()[0])
        assert "had already been deleted" in world.said(await act(world, world.omar, "delete"))
        assert requests(world, "DELETE", "/messages/") == []

    @pytest.mark.parametrize(
        ("status", "code", "says"),
        [
            (400, 50_083, "The thread is archived"),
            (403, 50_013, "Check that Bylaw has Manage Messages"),
            (403, 60_003, "two-factor authentication"),
            (429, 0, "Discord asks Bylaw to slow down"),
            (400, 50_035, "Discord refused (error 400, code 50035)"),
        ],
    )
    async def test_what_it_refuses_is_said_in_words(self, world: Any, status: int, code: int, says: str) -> None:
        """On the card and to the moderator."""
        await flagged(world)
        world.env.inject_error("DELETE", "/channels/*/messages/*", status=status, code=code, times=None)
        assert says in world.said(await act(world, world.omar, "delete"))
        assert "❌ Deletion: not done" in card_text(world)
        assert says in card_text(world)

    @pytest.mark.parametrize(
        ("what", "method", "path"),
        [
            ("delete", "DELETE", "/channels/*/messages/*"),
            ("timeout", "PATCH", "/guilds/*/members/*"),
            ("kick", "DELETE", "/guilds/*/members/*"),
            ("ban", "PUT", "/guilds/*/bans/*"),
        ],
    )
    @pytest.mark.also_invented
    async def test_after_trouble_nobody_knows_whether_it_was_done(
        self, world: Any, what: str, method: str, path: str
    ) -> None:
        """Discord may have done it before it answered with an error, so the card does not say that it was not done."""
        await flagged(world)
        world.env.inject_error(method, path, status=503, times=None)
        length = 3_600 if what == "timeout" else None
        said = world.said(await act(world, moderator(world), what, length=length))
        assert "❓" in said
        assert "Discord had trouble (error 503), so it may or may not have been done. Check in Discord" in said
        card = card_text(world)
        assert "nobody knows whether it was done" in card
        assert ": not done" not in card
        assert ("The member had been told that it would happen" in card) is (what in ("kick", "ban"))

    @pytest.mark.parametrize(
        ("what", "method", "path"),
        [("timeout", "PATCH", "/guilds/*/members/*"), ("ban", "DELETE", "/guilds/*/bans/*")],
    )
    async def test_after_trouble_it_can_be_undone_again(self, world: Any, what: str, method: str, path: str) -> None:
        """The card keeps its button, and the first attempt is not said to have failed."""
        await flagged(world)
        tess = moderator(world)
        await act(world, tess, what, length=3_600 if what == "timeout" else None)
        world.env.inject_error(method, path, status=503)
        assert "may or may not have been done" in world.said(await tess.click(world.cards()[0], label=f"Undo {what}"))
        assert "nobody knows whether it was done" in card_text(world)
        assert "Done:" in world.said(await tess.click(world.cards()[0], label=f"Undo {what}"))

    async def test_an_unheard_timeout_that_is_in_force_can_be_undone(
        self, world: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The connection broke after Discord had set it: it is known by the end that was kept before."""
        await flagged(world)
        tess, edits = moderator(world), world.bot.http.edit_member

        async def breaks(*given: Any, **named: Any) -> None:
            await edits(*given, **named)
            raise aiohttp.ServerDisconnectedError

        with monkeypatch.context() as patched:
            patched.setattr(world.bot.http, "edit_member", breaks)
            said = world.said(await act(world, tess, "timeout", length=3_600))
        assert "The connection to Discord broke, so it may or may not have been done" in said
        assert "nobody knows whether it was done" in card_text(world)
        assert "was ended" in world.said(await tess.click(world.cards()[0], label="Undo timeout"))
        assert world.env.backend.get_guild(world.guild.id).members[world.ana.id].timed_out_until is None

    @pytest.mark.parametrize(("status", "code"), [(503, 0), (404, 10_004)])
    async def test_what_it_refuses_while_bylaw_looks(self, world: Any, status: int, code: int) -> None:
        """Before the member is told of a ban that then does not come."""
        await flagged(world)
        world.env.inject_error("GET", f"/guilds/*/members/{world.ana.id}", status=status, code=code, times=None)
        said = world.said(await act(world, moderator(world), "ban"))
        assert f"error {status}" in said
        assert ": not done" in said
        assert "may or may not" not in said
        assert requests(world, "POST", "/users/@me/channels") == []

    @pytest.mark.parametrize("method", ["GET", "DELETE"])
    async def test_errors_about_bans(self, world: Any, method: str) -> None:
        """Discord cannot say whether somebody is banned, or does not lift the ban."""
        await flagged(world)
        tess = moderator(world)
        if method == "DELETE":
            await act(world, tess, "ban")
        world.env.inject_error(method, "/guilds/*/bans/*", status=404, code=10_004, times=None)
        clicked = act(world, tess, "ban") if method == "GET" else tess.click(world.cards()[0], label="Undo ban")
        assert "Discord refused (error 404, code 10004)" in world.said(await clicked)
