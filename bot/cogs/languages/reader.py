"""Sets the language of the person who uses Bylaw: what only they see is in their Discord language.

discord.py runs every command, autocomplete, click and form in its own task. Each passes one of three places first:
`BylawTree.interaction_check`, `ClickButton.callback` and `SubmittedForms.on_interaction`. All three call `speak_to`, so
no other code sets a language.
"""

from __future__ import annotations

from typing import Any

import discord

from bot.languages.language import language_of
from bot.languages.translation import speak


def speak_to(interaction: discord.Interaction[Any]) -> None:
    """Use this person's language for the rest of the task, and in tasks that it starts."""
    speak(language_of(interaction.locale.value))
