"""Forms with several fields, in servers and in direct messages. Like those of `forms`, they are kept nowhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import discord

from bot.cogs.interactions.forms import field_values, opened_form

LABEL_LIMIT = 45  #: what Discord allows above a field
HELP_LIMIT = 100  #: and below its name


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One text field. A name too long for Discord becomes the help below a short one."""

    name: str
    help: str = ""
    text: str = ""
    limit: int = 1_000
    required: bool = True
    long: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class SentFields:
    """A form that somebody sent off: the texts in the order of its fields."""

    custom_id: str
    texts: tuple[str, ...]


def fields_form(title: str, custom_id: str, fields: Sequence[Field]) -> discord.ui.Modal:
    """A form with up to five fields."""
    made = opened_form(title, custom_id)
    for number, field in enumerate(fields):
        fits = len(field.name) <= LABEL_LIMIT
        made.add_item(
            discord.ui.Label(
                text=field.name if fits else f"Question {number + 1}",
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


def sent_fields(interaction: discord.Interaction[Any]) -> SentFields | None:
    """The form that was sent off; None where the interaction is something else."""
    if interaction.type is not discord.InteractionType.modal_submit:
        return None
    data: Mapping[str, Any] = interaction.data or {}
    texts = field_values(data)
    ordered = tuple(texts[name] for name in sorted(texts) if name.isdecimal())
    return SentFields(custom_id=str(data.get("custom_id", "")), texts=ordered)
