"""``/settings cascade``: one cheap look at all policies together, which may settle clear messages."""

from __future__ import annotations

from typing import Any

import discord
from discord import app_commands

from bot.cogs.interactions.permission import admits_admin
from bot.cogs.interactions.quoting import on_one_line
from bot.cogs.interactions.reply import Reply, send
from bot.cogs.servers.base import SettingsCommands
from bot.languages.translation import _
from bot.moderation.cascade.cascade import Cascade
from bot.moderation.cascade.screened_set import with_recall
from bot.moderation.cascade.words import described
from bot.moderation.policies.publishing import Publishing
from bot.moderation.servers.options import CascadeOptions

_MOST_SETS = 5  #: sets shown, latest first
_OFF = 0


class CascadeSettings(SettingsCommands):
    """The command about the first look."""

    cascade: Cascade
    policies: Publishing

    @app_commands.command(name="cascade", description="Settle clear messages with one look at all policies together")
    @app_commands.describe(recall="How many of 100 violations it must still find; setting it makes it learn again")
    @app_commands.choices(
        recall=[
            app_commands.Choice(name="99 of 100", value=99),
            app_commands.Choice(name="98 of 100", value=98),
            app_commands.Choice(name="95 of 100", value=95),
            app_commands.Choice(name="90 of 100", value=90),
            app_commands.Choice(name="Off: judge every message under every policy", value=_OFF),
        ]
    )
    async def set_cascade(self, interaction: discord.Interaction[Any], recall: int | None = None) -> None:
        """Change it, or show its state."""
        if not await admits_admin(interaction) or interaction.guild_id is None:
            return
        if recall is None:
            options = await self.options.get(interaction.guild_id, CascadeOptions)
            await send(interaction, Reply(text=await self._how_it_goes(interaction.guild_id, options)))
            return
        now = CascadeOptions(recall=recall / 100)
        if not recall or now == await self.options.get(interaction.guild_id, CascadeOptions):
            await self.cascade.start_over(interaction.guild_id)
        await self.save(interaction, now, await self._how_it_goes(interaction.guild_id, now))

    async def _how_it_goes(self, guild_id: int, options: CascadeOptions) -> str:
        if not options.recall:
            return _("- Every message is judged under every policy that covers it")
        promised = _(
            "- One look at all policies together settles clear messages. It must still find {n} of 100 violations",
            n=round(100 * options.recall),
        )
        policies = await self.policies.list(guild_id)
        names = {policy.published.id: policy.name for policy in policies if policy.published}
        sets = [(ids, known) for ids, known in await self.cascade.of_server(guild_id) if set(ids) <= names.keys()]
        if not sets:
            waits = _("- It starts to learn with the next message, and skips nothing until it knows enough")
            return f"{promised}\n{waits}"
        lines = (
            f"- {', '.join(on_one_line(names[each], 50) for each in ids)}: "
            f"{described(with_recall(known, options.recall), policies=len(ids))}"
            for ids, known in sets[:_MOST_SETS]
        )
        return "\n".join((promised, *lines))
