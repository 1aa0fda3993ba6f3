"""``/policy new``, ``edit`` and ``draft``: texts that are written, and files that replace them."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import discord
from discord import app_commands

from bot.cogs.interactions.forms import TEXT
from bot.cogs.interactions.permission import NOT_AN_EDITOR, admits_editor, is_editor
from bot.cogs.interactions.quoting import on_one_line, units
from bot.cogs.interactions.reply import Document, Reply, defer, file_name, send
from bot.cogs.interactions.submitted_forms import SubmittedForm, on_component, on_form
from bot.cogs.policies import replies as policy_replies
from bot.cogs.policies.base import A_NAME, POLICY_GONE, Choices, Name, PolicyCommands, choices, no_such
from bot.cogs.policies.editor import (
    EDIT_FORM,
    NAME_LIMIT,
    NEW_FORM,
    SECTION_FORM,
    EditedPolicy,
    edited,
    fits,
    form_for_edit,
    form_for_new,
    form_for_section,
    read_upload,
    skeleton,
    text_to_edit,
)
from bot.cogs.policies.sections import MENU as SECTIONS_MENU
from bot.cogs.policies.sections import SECTIONS_SHOWN, find_section, section_menus, sections_of, with_section
from bot.cogs.policies.sources.automod import read_automod
from bot.cogs.policies.sources.rules_channel import read_rules
from bot.languages.translation import _, marked, ngettext
from bot.moderation.policies.outcomes import Blocked, Conflict, Refused, Saved
from bot.moderation.policies.reading import beside_the_loop
from guild_policies import templates
from guild_policies.versions import StoredPolicy

NOTE_SHOWN = 300
# Translators: a command's text, at most 100 characters.
A_FILE = marked("The text as a file (.md or .txt)")
_SECTION_GONE = marked("The policy was changed, and this part is no longer there. /policy edit shows what there is.")
_SECTION_TOO_LONG = marked(
    "This part is too long for one form. Change the attached file and send it back with /policy edit."
)


def _text_back(sent: SubmittedForm) -> Reply:
    """Returns a text that couldn't be saved to its author."""
    return Reply(files=(policy_replies.given_back(sent.values.get(TEXT, ""), sent.ids.get("name", "policy")),))


class PolicyWriting(PolicyCommands):
    """The commands that create drafts."""

    async def offered_templates(self, interaction: discord.Interaction[Any], current: str) -> Choices:
        """The starter policies."""
        del interaction
        return choices(templates.names(), current)

    @app_commands.command(description="Write a new policy: in an editor, from a starter policy, a file or your rules")
    @app_commands.describe(
        name="A short name for it, unique in this server",
        template="A starter policy to begin with",
        file=A_FILE,
        from_rules="The channel with your server's rules: its messages become a first draft",
        from_automod="Begin with the words of your AutoMod rules in Discord",
    )
    @app_commands.autocomplete(template=offered_templates)
    async def new(
        self,
        interaction: discord.Interaction[Any],
        name: Name,
        template: str | None = None,
        file: discord.Attachment | None = None,
        from_rules: discord.TextChannel | None = None,
        from_automod: bool = False,
    ) -> None:
        """Open the editor, or save the given text as the first draft."""
        guild_id = await self.admitted(interaction)
        if guild_id is None:
            return
        name = " ".join(name.split())
        trouble = _trouble(name, template, (template, file, from_rules, from_automod or None))
        if trouble:
            await send(interaction, Reply(text=trouble))
        elif template is not None:
            await defer(interaction)
            await send(interaction, await self._create(interaction, name, templates.load(template.lower())))
        elif file is not None:
            await defer(interaction)
            await send(interaction, await self._create(interaction, name, await read_upload(file)))
        elif from_rules is not None:
            await defer(interaction)
            text = await read_rules(from_rules, interaction.user, name)
            await send(interaction, await self._create(interaction, name, text))
        elif from_automod and interaction.guild is not None:
            await defer(interaction)
            await send(interaction, await self._from_automod(interaction, interaction.guild, name))
        elif (refused := await self.tools.desk.may_create(guild_id, name)) is not None:
            await send(interaction, Reply(text=refused.why))
        else:
            await interaction.response.send_modal(form_for_new(name, skeleton(name)))

    @app_commands.command(description="Change a policy: in an editor, rule by rule where it is long, or with a file")
    @app_commands.describe(name=A_NAME, file=A_FILE)
    @app_commands.autocomplete(name=PolicyCommands.offered_names)
    async def edit(
        self, interaction: discord.Interaction[Any], name: Name, file: discord.Attachment | None = None
    ) -> None:
        """Open the editor on the draft or the version in force, or save the file as the draft."""
        guild_id = await self.admitted(interaction)
        if guild_id is None:
            return
        policy = await self.tools.desk.find(guild_id, name)
        if policy is None:
            await send(interaction, no_such(name))
        elif file is not None:
            await defer(interaction)
            await send(interaction, await self._upload(policy, file, interaction.user.id))
        elif fits(text_to_edit(policy)):
            await interaction.response.send_modal(form_for_edit(policy))
        else:
            await _read_sections(text_to_edit(policy))
            await send(interaction, _in_sections(policy))

    @app_commands.command(description="Begin a draft with the text of the version in force, or of an older one")
    @app_commands.describe(name=A_NAME, version="The number of a version; the one in force if left out")
    @app_commands.autocomplete(name=PolicyCommands.offered_names)
    @app_commands.autocomplete(version=PolicyCommands.offered_numbers)
    async def draft(
        self, interaction: discord.Interaction[Any], name: Name, version: app_commands.Range[int, 1] | None = None
    ) -> None:
        """Begin a draft."""
        guild_id = await self.admitted(interaction)
        if guild_id is None:
            return
        await defer(interaction)
        outcome = await self.tools.life.start_draft(guild_id, name, from_number=version, actor_id=interaction.user.id)
        await send(interaction, await policy_replies.of_saving(outcome, self.tools.desk, text="", name=name))

    @on_form(NEW_FORM, what="a form", keep=_text_back)
    async def take_new(self, interaction: discord.Interaction[Any], sent: SubmittedForm) -> None:
        """The form for a new policy was submitted."""
        name, text = sent.ids["name"], sent.text
        if await self._admits_author(interaction, sent):
            await defer(interaction)
            await send(interaction, await self._create(interaction, name, text))

    @on_form(SECTION_FORM, what="a form", keep=_text_back)
    @on_form(EDIT_FORM, what="a form", keep=_text_back)
    async def take_edited(self, interaction: discord.Interaction[Any], sent: SubmittedForm) -> None:
        """The form for an existing policy, or a section of it, was submitted."""
        written = edited(sent)
        if await self._admits_author(interaction, sent) and interaction.guild_id is not None:
            await defer(interaction)
            await send(interaction, await self._save(interaction.guild_id, written, interaction.user.id))

    @on_component(SECTIONS_MENU, what="a choice of a part")
    async def open_section(self, interaction: discord.Interaction[Any], chosen: SubmittedForm) -> None:
        """A section of a long policy was chosen: open its form, filled with its current text."""
        policy_id = chosen.number("policy")
        if not await admits_editor(interaction, self.tools.access) or interaction.guild_id is None:
            return
        policy = await self.tools.desk.by_id(interaction.guild_id, policy_id)
        if policy is None:
            await send(interaction, Reply(text=_(POLICY_GONE)))
            return
        text = text_to_edit(policy)
        await _read_sections(text)
        section = find_section(text, "".join(chosen.choices[:1]))
        if section is None:
            await send(interaction, Reply(text=_(_SECTION_GONE)))
        elif not section.fits:
            file = Document(name=file_name(policy.name), text=text)
            await send(interaction, Reply(text=_(_SECTION_TOO_LONG), files=(file,)))
        else:
            await interaction.response.send_modal(form_for_section(policy, section))

    async def _admits_author(self, interaction: discord.Interaction[Any], sent: SubmittedForm) -> bool:
        """May this person save their text? If not, they get it back."""
        if await is_editor(interaction, self.tools.access):
            return True
        await send(
            interaction, Reply(text=f"{_(NOT_AN_EDITOR)} {_('Your text is attached.')}", files=_text_back(sent).files)
        )
        return False

    async def _save(self, guild_id: int, written: EditedPolicy, actor_id: int) -> Reply:
        """Save the text, or return it."""
        policy = await self.tools.desk.by_id(guild_id, written.policy_id)
        if policy is None:
            return Reply(text=_(POLICY_GONE), files=(policy_replies.given_back(written.text, "policy"),))
        text, section = written.text, None
        if written.section is not None:
            await _read_sections(text_to_edit(policy))
            section = find_section(text_to_edit(policy), written.section)
            if section is None:
                return Reply(text=_(_SECTION_GONE), files=(policy_replies.given_back(text, policy.name),))
            text = with_section(text_to_edit(policy), section, text)
        outcome = await self.tools.desk.save_draft(
            guild_id,
            policy.name,
            text,
            seen_revision=written.seen_revision,
            seen_number=written.seen_number,
            actor_id=actor_id,
        )
        if section is not None and isinstance(outcome, Conflict):  # their text with a section of ours is nobody's text
            outcome = Conflict(current=outcome.current, text=written.text, since=outcome.since)
        reply = await policy_replies.of_saving(outcome, self.tools.desk, text=text, name=policy.name)
        if section is not None and isinstance(outcome, Saved):
            return Reply(text=reply.text, files=reply.files, buttons=section_menus(policy.id, text))
        return reply

    async def _create(self, interaction: discord.Interaction[Any], name: str, text: str | Blocked | Refused) -> Reply:
        if interaction.guild_id is None:
            return no_such(name)
        if not isinstance(text, str):
            return policy_replies.unreadable(text)
        outcome = await self.tools.desk.create(interaction.guild_id, name, text, actor_id=interaction.user.id)
        return await policy_replies.of_saving(outcome, self.tools.desk, text=text, name=name)

    async def _from_automod(self, interaction: discord.Interaction[Any], guild: discord.Guild, name: str) -> Reply:
        imported = await read_automod(guild, name)
        if isinstance(imported, Refused):
            return policy_replies.unreadable(imported)
        reply = await self._create(interaction, name, imported.text)
        notes = "\n".join(f"- {on_one_line(note, NOTE_SHOWN)}" for note in imported.notes)
        return replace(reply, text=f"{reply.text}\n{notes}" if notes else reply.text)

    async def _upload(self, policy: StoredPolicy, file: discord.Attachment, actor_id: int) -> Reply:
        """Save a file as the draft. An upload replaces the existing draft, and the reply says what that was."""
        text = await read_upload(file)
        if not isinstance(text, str):
            return policy_replies.unreadable(text)
        outcome = await self.tools.desk.save_draft(
            policy.guild_id,
            policy.name,
            text,
            seen_revision=policy.draft.revision if policy.draft else None,
            seen_number=policy.published.number if policy.published else None,
            actor_id=actor_id,
        )
        return await policy_replies.of_saving(
            outcome, self.tools.desk, text=text, name=policy.name, replaced=policy.draft
        )


def _trouble(name: str, template: str | None, sources: tuple[object | None, ...]) -> str:
    """Problems of the options of ``/policy new``: at most one of them may give the text."""
    if not name or units(name) > NAME_LIMIT:
        return _("Choose a name of 1 to {most} characters.", most=NAME_LIMIT)
    if sum(each is not None for each in sources) > 1:
        return _("Choose only one of template, file, from_rules and from_automod.")
    if template is not None and template.lower() not in templates.names():
        return _(
            "There is no starter policy with that name. Choose one of these: {names}.",
            names=", ".join(templates.names()),
        )
    return ""


async def _read_sections(text: str) -> None:
    """Let `sections_of` read the text in a thread, so that it is cached."""
    await beside_the_loop(partial(sections_of, text), text)


def _in_sections(policy: StoredPolicy) -> Reply:
    text = text_to_edit(policy)
    said = _(
        "This policy is too long for Discord's editor. Choose a part to change: each has its own form, and sending it "
        "saves a draft at once. Or change the attached file and send it back with `/policy edit` and its option `file`."
    )
    if len(sections_of(text)) > SECTIONS_SHOWN:
        more = ngettext(
            "-# The menus show only the first {n} part. To change others, use the file.",
            "-# The menus show only the first {n} parts. To change others, use the file.",
            SECTIONS_SHOWN,
        )
        said += f"\n{more}"
    return Reply(
        text=said,
        files=(Document(name=file_name(policy.name), text=text),),
        buttons=section_menus(policy.id, text),
    )
