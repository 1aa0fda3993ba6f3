"""Members are told what was done, and appeal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import discord
import pytest
from simcord.backend.errors import SetupError

from bot.app import BylawBot
from bot.cogs.appeals.buttons import MemberButton, MemberClick, MemberVerb
from bot.moderation.cases.action import ActionKind
from bot.moderation.servers.options import AppealOptions
from classifier import Judge
from tests.e2e.acting import moderator
from tests.e2e.appeals import (
    WHAT_HAPPENED,
    WHY,
    appeal_card,
    appealed,
    decide,
    fill,
    letters,
    set_options,
    stored,
    warned,
)


class TestNotices:
    """What a member reads when something was done."""

    async def test_it_has_the_rule_and_what_was_done_and_nobodys_name(self, world: Any) -> None:
        """Neutral, with the member's own message and a button; the card says that it was delivered."""
        await warned(world)
        (notice,) = letters(world, world.ana)
        said = world.said(notice)
        for part in (
            "Film club",
            "This is a warning",
            "R1 Unmarked spoiler",
            "Breaks it: telling how the film ends",
            "> the butler did it",
            "Spoilers, version 1",
            "[Open the message]",
            "An automated system found this in your message, and a moderator decided.",
            "Case 1",
            "/appeal",
        ):
            assert part in said, said
        assert str(world.omar.id) not in said
        assert "culprit" not in said
        assert "It tells who did it" not in said
        assert "The member was told" in world.said(world.cards()[0])

    async def test_the_servers_own_words_cannot_ping_or_format(self, world: Any) -> None:
        """And a moderator is named where the server wants that."""
        await world.set_up()
        done = await world.mira.slash(
            world.general, "settings notices", opening="# Hi @everyone", names_moderators=True
        )
        assert "Moderators' names in notices: on" in world.said(done)
        await world.ana.send(world.general, "the butler did it")
        await world.bot.services.act.act(world.guild.id, 1, kind=ActionKind.WARN, moderator_id=world.omar.id, reason="")
        said = world.said(letters(world, world.ana)[0])
        assert "> \\#\N{NO-BREAK SPACE}Hi \\@everyone" in said
        assert f"Moderator: <@{world.omar.id}>" in said

    async def test_a_closed_direct_message_shows_on_the_card(self, world: Any) -> None:
        """A warning that nobody heard is not a warning."""
        await world.set_up()
        await world.ana.send(world.general, "the butler did it")
        world.env.inject_error("POST", "/users/@me/channels", status=403, code=50007)
        await world.bot.services.act.act(world.guild.id, 1, kind=ActionKind.WARN, moderator_id=world.omar.id, reason="")
        assert letters(world, world.ana) == []
        assert "could not be told" in world.said(world.cards()[0])

    @pytest.mark.parametrize("kind", [ActionKind.WARN, ActionKind.DELETE])
    @pytest.mark.parametrize(
        ("where", "status", "code", "known"),
        [
            ("/users/@me/channels", 403, 50007, "they do not accept direct messages from this server, or have blocked"),
            ("/messages", 403, 50007, "they do not accept direct messages from this server, or have blocked"),
            ("/users/@me/channels", 404, 10013, "could not be told: Discord did not confirm the direct message"),
            ("/messages", 404, 10003, "could not be told: Discord did not confirm the direct message"),
            ("/users/@me/channels", 500, 0, "could not be told: Discord did not confirm the direct message"),
            ("/messages", 500, 0, "It is not known whether the member was told"),
            ("/messages", 503, 0, "It is not known whether the member was told"),
            ("/messages", 400, 50035, "could not be told: Discord did not confirm the direct message"),
        ],
    )
    async def test_only_what_is_known_is_said(
        self, world: Any, kind: ActionKind, where: str, status: int, code: int, known: str
    ) -> None:
        """One code says why a member is not reached. After an error of the server, the message may have arrived."""
        await world.set_up()
        await world.ana.send(world.general, "the butler did it")
        if where == "/messages":
            channel = await world.bot.create_dm(discord.Object(world.ana.id))
            where = f"/channels/{channel.id}/messages"
        world.env.inject_error("POST", where, status=status, code=code, times=None)
        await world.bot.services.act.act(world.guild.id, 1, kind=kind, moderator_id=world.omar.id, reason="")
        said = world.said(world.cards()[0])
        assert known in said
        assert ("closed" in said, " left." in said) == (False, False)

    async def test_a_server_that_sends_none(self, world: Any) -> None:
        """Nothing is sent but warnings, which are nothing else."""
        await world.set_up()
        await world.mira.slash(world.general, "settings notices", enabled=False)
        await world.ana.send(world.general, "the butler did it")
        acts = world.bot.services.act
        await acts.act(world.guild.id, 1, kind=ActionKind.DELETE, moderator_id=world.omar.id, reason="")
        assert letters(world, world.ana) == []
        await acts.act(world.guild.id, 1, kind=ActionKind.WARN, moderator_id=world.omar.id, reason="")
        assert len(letters(world, world.ana)) == 1

    async def test_without_appeals_the_servers_own_way_is_named(self, world: Any) -> None:
        """And there is no button."""
        await world.mira.slash(world.general, "setup", channel=world.mods, appeal="Write to **Mira**.", starters="none")
        await world.write("Spoilers", world.policy)
        await world.mira.slash(world.general, "settings appeals", enabled=False)
        await world.ana.send(world.general, "the butler did it")
        await world.bot.services.act.act(world.guild.id, 1, kind=ActionKind.WARN, moderator_id=world.omar.id, reason="")
        (notice,) = letters(world, world.ana)
        assert r"Write to \*\*Mira\*\*" in world.said(notice)
        with pytest.raises(SetupError, match="No matching component"):
            await world.ana.user.click(notice, label="Appeal")

    async def test_a_ban_is_told_before_it_is_done(self, world: Any) -> None:
        """Afterwards nobody could be written to."""
        await warned(world, kind=ActionKind.BAN, by=moderator(world))
        assert "You are banned" in world.said(letters(world, world.ana)[0])
        calls = [(entry.method, entry.path) for entry in world.env.http_requests]
        banned = next(place for place, call in enumerate(calls) if call[0] == "PUT" and "/bans/" in call[1])
        dm = next(place for place, call in enumerate(calls) if call[1] == "/users/@me/channels")
        assert dm < banned


class TestSendingOff:
    """The member's side."""

    async def test_from_the_notice_to_a_card(self, world: Any) -> None:
        """Everything that a reviewer needs stands on it, and nothing of it can ping or format."""
        card = await appealed(world)
        said = world.said(card)
        for part in (
            r"> It was \*\*a joke\*\* \@everyone",
            "> the butler did it",
            "**The rule then** (Spoilers v1)",
            "The same in v1",
            "It tells who did it",
            f"Violation, by <@{world.omar.id}>",
            "Warned the member",
            "🔴 Breaks R1",
            "This decides nothing",
            "waiting for a reviewer",
        ):
            assert part in said, said
        assert "**Appeal:**" in world.said(world.cards()[0])
        assert [each.text for each in (await stored(world)).answers] == [WHAT_HAPPENED, WHY]

    async def test_the_button_works_after_a_restart(
        self, world: Any, bot_factory: Callable[[Judge], BylawBot], judge: Judge
    ) -> None:
        """So does a form that was open meanwhile."""
        await warned(world)
        form = await world.ana.user.click(letters(world, world.ana)[0], label="Appeal")
        await world.env.restart_bot(bot_factory(judge))
        assert "was sent to the moderators" in world.said(await fill(world, form))
        again = await world.ana.user.click(letters(world, world.ana)[0], label="Appeal")
        assert "is waiting for a reviewer" in world.said(again)

    @pytest.mark.also_invented
    async def test_one_appeal_at_a_time(self, world: Any) -> None:
        """Of two forms that were open, one counts, and the words of the other come back."""
        await warned(world)
        (notice,) = letters(world, world.ana)
        forms = [await world.ana.user.click(notice, label="Appeal") for _ in range(2)]
        await fill(world, forms[0])
        late = await fill(world, forms[1])
        assert "**Not sent.** Your appeal is waiting for a reviewer" in world.said(late)
        assert WHY in world.files(late)["your-words.txt"]
        assert len([card for card in world.cards() if "### Appeal " in world.said(card)]) == 1

    async def test_nobody_appeals_the_case_of_somebody_else(self, world: Any) -> None:
        """Not with a button carried over, not with a number, not with a forged form."""
        await warned(world)
        button = MemberButton(MemberClick(verb=MemberVerb.APPEAL, guild_id=world.guild.id, number=1))
        view = discord.ui.View(timeout=None)
        view.add_item(button)
        message = await world.bot.get_channel(world.general.id).send("x", view=view)
        assert "You have no case with that number" in world.said(await world.omar.click(message, label="Appeal"))
        for case in ("1", f"{world.guild.id}:1", "99", str(2**63)):
            assert "You have no case with that number" in world.said(
                await world.omar.slash(world.general, "appeal", case=case)
            )
        intake = world.bot.services.members.submission
        assert (
            await intake.send_off(
                world.guild.id, 1, member_id=world.omar.id, attempt=1, digest="00000000", texts=("x",)
            )
            is None
        )

    async def test_by_command_in_the_server(self, world: Any) -> None:
        """The member chooses from their own cases; without a choice they see them all, with buttons."""
        await warned(world)
        (offered,) = await world.ana.autocomplete(world.general, "appeal", "case", "")
        assert offered["name"].startswith("Case 1 · 20")
        assert await world.omar.autocomplete(world.general, "appeal", "case", "") == []
        assert await world.ana.autocomplete(world.general, "appeal", "case", "zebra") == []
        listed = await world.ana.slash(world.general, "appeal")
        assert "Case 1 · <t:" in world.said(listed)
        assert "You can appeal." in world.said(listed)
        form = await world.ana.click(listed.response, label="Appeal case 1")
        assert "was sent" in world.said(await world.ana.submit_modal(form, {"0": "a", "1": ""}))
        assert "is waiting for a reviewer" in world.said(await world.ana.slash(world.general, "appeal"))
        shown = await world.ana.slash(world.general, "appeal", case=offered["value"])
        assert "is waiting for a reviewer" in world.said(shown)
        assert "nothing to appeal in this server" in world.said(await world.omar.slash(world.general, "appeal"))

    @pytest.mark.parametrize("nonsense", ["abc", "1:2:3", "-1", "77:1"])
    async def test_nonsense_instead_of_a_case(self, world: Any, nonsense: str) -> None:
        """One line says what to do."""
        await warned(world)
        answer = world.said(await world.ana.slash(world.general, "appeal", case=nonsense))
        assert answer == "Choose one of your cases from the list."

    @pytest.mark.also_invented
    async def test_a_banned_member_appeals_in_a_direct_message(self, world: Any) -> None:
        """Through the app that they installed for themselves; the outcome undoes the ban and is told."""
        tess, ugo = moderator(world), moderator(world, "ugo")
        await warned(world, kind=ActionKind.BAN, by=tess)
        ana = world.ana.user
        assert world.ana.id in world.env.backend.get_guild(world.guild.id).bans
        (offered,) = await ana.autocomplete("appeal", "case", "")
        assert offered["name"].endswith("· Film club")
        listed = await ana.slash("appeal")
        assert "Film club · Case 1" in world.said(listed)
        form = await ana.slash("appeal", case=offered["value"])
        assert "was sent" in world.said(await ana.submit_modal(form, {"0": "Sorry.", "1": "x"}))
        done = await decide(world, ugo, "Reverse the decision…")
        assert "1 action was undone. The member was told." in world.said(done)
        assert world.ana.id not in world.env.backend.get_guild(world.guild.id).bans
        said = world.said(letters(world, world.ana)[-1])
        assert "was wrong and was reversed" in said
        assert "Undone: Ban" in said
        assert "the decision was reversed" in world.said(await ana.slash("appeal"))
        assert "Choose one of your cases" in world.said(await ana.slash("appeal", case="1"))

    async def test_an_appeal_that_comes_in_at_another_process(self, world: Any) -> None:
        """In a direct message, where another process has the server: it is kept and shown there, once."""
        await warned(world)
        form = await world.ana.user.click(letters(world, world.ana)[-1], label="Appeal")
        state = world.bot._connection
        server = state._guilds.pop(world.guild.id)  # as in the process of shard 0, which does not have it
        before = len(world.cards())
        assert "was sent to the moderators" in world.said(await fill(world, form))
        assert len(world.cards()) == before
        state._guilds[world.guild.id] = server
        follow_up = world.bot.services.members.follow_up
        assert await follow_up.take_over(world.guild.id) == 1
        assert "Everybody knows the film" in world.said(appeal_card(world))
        assert len(world.cards()) == before + 1
        assert await follow_up.take_over(world.guild.id) == 0

    async def test_the_servers_own_questions(self, world: Any) -> None:
        """Up to four; a long one stands below a short name; they are kept as they were asked."""
        await world.set_up()
        form = await world.mira.slash(world.general, "settings questions")
        long = "What would you say to somebody who had not seen the film yet?"
        saved = await world.mira.submit_modal(form, {"0": "Sorry?", "1": " ", "2": long, "3": ""})
        assert "Questions: your own" in world.said(saved)
        await world.ana.send(world.general, "the butler did it")
        await world.bot.services.act.act(world.guild.id, 1, kind=ActionKind.WARN, moderator_id=world.omar.id, reason="")
        form = await world.ana.user.click(letters(world, world.ana)[0], label="Appeal")
        await world.ana.user.submit_modal(form, {"0": "Yes.", "1": "Sorry."})
        said = world.said(appeal_card(world))
        assert r"**Sorry\?**" in said
        assert "somebody who had not seen" in said

    async def test_questions_that_change_while_a_form_is_open(self, world: Any) -> None:
        """No answer is put below a question that it was not given to."""
        await warned(world)
        form = await world.ana.user.click(letters(world, world.ana)[0], label="Appeal")
        await set_options(world, replace(AppealOptions(), questions=("Do you like films?", "Why?")))
        await fill(world, form)
        said = world.said(appeal_card(world))
        assert "has changed its questions" in said
        assert "like films" not in said


class TestWhenNot:
    """What a member is told who cannot appeal now."""

    async def test_nothing_was_decided(self, world: Any) -> None:
        """An open case is no decision."""
        await world.set_up()
        await world.ana.send(world.general, "the butler did it")
        assert "nothing to appeal" in world.said(await world.ana.slash(world.general, "appeal", case="1"))
        assert "nothing to appeal" in world.said(await world.ana.slash(world.general, "appeal"))

    async def test_a_delay_and_a_cap(self, world: Any) -> None:
        """Not again before this many days, and not more often than the server allows."""
        await appealed(world)
        await set_options(world, replace(AppealOptions(), cap=2))
        await decide(world, world.rita, "Keep the decision…", "Read the rules.")
        (notice, outcome) = letters(world, world.ana)
        assert "The decision was kept" in world.said(outcome)
        early = world.said(await world.ana.user.click(notice, label="Appeal"))
        assert "You can appeal again from <t:" in early
        assert r"> Read the rules\." in early
        await set_options(world, replace(AppealOptions(), cap=2, days_between=0))
        await fill(world, await world.ana.user.click(notice, label="Appeal"))
        assert "### Appeal 2 in case 1" in world.said(appeal_card(world))
        await decide(world, world.rita, "Keep the decision…")
        assert "all appeals that this server allows" in world.said(await world.ana.user.click(notice, label="Appeal"))
        assert "all appeals that this server allows" in world.said(await world.ana.slash(world.general, "appeal"))

    async def test_appeals_switched_off_meanwhile(self, world: Any) -> None:
        """The button says so."""
        await warned(world)
        await set_options(world, replace(AppealOptions(), enabled=False))
        said = world.said(await world.ana.user.click(letters(world, world.ana)[0], label="Appeal"))
        assert "does not take appeals" in said
