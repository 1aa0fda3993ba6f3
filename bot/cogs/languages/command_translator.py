"""Translates commands for Discord: descriptions, and the names of choices.

Names of commands stay English, so that moderators can tell each other what to type.
"""

from __future__ import annotations

import discord
from discord import app_commands

from bot.languages.catalogue import catalogue
from bot.languages.language import known_language

_Place = app_commands.TranslationContextLocation
_NAMES = frozenset({_Place.command_name, _Place.group_name, _Place.parameter_name})


class CommandTranslator(app_commands.Translator):
    """Translates the texts of commands when they are sent to Discord."""

    async def translate(
        self, string: app_commands.locale_str, locale: discord.Locale, context: app_commands.TranslationContextTypes
    ) -> str | None:
        """None if Discord is to show the English text."""
        language = known_language(locale.value)
        if language is None or context.location in _NAMES:
            return None
        text = catalogue(language).gettext(string.message)
        return None if text == string.message else text
