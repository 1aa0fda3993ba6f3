"""The language of whoever uses Bylaw: what only they see is in the language that they use Discord in.

discord.py gives every command, autocomplete, click and form a task of its own. Each passes one of three places first:
`BylawTree.interaction_check`, `ClickButton.callback` and `SubmittedForms.on_interaction`. All three call `speak_to`, so
nothing behind them asks for a language.
"""

from __future__ import annotations

from typing import Any

import discord

from bot.languages.language import language_of
from bot.languages.translation import speak


def speak_to(interaction: discord.Interaction[Any]) -> None:
    """Speak this person's language for the rest of the task, and in what it starts."""
    speak(language_of(interaction.locale.value))
