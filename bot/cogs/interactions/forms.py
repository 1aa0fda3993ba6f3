"""Discord forms (modals), opened for one person.

No state of an open form is kept: its custom_id says what it is about and what its author started from. So it can be
submitted after a restart, or an hour later, and nothing is lost. `submitted_forms` receives them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import discord

from bot.languages.translation import _

TEXT_LIMIT = 4_000  #: Discord's limit for a text field, in UTF-16 units
LABEL_LIMIT = 45  #: Discord's limit for a label
HELP_LIMIT = 100  #: Discord's limit for a description
TEXT = "text"  #: the custom_id of the field of a form with one field

_TITLE_LIMIT = 45


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One text field. A label too long for Discord becomes the description below a short one."""

    name: str
    help: str = ""
    text: str = ""
    limit: int = 1_000
    required: bool = True
    long: bool = True


def form(
    title: str,
    custom_id: str,
    *,
    label: str,
    help: str,
    text: str = "",
    limit: int = TEXT_LIMIT,
    required: bool = True,
) -> discord.ui.Modal:
    """A form with one field, filled with `text`."""
    made = opened_form(title, custom_id)
    field = discord.ui.TextInput[Any](
        custom_id=TEXT, style=discord.TextStyle.paragraph, default=text, max_length=limit, required=required
    )
    made.add_item(discord.ui.Label(text=label, description=help, component=field))
    return made


def fields_form(title: str, custom_id: str, fields: Sequence[Field]) -> discord.ui.Modal:
    """A form with up to five fields. Their custom_ids are numbers from 0."""
    made = opened_form(title, custom_id)
    for number, field in enumerate(fields):
        fits = len(field.name) <= LABEL_LIMIT
        made.add_item(
            discord.ui.Label(
                # Translators: above the field of a form, at most 45 characters.
                text=field.name if fits else _("Question {number}", number=number + 1),
                description=(field.help if fits else field.name)[:HELP_LIMIT] or None,
                component=discord.ui.TextInput[Any](
                    custom_id=str(number),
                    style=discord.TextStyle.paragraph if field.long else discord.TextStyle.short,
                    default=field.text or None,
                    max_length=field.limit,
                    required=field.required,
                ),
            )
        )
    return made


def opened_form(title: str, custom_id: str) -> discord.ui.Modal:
    """A form without fields yet."""
    return _Form(title[:_TITLE_LIMIT], custom_id)


class _Form(discord.ui.Modal):
    def __init__(self, title: str, custom_id: str) -> None:
        super().__init__(title=title, custom_id=custom_id, timeout=None)
        self.stop()  # otherwise discord.py would keep forms that are never submitted forever
