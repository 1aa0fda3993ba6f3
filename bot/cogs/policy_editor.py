"""The form in which a policy is written, and what comes back from it.

Nothing about an open form is kept anywhere: its custom_id says which policy it is about and what the author started
from. So it can be sent off after a restart, or an hour later, and nothing is lost.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import discord

from bot.cogs.quoting import units
from guild_policies.versions import StoredPolicy

TEXT_LIMIT = 4_000  #: what a text field of Discord holds
NAME_LIMIT = 50  #: of a new policy's name, which travels in a custom_id of at most 100

_NEW_FORM = "bylaw:new:"
_EDIT_FORM = re.compile(r"bylaw:edit:(?P<policy>[0-9]{1,19}):(?P<revision>[0-9]{1,19}):(?P<number>[0-9]{1,19})")
_TITLE_LIMIT = 45
_TEXT = "text"
_HELP = "Saving makes a draft. It judges nothing until you publish it."

_SKELETON = """# {name}

What this policy protects, in one or two sentences.

## Rules
### R1 A short name for the problem
Severity: medium
Breaks it: what is in a message that breaks this rule.
Does not: what looks alike and is fine.
Examples:
- violates: "a sentence in your own words"
- violates: "another one, closer to the line"
- allowed: "a sentence that looks alike"
- allowed: "another one, closer to the line"
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPolicy:
    """Somebody sent off the form for a new policy."""

    name: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EditedPolicy:
    """Somebody sent off the form for a policy that exists."""

    policy_id: int
    seen_revision: int | None  #: of the draft that they started from; None where there was no draft
    seen_number: int | None  #: of the version that was in force then; None where there was none
    text: str


def skeleton(name: str) -> str:
    """A text to begin with."""
    return _SKELETON.format(name=" ".join(name.split()))


def text_to_edit(policy: StoredPolicy) -> str:
    """What an admin goes on writing: the draft, else the version in force."""
    version = policy.draft or policy.published
    return version.text if version else skeleton(policy.name)


def fits(text: str) -> bool:
    """Can Discord's text field hold this?"""
    return units(text) <= TEXT_LIMIT


def form_for_new(name: str, text: str) -> discord.ui.Modal:
    """The form for a new policy."""
    return _with_text(_Form(f"New policy {name}"[:_TITLE_LIMIT], f"{_NEW_FORM}{name}"), text)


def form_for_edit(policy: StoredPolicy) -> discord.ui.Modal:
    """The form for a policy that exists, filled with its text."""
    revision = policy.draft.revision if policy.draft else 0
    number = policy.published.number if policy.published else 0
    return _with_text(
        _Form(f"Edit {policy.name}"[:_TITLE_LIMIT], f"bylaw:edit:{policy.id}:{revision}:{number}"), text_to_edit(policy)
    )


def submission(data: Mapping[str, Any]) -> NewPolicy | EditedPolicy | None:
    """What was sent off, from the raw data of the interaction; None where it was no form of ours."""
    custom_id = str(data.get("custom_id", ""))
    text = dict(_values(data.get("components", []))).get(_TEXT, "")
    if custom_id.startswith(_NEW_FORM):
        return NewPolicy(name=custom_id.removeprefix(_NEW_FORM), text=text)
    match = _EDIT_FORM.fullmatch(custom_id)
    if match is None:
        return None
    return EditedPolicy(
        policy_id=int(match["policy"]),
        seen_revision=int(match["revision"]) or None,
        seen_number=int(match["number"]) or None,
        text=text,
    )


class _Form(discord.ui.Modal):
    def __init__(self, title: str, custom_id: str) -> None:
        super().__init__(title=title, custom_id=custom_id, timeout=None)
        self.stop()  # or discord.py would keep each form that is never sent off, for ever


def _with_text(form: discord.ui.Modal, text: str) -> discord.ui.Modal:
    field = discord.ui.TextInput[Any](
        custom_id=_TEXT, style=discord.TextStyle.paragraph, default=text, max_length=TEXT_LIMIT
    )
    form.add_item(discord.ui.Label(text="Policy", description=_HELP, component=field))
    return form


def _values(components: Any) -> Iterator[tuple[str, str]]:
    """The text fields of a form by their custom_id, from inside their labels."""
    for component in components:
        inner = component.get("component", component)
        if isinstance(inner.get("value"), str):
            yield str(inner.get("custom_id")), inner["value"]
