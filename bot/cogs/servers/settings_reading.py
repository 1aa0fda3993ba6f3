"""``/settings reading`` and ``backlog``: what the judge reads and writes, and what happens while it is behind."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import discord
from discord import app_commands

from bot.cogs.interactions.permission import admits_admin
from bot.cogs.interactions.quoting import on_one_line
from bot.cogs.interactions.reply import Reply, send
from bot.cogs.servers.base import SettingsCommands
from bot.languages.translation import _, language_name, marked, ngettext
from bot.moderation.judging.backlog import WhenBehind
from bot.moderation.messages.recent_lines import MOST_LINES
from bot.moderation.servers.languages import language_named, languages_like
from bot.moderation.servers.options import BacklogOptions, ReadingOptions
from classifier.lite.recall import FOUND_OF_TEN

# Translators: a choice in a list of languages, at most 100 characters.
POLICYS_OWN = marked("the policy's own")

_WHEN_BEHIND = {
    WhenBehind.WAIT: marked("- While the judge is behind, messages wait and are judged as always, later"),
    WhenBehind.PROBE: marked("- While the judge is behind, the model answers at once, without thinking"),
    WhenBehind.LITE: marked(
        "- While the judge is behind, patterns and examples decide without the model. Under the starter policies they "
        "find about {found} of 10 new wordings, under policies without patterns next to none"
    ),
}


class ReadingSettings(SettingsCommands):
    """The commands about reading and about falling behind."""

    @app_commands.command(description="What is read with a message, and the language of the reasons on cards")
    @app_commands.describe(
        context_messages="Earlier messages that are shown with the one that is judged, 0 to 10",
        language="Language in which the judge gives its reasons",
    )
    async def reading(
        self,
        interaction: discord.Interaction[Any],
        context_messages: app_commands.Range[int, 0, MOST_LINES] | None = None,
        language: app_commands.Range[str, 1, 40] | None = None,
    ) -> None:
        """Change the given options; show all."""
        if not await admits_admin(interaction) or interaction.guild_id is None:
            return
        before = await self.options.get(interaction.guild_id, ReadingOptions)
        chosen = before.language if language is None else _language(language)
        if chosen is None:
            await send(interaction, Reply(text=_unknown(language or "")))
            return
        now = replace(
            before,
            context_messages=before.context_messages if context_messages is None else context_messages,
            language=chosen,
        )
        if now == before:
            await send(interaction, Reply(text=_reading(now)))
        else:
            await self.save(interaction, now, _reading(now))

    @reading.autocomplete("language")
    async def _languages(self, interaction: discord.Interaction[Any], typed: str) -> list[app_commands.Choice[str]]:
        """The languages that match what was typed so far."""
        del interaction
        own, start = _(POLICYS_OWN), typed.strip().casefold()
        first = [app_commands.Choice(name=own, value=POLICYS_OWN)] if start in own or start in POLICYS_OWN else []
        found = [app_commands.Choice(name=language_name(name), value=name) for name in languages_like(typed)]
        return [*first, *found][:25]

    @app_commands.command(description="What happens while the judge is behind")
    @app_commands.describe(when_behind="How messages are judged until it has caught up; none is ever dropped")
    @app_commands.choices(
        when_behind=[
            app_commands.Choice(name="Wait: judge everything as always, later", value=WhenBehind.WAIT.value),
            app_commands.Choice(name="Probe: the model answers without thinking", value=WhenBehind.PROBE.value),
            app_commands.Choice(name="Lite: patterns and examples, no model", value=WhenBehind.LITE.value),
        ]
    )
    async def backlog(self, interaction: discord.Interaction[Any], when_behind: str | None = None) -> None:
        """Change it, or show the current setting."""
        if not await admits_admin(interaction) or interaction.guild_id is None:
            return
        before = await self.options.get(interaction.guild_id, BacklogOptions)
        now = before if when_behind is None else replace(before, when_behind=WhenBehind(when_behind).value)
        if now == before:
            await send(interaction, Reply(text=_backlog(now)))
        else:
            await self.save(interaction, now, _backlog(now))


def _language(typed: str) -> str | None:
    """The value to store for a typed language: "" for the policy's own, None if unknown."""
    return "" if typed.strip().casefold() in (POLICYS_OWN, _(POLICYS_OWN).casefold()) else language_named(typed)


def _unknown(typed: str) -> str:
    shown = on_one_line(typed, 80)
    return _("“{typed}” is not a language that can be set. Type a few letters and choose from the list.", typed=shown)


def _reading(options: ReadingOptions) -> str:
    count = options.context_messages
    context = (
        ngettext(
            "- Context: {n} earlier message is read with the one that is judged",
            "- Context: {n} earlier messages are read with the one that is judged",
            count,
        )
        if count
        else _("- Context: no earlier message is read with the one that is judged")
    )
    language = (
        _("- Language of the reasons on cards: {language}", language=language_name(options.language))
        if options.language
        else _("- Language of the reasons on cards: the policy's own")
    )
    return f"{context}\n{language}"


def _backlog(options: BacklogOptions) -> str:
    return _(_WHEN_BEHIND[WhenBehind(options.when_behind)], found=FOUND_OF_TEN)
