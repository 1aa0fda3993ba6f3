"""**Raid controls…** on the card of a raid: opens the panel and its forms, sets controls and ends them.

Bylaw does only what the moderator could do by hand: Discord's own permission is checked for both when the panel opens,
when the form opens, and when Discord is asked.
"""

from __future__ import annotations

from typing import Any

import discord
from discord.ext import commands

from bot.cogs.cards.shared.raid_controls import RaidClick, RaidEndClick, RaidVerb, control_line, may_slow, why
from bot.cogs.interactions.errors import answering
from bot.cogs.interactions.open_tasks import OpenTasks
from bot.cogs.interactions.reply import Reply, defer, send
from bot.cogs.interactions.submitted_forms import SubmittedForm, on_form
from bot.cogs.raids.form import FORM, control_form, read_control_form
from bot.cogs.raids.panel import nothing_for_you, panel
from bot.cogs.review.case_clicks import admits_to_case
from bot.languages.translation import _, marked
from bot.moderation.cards.shared_card import CardGroupLines
from bot.moderation.cases.raid_control import ControlKind, ControlState, NewControl, RaidControl
from bot.moderation.raids.controls import Ended, InTheWay, RaidControls, Started
from bot.moderation.servers.permissions import Access

#: English, translated when shown.
NO_SUCH_CARD = marked("This card belongs to no raid that Bylaw knows of.")
NO_SUCH_CHANNEL = marked("That channel is gone. Nothing was done.")
NO_SUCH_CONTROL = marked("There is no such raid control in this server.")
ENDED_BEFORE = marked("It is over already, or Discord is being asked. Nothing was changed.")

_KINDS = {
    RaidVerb.PAUSE_INVITES: ControlKind.PAUSE_INVITES,
    RaidVerb.PAUSE_DMS: ControlKind.PAUSE_DMS,
    RaidVerb.SLOW_MODE: ControlKind.SLOW_MODE,
}


class RaidClicks(commands.Cog):
    """Raid controls for moderators."""

    def __init__(
        self, *, controls: RaidControls, groups: CardGroupLines, access: Access, open_tasks: OpenTasks
    ) -> None:
        self._controls = controls
        self._groups = groups
        self._access = access
        self._open_tasks = open_tasks

    @commands.Cog.listener()
    async def on_raid_click(self, interaction: discord.Interaction[Any], click: RaidClick) -> None:
        """Somebody opened the panel, or one of its forms."""
        async with answering("raid controls", interaction):
            if not await admits_to_case(interaction, click.guild_id, self._access):
                return
            guild, reader = interaction.guild, interaction.user
            if guild is None or not isinstance(reader, discord.Member):
                return
            lines = await self._groups.lines(click.guild_id, click.group_id)
            if not lines:
                await send(interaction, Reply(text=_(NO_SUCH_CARD)))
            elif click.verb is RaidVerb.CONTROLS:
                situation = await self._controls.situation(click.guild_id)
                await send(interaction, panel(situation, group_id=click.group_id, guild=guild, reader=reader))
            elif not _may(reader, _KINDS[click.verb]):
                await send(interaction, Reply(text=nothing_for_you()))
            else:
                ids = {"guild_id": click.guild_id, "group_id": click.group_id}
                made = control_form(_KINDS[click.verb], **ids, lines=lines, guild=guild)
                await interaction.response.send_modal(made)

    @on_form(FORM, what="a raid control")
    async def take_form(self, interaction: discord.Interaction[Any], sent: SubmittedForm) -> None:
        """The form was submitted, perhaps by somebody who lost the role meanwhile."""
        form = read_control_form(sent)
        if not await admits_to_case(interaction, form.guild_id, self._access):
            return
        await defer(interaction)
        with self._open_tasks.tracking():
            lines = await self._groups.lines(form.guild_id, form.group_id)
            guild = interaction.guild
            if not lines or (form.channel_id and (guild is None or guild.get_channel(form.channel_id) is None)):
                await send(interaction, Reply(text=_(NO_SUCH_CHANNEL if lines else NO_SUCH_CARD)))
                return
            new = NewControl(
                guild_id=form.guild_id,
                group_id=form.group_id,
                case_number=lines[0].number,
                kind=form.kind,
                channel_id=form.channel_id,
                seconds=form.seconds,
                length=form.length,
                by=interaction.user.id,
                reason=form.reason,
            )
            await send(interaction, _said(await self._controls.start(new)))

    @commands.Cog.listener()
    async def on_raid_end_click(self, interaction: discord.Interaction[Any], click: RaidEndClick) -> None:
        """Somebody ended a control early."""
        with self._open_tasks.tracking():
            async with answering("ending a raid control", interaction):
                if not await admits_to_case(interaction, click.guild_id, self._access):
                    return
                await defer(interaction)
                me = interaction.user.id
                ended = await self._controls.end(click.guild_id, click.control_id, moderator_id=me)
                await send(interaction, Reply(text=_(NO_SUCH_CONTROL)) if ended is None else _of_end(ended))

    @commands.Cog.listener()
    async def on_guild_update(self, before: discord.Guild, after: discord.Guild) -> None:
        """Somebody may have ended a pause by hand."""
        if _pauses(before) != _pauses(after):
            await self._controls.notice(after.id)

    @commands.Cog.listener()
    async def on_guild_channel_update(self, before: discord.abc.GuildChannel, after: discord.abc.GuildChannel) -> None:
        """Somebody may have changed a slow mode by hand."""
        if getattr(before, "slowmode_delay", 0) != getattr(after, "slowmode_delay", 0):
            await self._controls.notice(after.guild.id)

    @commands.Cog.listener()
    async def on_guild_channel_delete(self, channel: discord.abc.GuildChannel) -> None:
        """A slow mode ended with its deleted channel."""
        await self._controls.notice(channel.guild.id)


def _may(reader: discord.Member, kind: ControlKind) -> bool:
    if kind is not ControlKind.SLOW_MODE:
        return reader.guild_permissions.manage_guild
    return any(may_slow(reader, each) for each in reader.guild.channels)


def _pauses(guild: discord.Guild) -> tuple[object, ...]:
    return guild.invites_paused_until, guild.dms_paused_until


def _said(outcome: Started | InTheWay) -> Reply:
    if isinstance(outcome, InTheWay):
        there = _("Nothing was done, because this is in force already:")
        return Reply(text=f"{there}\n{control_line(outcome.control)}")
    return Reply(text=control_line(outcome.control))


def _of_end(ended: Ended) -> Reply:
    control: RaidControl = ended.control
    if ended.before:
        return Reply(text=f"{_(ENDED_BEFORE)}\n{control_line(control)}")
    if control.state is ControlState.ENDED:
        return Reply(text=control_line(control))
    return Reply(text=f"{_('It was not ended: {reason}', reason=why(control))}\n{control_line(control)}")
