"""``/policy import``: a file in any form; shows how it was understood before it is saved as a draft.

No state is stored in between: the text to save is the file attached to the preview, and the button's custom_id has the
policy and its state when the preview was made.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import discord
from discord import app_commands

from bot.cogs.interactions.permission import admits_editor
from bot.cogs.interactions.quoting import fenced, units
from bot.cogs.interactions.reply import CONTENT_LIMIT, Document, Reply, clipped, defer, file_name, replace, send
from bot.cogs.interactions.submitted_forms import SubmittedForm, on_component
from bot.cogs.interactions.wording import at
from bot.cogs.interactions.wording import name as shown
from bot.cogs.policies import replies as policy_replies
from bot.cogs.policies.base import POLICY_GONE, Name, PolicyCommands
from bot.cogs.policies.editor import NAME_LIMIT, read_upload
from bot.cogs.policies.sources.merging import (
    AS_IMPORTED,
    CANCEL_LABEL,
    SAVE_LABEL,
    PolicyMerging,
    next_step,
    older,
    seen,
)
from bot.cogs.policies.writing import A_FILE
from bot.languages.translation import _, marked, say
from bot.moderation.policies.imports import Newer
from bot.moderation.policies.outcomes import Blocked, Refused, Saved
from bot.moderation.policies.reading import beside_the_loop, lint_policy
from guild_policies.store.checks import name_from, name_key
from guild_policies.text.origin import Origin, with_origin, without_origin
from guild_policies.understanding import Understanding, told, understand
from guild_policies.versions import StoredPolicy

SAVE_NEW = r"bylaw:import:new:(?P<name>.{1,80})"
SAVE_DRAFT = r"bylaw:import:(?P<policy>[0-9]{1,19}):(?P<revision>[0-9]{1,19}):(?P<number>[0-9]{1,19})"
CANCEL = r"bylaw:import:cancel"

_NOT_SAVED = marked("**Not saved yet.** The attached file is what would be saved.")
_CANCELLED = marked("Nothing was saved.")
_FILE_GONE = marked("The file of this preview is gone, so nothing was saved. Use /policy import again.")


class PolicyImporting(PolicyMerging):
    """Imports policies from files."""

    @app_commands.command(
        name="import", description="Take in a policy in any form: see how it is understood, then save"
    )
    @app_commands.describe(file=A_FILE, name="The policy's name, or a new one; if left out, the file says")
    @app_commands.autocomplete(name=PolicyCommands.offered_names)
    async def import_(
        self, interaction: discord.Interaction[Any], file: discord.Attachment, name: Name | None = None
    ) -> None:
        """Show how the file was understood, with a button that saves it."""
        guild_id = await self.admitted(interaction)
        if guild_id is None:
            return
        await defer(interaction)
        text = await read_upload(file, whole=True)
        if not isinstance(text, str):
            await send(interaction, policy_replies.unreadable(text))
            return
        understood = await beside_the_loop(partial(understand, text), text)
        wanted = " ".join((name or "").split())
        known = await self.tools.desk.list(guild_id)
        origin = understood.origin
        newer = await self.tools.imports.newer(guild_id, origin, known) if origin and not wanted else None
        if origin is not None and newer is not None:
            await send(interaction, await self._merge(newer, understood, origin, actor_id=interaction.user.id))
            return
        policy = next((each for each in known if _is_about(each, wanted, file.filename)), None)
        if policy is None and not wanted:
            wanted = _suggested(understood.policy.title, file.filename)
            policy = next((each for each in known if name_key(each.name) == name_key(wanted)), None)
        refused = await self.tools.desk.may_create(guild_id, wanted) if policy is None else None
        if refused is not None:
            await send(interaction, Reply(text=refused.why))
            return
        wanted = policy.name if policy is not None else wanted
        findings = await lint_policy(understood.text)
        if any(finding.blocking for finding in findings):
            await send(interaction, policy_replies.blocked(Blocked(findings=findings, text=understood.text), wanted))
            return
        preview = await beside_the_loop(lambda: "\n".join(told(understood, say)), understood.text)
        await send(interaction, _preview(understood, preview, policy, wanted))

    @on_component(SAVE_NEW, what="an import")
    async def save_new(self, interaction: discord.Interaction[Any], click: SubmittedForm) -> None:
        """Save the previewed text as a new policy."""
        text = await self._shown_text(interaction)
        if text is not None and interaction.guild_id is not None:
            name = click.ids["name"]
            outcome = await self.tools.desk.create(interaction.guild_id, name, text, actor_id=interaction.user.id)
            await self._remember(interaction, outcome)
            reply = await policy_replies.of_saving(outcome, self.tools.desk, text=text, name=name)
            await replace(interaction, reply)

    @on_component(SAVE_DRAFT, what="an import")
    async def save_draft(self, interaction: discord.Interaction[Any], click: SubmittedForm) -> None:
        """Save the previewed text as a policy's draft, unless somebody changed it since."""
        policy_id, revision, number = (click.number(part) for part in ("policy", "revision", "number"))
        text = await self._shown_text(interaction)
        if text is None or interaction.guild_id is None:
            return
        policy = await self.tools.desk.by_id(interaction.guild_id, policy_id)
        if policy is None:
            await replace(interaction, Reply(text=_(POLICY_GONE), files=(policy_replies.given_back(text, "policy"),)))
            return
        outcome = await self.tools.desk.save_draft(
            policy.guild_id,
            policy.name,
            text,
            seen_revision=revision or None,
            seen_number=number or None,
            actor_id=interaction.user.id,
        )
        merged = await self._remember(interaction, outcome)
        reply = await policy_replies.of_saving(outcome, self.tools.desk, text=text, name=policy.name)
        await replace(interaction, reply)
        if merged:
            interaction.client.dispatch("policy_merged", interaction, policy)

    @on_component(CANCEL, what="an import")
    async def cancel_import(self, interaction: discord.Interaction[Any], click: SubmittedForm) -> None:
        """Remove the preview."""
        del click
        await interaction.response.defer()
        await replace(interaction, Reply(text=_(_CANCELLED)))

    async def _merge(self, newer: Newer, understood: Understanding, origin: Origin, *, actor_id: int) -> Reply:
        """Merge another version of a policy that was imported before."""
        if origin.version <= newer.before.origin.version:
            return older(newer, origin)
        findings = await lint_policy(understood.text)
        if any(finding.blocking for finding in findings):
            return policy_replies.blocked(Blocked(findings=findings, text=understood.text), newer.policy.name)
        return await next_step(self.tools, newer, understood.text, origin, actor_id=actor_id)

    async def _remember(self, interaction: discord.Interaction[Any], outcome: object) -> bool:
        """Store the source of a saved text, if its file names one. Was it merged with the local text?"""
        files = interaction.message.attachments if interaction.message is not None else []
        merged = [each for each in files if each.filename.endswith(AS_IMPORTED)]
        whole = await read_upload((merged or files)[0], whole=True) if isinstance(outcome, Saved) and files else None
        text, origin = without_origin(whole) if isinstance(whole, str) else ("", None)
        if isinstance(outcome, Saved) and origin is not None:
            await self.tools.imports.remember(outcome.policy, origin, text, actor_id=interaction.user.id)
        return isinstance(outcome, Saved) and bool(merged)

    async def _shown_text(self, interaction: discord.Interaction[Any]) -> str | None:
        """The text that the preview showed, if this person may save it; None after telling them why not."""
        if not await admits_editor(interaction, self.tools.access):
            return None
        await interaction.response.defer()
        files = interaction.message.attachments if interaction.message is not None else []
        text = await read_upload(files[0]) if files else Refused(why=_(_FILE_GONE))
        if isinstance(text, str):
            return text
        await send(interaction, policy_replies.unreadable(text))
        return None


def _preview(understood: Understanding, preview: str, policy: StoredPolicy | None, name: str) -> Reply:
    """What was understood, what would be saved, and where."""
    head = f"{_(_NOT_SAVED)} {_target(policy, name)}"
    room = CONTENT_LIMIT - units(head) - len("```\n\n```\n")
    save = f"bylaw:import:new:{name}" if policy is None else f"bylaw:import:{seen(policy)}"
    text = understood.text if understood.origin is None else with_origin(understood.text, understood.origin)
    files = [Document(name=file_name(name if policy is None else policy.name), text=text)]
    if units(preview) > room:
        files.append(Document(name=file_name(f"{name} understood", "txt"), text=preview))
    return Reply(
        text=f"{head}\n{fenced(clipped(preview, room - 40))}",
        files=tuple(files),
        buttons=(
            discord.ui.Button[Any](custom_id=save, label=_(SAVE_LABEL), style=discord.ButtonStyle.primary),
            discord.ui.Button[Any](custom_id="bylaw:import:cancel", label=_(CANCEL_LABEL)),
        ),
    )


def _target(policy: StoredPolicy | None, name: str) -> str:
    if policy is None:
        return _("It becomes the new policy **{policy}**.", policy=shown(name))
    draft = policy.draft
    if draft is None:
        return _("It becomes the draft of **{policy}**.", policy=shown(policy.name))
    return _(
        "It becomes the draft of **{policy}** and replaces revision {revision} by {member}, {moment}.",
        policy=shown(policy.name),
        revision=draft.revision,
        member=f"<@{draft.author_id}>",
        moment=at(draft.updated_at),
    )


def _is_about(policy: StoredPolicy, wanted: str, file: str) -> bool:
    """Is it the named policy or, if none was named, the one whose export has this file name?"""
    return name_key(policy.name) == name_key(wanted) if wanted else file_name(policy.name) == file.lower()


def _suggested(title: str, file: str) -> str:
    """The name that the policy's title suggests, else the one that its file does."""
    return name_from(title, NAME_LIMIT) or name_from(file.rpartition(".")[0], NAME_LIMIT) or "Imported"
