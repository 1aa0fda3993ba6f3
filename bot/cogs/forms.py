"""Forms of Discord with one text field, and what comes back from them.

Nothing about an open form is kept anywhere: its custom_id says what it is about and what its author started from. So
it can be sent off after a restart, or an hour later, and nothing is lost.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import discord

TEXT_LIMIT = 4_000  #: what a text field of Discord holds, in UTF-16 units

_TITLE_LIMIT = 45
_TEXT = "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class SentOff:
    """A form that somebody sent off."""

    custom_id: str
    text: str


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
    made = _Form(title[:_TITLE_LIMIT], custom_id)
    field = discord.ui.TextInput[Any](
        custom_id=_TEXT, style=discord.TextStyle.paragraph, default=text, max_length=limit, required=required
    )
    made.add_item(discord.ui.Label(text=label, description=help, component=field))
    return made


def sent_off(interaction: discord.Interaction[Any]) -> SentOff | None:
    """The form that was sent off, whoever made it; None where the interaction is something else."""
    if interaction.type is not discord.InteractionType.modal_submit or interaction.guild_id is None:
        return None
    return read_form(interaction.data or {})


def read_form(data: Mapping[str, Any]) -> SentOff:
    """A form, from the raw data of its interaction."""
    texts = dict(_values(data.get("components", [])))
    return SentOff(custom_id=str(data.get("custom_id", "")), text=texts.get(_TEXT, ""))


class _Form(discord.ui.Modal):
    def __init__(self, title: str, custom_id: str) -> None:
        super().__init__(title=title, custom_id=custom_id, timeout=None)
        self.stop()  # or discord.py would keep each form that is never sent off, for ever


def _values(components: Any) -> Iterator[tuple[str, str]]:
    """The text fields of a form by their custom_id, from inside their labels."""
    for component in components:
        inner = component.get("component", component)
        if isinstance(inner.get("value"), str):
            yield str(inner.get("custom_id")), inner["value"]
