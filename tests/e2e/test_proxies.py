"""PluralKit in a simulated server: the original is deleted, a webhook's copy stays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import discord
import pytest

from bot.app import BylawBot
from bot.moderation.cases.action import ActionKind
from bot.moderation.members.reporting import OWN_MESSAGE
from bot.moderation.policies.consequences import ConsequenceMode
from bot.moderation.review.decisions import OWN_CASE
from classifier import Judge
from tests.e2e.acting import moderator
from tests.e2e.appeals import letters
from tests.e2e.test_stats import at_the_servers_time

World = Any  # the fixture of conftest.py, which no test can import


async def proxied(world: World, text: str, copy: str, who: Any = None) -> discord.Message:
    """Ana, or somebody else, posts, and the proxy takes their message away and posts its copy, which is what stays."""
    who = who or world.ana
    message = await who.send(world.general, text)
    hook = world.guild.create_webhook(world.general, name="Luna")
    posted: discord.Message = await hook.send(copy)
    await who.delete(message)
    await world.env.settle()
    await world.env.advance_time(30)
    return posted


@pytest.mark.parametrize("text", ["the butler did it", "L: the butler did it"])
async def test_delete_removes_what_is_visible(world: World, text: str) -> None:
    """One card, which names Ana; a click deletes the copy."""
    await world.set_up()
    await proxied(world, text, "the butler did it")
    (card,) = world.cards()
    assert f"**Member:** <@{world.ana.id}>" in world.said(card)
    assert "the message was deleted" in world.said(card)
    assert "**Also in:**" in world.said(card)
    case = await world.bot.services.review.find(world.guild.id, 1)
    await world.bot.services.act.act(
        world.guild.id, case.number, kind=ActionKind.DELETE, moderator_id=world.omar.id, reason="a spoiler"
    )
    assert "butler" not in "\n".join(message.content for message in world.general.history())


@pytest.mark.parametrize(
    ("text", "copy", "files"),
    [
        ("L: the butler did it", "the butler did it", ()),
        ("L:", "", (("message.txt", b"the butler did it"),)),
    ],
)
async def test_an_automatic_deletion_removes_the_copy(
    world: World, text: str, copy: str, files: tuple[tuple[str, bytes], ...]
) -> None:
    """Without a click, where the rule's consequence is switched on; of a file without a word, too."""
    await world.set_up()
    await world.rewrite("Spoilers", world.policy.replace("Severity: high", "Severity: high\nConsequence: delete"))
    for mode in (ConsequenceMode.REHEARSE, ConsequenceMode.ON):
        await world.bot.services.consequences.set(
            world.guild.id, "Spoilers", "R1", mode=mode, from_score=0.5, actor_id=world.mira.id
        )
    hook = world.guild.create_webhook(world.general, name="Luna")
    await world.ana.send(world.general, text, attachments=list(files))
    await hook.send(copy, attachments=list(files))
    await world.env.settle()
    await world.env.advance_time(5)
    assert not world.general.history()


class TestWhosWordsTheyAre:
    """The member's, on every path: they decide nothing about them, and what is done about them is done about the
    member."""

    async def test_one_does_not_report_what_one_wrote(self, world: World) -> None:
        """At once, and an hour later, when the words are forgotten."""
        await world.set_up()
        copy = await proxied(world, "L: the gardener is nice", "the gardener is nice")
        assert OWN_MESSAGE in world.said(await world.ana.context_menu(world.general, "Report to moderators", copy))
        await world.env.advance_time(3_600)
        assert OWN_MESSAGE in world.said(await world.ana.context_menu(world.general, "Report to moderators", copy))
        assert world.cards() == []

    async def test_a_report_names_the_member(self, world: World) -> None:
        """Who is warned and told then, and who may not decide the case."""
        await world.set_up()
        copy = await proxied(world, "L: the gardener is nice", "the gardener is nice", who=world.omar)
        await world.ana.context_menu(world.general, "Report to moderators", copy)
        (card,) = world.cards()
        assert f"**Member:** <@{world.omar.id}>" in world.said(card)
        for label in ("Violation", "Not a violation", "Act…"):
            assert OWN_CASE in world.said(await world.omar.click(card, label=label))

    async def test_a_warning_reaches_the_member(self, world: World) -> None:
        """And not the webhook."""
        await world.set_up()
        copy = await proxied(world, "L: the gardener is nice", "the gardener is nice")
        await world.rita.context_menu(world.general, "Report to moderators", copy)
        boss = moderator(world)
        form = await boss.click(world.cards()[0], label="Act…")
        await boss.submit_modal(form, {"what": "warn", "reason": "be kind"})
        (letter,) = letters(world, world.ana)
        assert "the gardener is nice" in world.said(letter)

    async def test_after_a_restart(self, world: World, bot_factory: Callable[[Judge], BylawBot], judge: Judge) -> None:
        """The case says whose words they are, once nobody remembers."""
        await world.set_up()
        copy = await proxied(world, "L: the butler did it", "the butler did it")
        await world.env.restart_bot(bot_factory(judge))
        await world.env.advance_time(3_600)
        assert OWN_MESSAGE in world.said(await world.ana.context_menu(world.general, "Report to moderators", copy))

    async def test_a_sample_shows_nobody_their_own(self, world: World) -> None:
        """Somebody else looks at it."""
        await world.set_up()
        await proxied(world, "L: lovely film", "lovely film", who=world.omar)
        await world.mira.slash(world.general, "mod sample", weekly=5)
        at_the_servers_time(world)
        assert await world.bot.schedule.run_now("samples")
        post = world.cards()[-1]
        said = world.said(await world.omar.click(post, label="Look at them"))
        assert "lovely" not in said
        assert "is your own" in said
        assert f"<@{world.omar.id}>" in world.said(await world.rita.click(post, label="Look at them"))

    async def test_context_names_the_member(self, world: World) -> None:
        """Read from the channel when somebody clicks."""
        await world.set_up()
        await proxied(world, "L: hello there", "hello there", who=world.omar)
        await world.ana.send(world.general, "the butler did it")
        said = world.said(await world.rita.click(world.cards()[0], label="Context"))
        assert f"<@{world.omar.id}>: hello there" in said
