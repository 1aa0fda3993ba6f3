"""Forms of Discord, and what comes back from them.

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
    made = opened_form(title, custom_id)
    field = discord.ui.TextInput[Any](
        custom_id=_TEXT, style=discord.TextStyle.paragraph, default=text, max_length=limit, required=required
    )
    made.add_item(discord.ui.Label(text=label, description=help, component=field))
    return made


def opened_form(title: str, custom_id: str) -> discord.ui.Modal:
    """A form without fields yet."""
    return _Form(title[:_TITLE_LIMIT], custom_id)


def sent_off(interaction: discord.Interaction[Any]) -> SentOff | None:
    """The form that was sent off, whoever made it; None where the interaction is something else."""
    if interaction.type is not discord.InteractionType.modal_submit or interaction.guild_id is None:
        return None
    return read_form(interaction.data or {})


def read_form(data: Mapping[str, Any]) -> SentOff:
    """A form, from the raw data of its interaction."""
    return SentOff(custom_id=str(data.get("custom_id", "")), text=field_values(data).get(_TEXT, ""))


def field_values(data: Mapping[str, Any]) -> dict[str, str]:
    """What was written or chosen in each field, by the field's custom_id; of a menu the first choice."""
    return dict(_values(data.get("components", [])))


class _Form(discord.ui.Modal):
    def __init__(self, title: str, custom_id: str) -> None:
        super().__init__(title=title, custom_id=custom_id, timeout=None)
        self.stop()  # or discord.py would keep each form that is never sent off, for ever


def _values(components: Any) -> Iterator[tuple[str, str]]:
    """The fields of a form by their custom_id, from inside their labels."""
    for component in components:
        inner = component.get("component", component)
        chosen = inner.get("values") or [inner.get("value")]
        if isinstance(chosen[0], str):
            yield str(inner.get("custom_id")), chosen[0]
