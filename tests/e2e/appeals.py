"""What tests of appeals have in common: a decided case, and its member's way to the moderators."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import discord

from bot.moderation.appeals.appeal import AppealKey
from bot.moderation.cases.action import ActionKind
from bot.moderation.servers.options import AppealOptions, NoticeOptions

TIMEOUT: dict[str, Any] = {"kind": ActionKind.TIMEOUT, "length": timedelta(hours=1)}
WHAT_HAPPENED, WHY = "It was **a joke** @everyone", "Everybody knows the film."


async def warned(
    world: Any, *, kind: ActionKind = ActionKind.WARN, length: timedelta | None = None, by: Any = None
) -> Any:
    """A server in which Omar, or another moderator, acted on Ana's message; the case."""
    await world.set_up()
    await world.ana.send(world.general, "the butler did it")
    await world.bot.services.act.act(
        world.guild.id, 1, kind=kind, moderator_id=(by or world.omar).id, reason="spoiler", length=length
    )
    return await world.bot.services.review.find(world.guild.id, 1)


def letters(world: Any, member: Any) -> list[discord.Message]:
    """What Bylaw wrote to somebody in direct messages, oldest first."""
    if member.id not in world.env.backend.dm_channels:
        return []
    return [message for message in member.user.dm_channel.history() if not message.flags.ephemeral]


async def fill(world: Any, form: Any) -> Any:
    """Ana answers both of Bylaw's own questions."""
    return await world.ana.user.submit_modal(form, {"0": WHAT_HAPPENED, "1": WHY})


async def appealed(world: Any, *, kind: ActionKind = ActionKind.WARN, length: timedelta | None = None) -> Any:
    """Ana has appealed from the notice; the card of the appeal."""
    await warned(world, kind=kind, length=length)
    await fill(world, await world.ana.user.click(letters(world, world.ana)[-1], label="Appeal"))
    return appeal_card(world)


def appeal_card(world: Any) -> discord.Message:
    """The newest card of an appeal."""
    return [card for card in world.cards() if "### Appeal " in world.said(card)][-1]


async def set_options(world: Any, options: AppealOptions | NoticeOptions) -> None:
    """Set what no command lets a test set, such as reminders at once."""
    await world.bot.services.options.save(world.guild.id, options, actor_id=world.mira.id)


async def decide(world: Any, who: Any, label: str, reason: str = "It was a joke.") -> Any:
    """A reviewer clicks on the card of the appeal and says why."""
    form = await who.click(appeal_card(world), label=label)
    return await who.submit_modal(form, {"0": reason})


async def stored(world: Any, attempt: int = 1) -> Any:
    """The appeal as the database has it."""
    key = AppealKey(guild_id=world.guild.id, case_number=1, attempt=attempt)
    file = await world.bot.services.members.appeal_files.find(key)
    return file.appeal if file else None
