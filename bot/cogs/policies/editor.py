"""Policy texts as input: in a form, whole or section by section, or as a file."""

from __future__ import annotations

from dataclasses import dataclass

import discord

from bot.cogs.interactions.forms import TEXT_LIMIT, form
from bot.cogs.interactions.quoting import units
from bot.cogs.interactions.submitted_forms import SubmittedForm
from bot.cogs.policies.sections import Section
from bot.languages.translation import _, marked
from bot.moderation.policies.outcomes import Blocked, Refused
from guild_policies.findings import Finding
from guild_policies.lint import MAX_UPLOAD_BYTES, decode_upload
from guild_policies.lint.fits_the_length_limit import too_long
from guild_policies.text.origin import without_origin
from guild_policies.versions import StoredPolicy

NAME_LIMIT = 50  #: characters of a new policy's name, which is part of a custom_id of at most 100

NEW_FORM = r"bylaw:new:(?P<name>.{1,90})"
_IDS = r"(?P<policy>[0-9]{1,19}):(?P<revision>[0-9]{1,19}):(?P<number>[0-9]{1,19})"
EDIT_FORM = rf"bylaw:edit:{_IDS}"
SECTION_FORM = rf"bylaw:part:{_IDS}:(?P<key>[0-9]{{1,6}}-[0-9a-f]{{12}})"
# Translators: below the field of a form, at most 100 characters.
_HELP = marked("Saving makes a draft. It judges nothing until you publish it.")
# Translators: below the field of a form, at most 100 characters.
_SECTION_HELP = marked("Saving makes a draft. An empty field removes this part.")

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
class EditedPolicy:
    """A submitted form for an existing policy, or a section of it."""

    policy_id: int
    seen_revision: int | None  #: revision of the draft that they started from; None if there was no draft
    seen_number: int | None  #: number of the version in force then; None if there was none
    text: str
    section: str | None = None  #: the key of the section; None for the whole text


def skeleton(name: str) -> str:
    """A template for a new text."""
    return _SKELETON.format(name=" ".join(name.split()))


def text_to_edit(policy: StoredPolicy) -> str:
    """The text to edit: the draft, or the version in force if there is no draft."""
    version = policy.draft or policy.published
    return version.text if version else skeleton(policy.name)


def fits(text: str) -> bool:
    """Does this fit into Discord's text field?"""
    return units(text) <= TEXT_LIMIT


def form_for_new(name: str, text: str) -> discord.ui.Modal:
    """The form for a new policy."""
    title = _("New policy {policy}", policy=name)
    return form(
        title, f"bylaw:new:{name}", label=_("Policy"), help=_(_HELP), text=text
    )  # Translators: above the field of a form, at most 45 characters.


def form_for_edit(policy: StoredPolicy) -> discord.ui.Modal:
    """The form for an existing policy, filled with its text."""
    return form(
        _("Edit {policy}", policy=policy.name),
        f"bylaw:edit:{_ids(policy)}",
        label=_("Policy"),
        help=_(_HELP),
        text=text_to_edit(policy),
    )


def form_for_section(policy: StoredPolicy, section: Section) -> discord.ui.Modal:
    """The form for one rule or section, filled with its text."""
    return form(
        _("Edit {policy}", policy=section.shown_title),
        f"bylaw:part:{_ids(policy)}:{section.key}",
        # Translators: above the field of a form, at most 45 characters.
        label=_("This part of the policy"),
        help=_(_SECTION_HELP),
        text=section.text.rstrip("\n"),
        required=False,
    )


def edited(sent: SubmittedForm) -> EditedPolicy:
    """Read the form for an existing policy, or for a section of it.

    Raises:
        BadForm: it doesn't match any of our forms.
    """
    return EditedPolicy(
        policy_id=sent.number("policy"),
        seen_revision=sent.number("revision") or None,
        seen_number=sent.number("number") or None,
        text=sent.text,
        section=sent.ids.get("key"),
    )


async def read_upload(attachment: discord.Attachment, *, whole: bool = False) -> str | Blocked | Refused:
    """Read the text of a file, or say what is wrong with it. A file that is far too long isn't downloaded.

    Args:
        whole: with the line that says where an exported policy comes from.
    """
    if attachment.size > MAX_UPLOAD_BYTES:
        return _blocked(too_long(f"The file has {attachment.size:,} bytes"))
    try:
        data = await attachment.read()
    except discord.HTTPException:
        return Refused(why=_("Discord did not provide the file. Attach it again."))
    text = decode_upload(data)
    if isinstance(text, Finding):
        return _blocked(text)
    return text if whole else without_origin(text)[0]


def _ids(policy: StoredPolicy) -> str:
    """The custom_id's part with the policy, and what its author starts from."""
    revision = policy.draft.revision if policy.draft else 0
    number = policy.published.number if policy.published else 0
    return f"{policy.id}:{revision}:{number}"


def _blocked(finding: Finding) -> Blocked:
    return Blocked(findings=(finding,), text="")
