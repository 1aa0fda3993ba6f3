"""``/settings language``: the language of what Bylaw posts in a server."""

from __future__ import annotations

from typing import Any

import discord
from discord import app_commands

from bot.cogs.interactions.permission import admits_admin
from bot.cogs.interactions.reply import Reply, send
from bot.cogs.servers.base import SettingsCommands
from bot.languages.language import OWN_NAMES, Language, known_language
from bot.languages.translation import _, marked
from bot.moderation.servers.interface_language import InterfaceLanguages
from bot.moderation.servers.options import LanguageOptions

_DISCORDS = "discord"  #: choice for the server's language in Discord
LANGUAGE_CHOICES = [
    app_commands.Choice(name="The language that is set in Discord", value=_DISCORDS),
    *(app_commands.Choice(name=name, value=language.value) for language, name in OWN_NAMES.items()),
]
_WHOSE = marked(
    "-# This is for cards, reports and everything else that Bylaw posts in your server. What only one person sees is "
    "in that person's own Discord language."
)


def chosen_language(choice: str | None) -> str | None:
    """The value to store for a choice: a language, "" for the server's language in Discord, None if nothing was
    chosen."""
    return choice if choice is None else known_language(choice) or ""


class LanguageSettings(SettingsCommands):
    """The command about the language."""

    languages: InterfaceLanguages

    @app_commands.command(description="The language of cards, reports and everything else that Bylaw posts here")
    @app_commands.describe(language="Leave it out to see what is set")
    @app_commands.choices(language=LANGUAGE_CHOICES)
    async def language(self, interaction: discord.Interaction[Any], language: str | None = None) -> None:
        """Change it, or show the current setting."""
        if not await admits_admin(interaction) or interaction.guild_id is None:
            return
        before, chosen = await self.options.get(interaction.guild_id, LanguageOptions), chosen_language(language)
        now = before if chosen is None else LanguageOptions(language=chosen)
        told = _shown(now, self.languages.of_discord(interaction.guild_id))
        if now == before:
            await send(interaction, Reply(text=told))
        else:
            await self.save(interaction, now, told)


def _shown(options: LanguageOptions, of_discord: Language) -> str:
    chosen = known_language(options.language)
    if chosen is not None:
        line = _("- Language: {language}", language=OWN_NAMES[chosen])
    else:
        line = _("- Language: {language}, because it is set in Discord", language=OWN_NAMES[of_discord])
    return f"{line}\n{_(_WHOSE)}"
