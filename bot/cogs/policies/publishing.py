"""``/policy publish``, ``rollback``, ``discard``, ``pause``, ``resume``, ``delete``: change what is in force."""

from __future__ import annotations

from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.cogs.interactions.errors import answering
from bot.cogs.interactions.forms import TEXT, form
from bot.cogs.interactions.permission import admits_editor
from bot.cogs.interactions.reply import Reply, defer, replace, send
from bot.cogs.interactions.submitted_forms import BadForm, SubmittedForm, on_form
from bot.cogs.interactions.wording import name as shown
from bot.cogs.policies import pin_replies
from bot.cogs.policies import replies as policy_replies
from bot.cogs.policies.base import A_NAME, POLICY_GONE, Name, PolicyCommands, no_draft, no_such, version_of
from bot.cogs.policies.buttons import (
    NOT_STRICT,
    STRICT,
    PolicyButton,
    PolicyClick,
    PolicyVerb,
    PublishButton,
    PublishClick,
    RollbackButton,
    RollbackClick,
    Strictness,
    strictness,
)
from bot.languages.translation import _, marked, ngettext
from bot.moderation.policies.publishing import Blocked, Publishing
from bot.moderation.policies.reading import lint_policy
from guild_policies.scope import BadSettings
from guild_policies.versions import MAX_STRICT_DAYS, MAX_STRICT_DECISIONS, Draft, StoredPolicy, StrictStart

_NO_DAYS = marked("Set strict_days too: it says how long the strict start lasts at most.")
_REASON_FORM = rf"bylaw:overrule:(?P<policy>[0-9]{{1,19}}):(?P<revision>[0-9]{{1,19}}){STRICT}"
_REASON_LIMIT = 300


class PolicyPublishing(PolicyCommands):
    """The commands that change what members are judged by."""

    @app_commands.command(description="Put a policy's draft in force; shows what changes and asks once")
    @app_commands.describe(
        name=A_NAME,
        strict_days="Start strict for this many days: flag more, think harder, do nothing automatically",
        strict_decisions="End the strict start sooner, once this many of its cases are decided",
    )
    @app_commands.autocomplete(name=PolicyCommands.offered_names)
    async def publish(
        self,
        interaction: discord.Interaction[Any],
        name: Name,
        strict_days: app_commands.Range[int, 1, MAX_STRICT_DAYS] | None = None,
        strict_decisions: app_commands.Range[int, 1, MAX_STRICT_DECISIONS] | None = None,
    ) -> None:
        """Preview what would change."""
        guild_id = await self.admitted(interaction)
        if guild_id is None:
            return
        if strict_decisions and not strict_days:
            await send(interaction, Reply(text=_(_NO_DAYS)))
            return
        strict = Strictness(strict_days or 0, strict_decisions or 0)
        pinned = len(await self.tools.pins.of(guild_id, name))
        await send(interaction, await _publish_page(self.tools.desk, guild_id, name, pinned=pinned, strict=strict))

    @app_commands.command(
        description="Put an older version of a policy in force again; shows what changes and asks once"
    )
    @app_commands.describe(name=A_NAME, version="The number of the version, as in /policy history")
    @app_commands.autocomplete(name=PolicyCommands.offered_names)
    @app_commands.autocomplete(version=PolicyCommands.offered_numbers)
    async def rollback(
        self, interaction: discord.Interaction[Any], name: Name, version: app_commands.Range[int, 1]
    ) -> None:
        """Preview what would change."""
        guild_id = await self.admitted(interaction)
        if guild_id is not None:
            await send(interaction, await _rollback_page(self.tools.desk, guild_id, name, version))

    @app_commands.command(description="Throw a policy's draft away; its text comes back as a file, just in case")
    @app_commands.describe(name=A_NAME)
    @app_commands.autocomplete(name=PolicyCommands.offered_names)
    async def discard(self, interaction: discord.Interaction[Any], name: Name) -> None:
        """Discard the current draft."""
        guild_id = await self.admitted(interaction)
        if guild_id is None:
            return
        policy = await self.tools.desk.find(guild_id, name)
        if policy is None or policy.draft is None:
            await send(interaction, no_draft(policy, name))
            return
        await defer(interaction)
        outcome = await self.tools.life.discard(
            guild_id, name, seen_revision=policy.draft.revision, actor_id=interaction.user.id
        )
        await send(interaction, await policy_replies.of_discarding(outcome, self.tools.desk))

    @app_commands.command(description="Judge nothing by a policy until it is resumed")
    @app_commands.describe(name=A_NAME)
    @app_commands.autocomplete(name=PolicyCommands.offered_names)
    async def pause(self, interaction: discord.Interaction[Any], name: Name) -> None:
        """Pause the policy."""
        guild_id = await self.admitted(interaction)
        if guild_id is not None:
            outcome = await self.tools.life.pause(guild_id, name, actor_id=interaction.user.id)
            await send(interaction, policy_replies.of_pausing(outcome))

    @app_commands.command(description="Judge by a paused policy again, from the next message on")
    @app_commands.describe(name=A_NAME)
    @app_commands.autocomplete(name=PolicyCommands.offered_names)
    async def resume(self, interaction: discord.Interaction[Any], name: Name) -> None:
        """Resume the policy."""
        guild_id = await self.admitted(interaction)
        if guild_id is not None:
            outcome = await self.tools.life.resume(guild_id, name, actor_id=interaction.user.id)
            await send(interaction, policy_replies.of_pausing(outcome))

    @app_commands.command(description="Delete a policy; asks once. Cases keep the version that they were judged by")
    @app_commands.describe(name=A_NAME)
    @app_commands.autocomplete(name=PolicyCommands.offered_names)
    async def delete(self, interaction: discord.Interaction[Any], name: Name) -> None:
        """Ask for confirmation."""
        guild_id = await self.admitted(interaction)
        if guild_id is None:
            return
        policy = await self.tools.desk.find(guild_id, name)
        page: Reply = no_such(name) if policy is None else _delete_page(policy)
        await send(interaction, page)

    @commands.Cog.listener()
    async def on_publish_click(self, interaction: discord.Interaction[Any], click: PublishClick) -> None:
        """An admin confirmed a publication."""
        async with answering("a publication", interaction):
            policy = await self._clicked(interaction, click.policy_id)
            if policy is not None:
                await self._publish(interaction, policy, click.revision, click.strict)

    @commands.Cog.listener()
    async def on_rollback_click(self, interaction: discord.Interaction[Any], click: RollbackClick) -> None:
        """An admin confirmed a rollback."""
        async with answering("a rollback", interaction):
            policy = await self._clicked(interaction, click.policy_id)
            if policy is None:
                return
            outcome = await self.tools.desk.roll_back(
                policy.guild_id,
                policy.name,
                to_number=click.to_number,
                seen_number=click.seen_number,
                actor_id=interaction.user.id,
            )
            await replace(interaction, await policy_replies.of_publishing(outcome, self.tools.desk, name=policy.name))

    @commands.Cog.listener("on_policy_click")
    async def overrule_or_delete(self, interaction: discord.Interaction[Any], click: PolicyClick) -> None:
        """An admin wants to publish although pinned examples fail, or confirmed a deletion."""
        if click.verb is PolicyVerb.OVERRULE:
            async with answering("a form", interaction):
                if await admits_editor(interaction, self.tools.access):
                    await interaction.response.send_modal(_form_for_reason(click))
        elif click.verb is PolicyVerb.DELETE:
            async with answering("a deletion", interaction):
                policy = await self._clicked(interaction, click.policy_id)
                if policy is None:
                    return
                outcome = await self.tools.life.delete(policy.guild_id, policy.name, actor_id=interaction.user.id)
                await replace(interaction, policy_replies.of_deleting(outcome))

    @on_form(_REASON_FORM, what="a publication", must_say=TEXT)
    async def take_reason(self, interaction: discord.Interaction[Any], sent: SubmittedForm) -> None:
        """The form with the reason for overruling failed examples was submitted: publish."""
        policy_id, revision, reason = sent.number("policy"), sent.number("revision"), sent.text
        strict = strictness(sent.ids)
        policy = await self._clicked(interaction, policy_id)
        if policy is not None:
            await self._publish(interaction, policy, revision, strict, reason)

    async def _publish(
        self,
        interaction: discord.Interaction[Any],
        policy: StoredPolicy,
        revision: int,
        strict: Strictness,
        overrule: str = "",
    ) -> None:
        """Publish, and show meanwhile what takes time."""
        pinned = len(await self.tools.pins.of(policy.guild_id, policy.name))
        if pinned:
            await replace(interaction, pin_replies.judging_pins(policy, pinned))
        outcome = await self.tools.desk.publish(
            policy.guild_id,
            policy.name,
            seen_revision=revision,
            actor_id=interaction.user.id,
            overrule=overrule,
            strict=self._strict_start(strict),
        )
        reply = await policy_replies.of_publishing(outcome, self.tools.desk, name=policy.name, strict=strict)
        await replace(interaction, reply)

    def _strict_start(self, strict: Strictness) -> StrictStart | None:
        """The strict start that was chosen.

        Raises:
            BadForm: days or decisions that the command doesn't allow.
        """
        if not strict.days:
            return None
        try:
            return self.tools.strict_starts.beginning_now(days=strict.days, decisions=strict.decisions or None)
        except BadSettings as error:
            raise BadForm("strict") from error

    async def _clicked(self, interaction: discord.Interaction[Any], policy_id: int) -> StoredPolicy | None:
        """The policy that the click is about, if this person may change it; otherwise they are told why not."""
        if not await admits_editor(interaction, self.tools.access) or interaction.guild_id is None:
            return None
        await interaction.response.defer()
        policy = await self.tools.desk.by_id(interaction.guild_id, policy_id)
        if policy is None:
            await replace(interaction, Reply(text=_(POLICY_GONE)))
        return policy


def _form_for_reason(click: PolicyClick) -> discord.ui.Modal:
    return form(
        _("Publish anyway"),  # Translators: the title of a form, at most 45 characters.
        f"bylaw:overrule:{click.policy_id}:{click.number}{click.strict.in_custom_id}",
        label=_("Why is that all right?"),  # Translators: above the field of a form, at most 45 characters.
        # Translators: below the field of a form, at most 100 characters.
        help=_("Kept with the version: your team reads it in /policy history."),
        limit=_REASON_LIMIT,
    )


async def _publish_page(
    desk: Publishing, guild_id: int, name: str, *, pinned: int = 0, strict: Strictness = NOT_STRICT
) -> Reply:
    """What publishing the draft would change, and the button that does it.

    Args:
        pinned: number of pinned examples, which are judged first.
    """
    policy = await desk.find(guild_id, name)
    if policy is None:
        return no_such(name)
    draft = policy.draft
    if draft is None:
        return no_draft(policy, name)
    findings = await lint_policy(draft.text)
    if any(finding.blocking for finding in findings):
        return policy_replies.blocked(Blocked(findings=findings, text=draft.text), policy.name)
    lines = [_question(policy, draft)]
    if strict.days:
        lines.append(f"-# {policy_replies.starts_strict(strict)}")
    if policy.paused:
        lines.append(_("-# The policy is paused: it judges nothing until /policy resume."))
    if pinned:
        lines.append(
            ngettext("-# {n} pinned example is judged first.", "-# {n} pinned examples are judged first.", pinned)
        )
    if findings:
        lines.append(
            ngettext(
                "-# The linter has {n} piece of advice: it was shown when the draft was saved.",
                "-# The linter has {n} pieces of advice: they were shown when the draft was saved.",
                len(findings),
            )
        )
    head = "\n".join(lines)
    page = await policy_replies.changes(policy, draft.text, head)
    button = PublishButton(PublishClick(policy_id=policy.id, revision=draft.revision, strict=strict))
    return Reply(text=page.text, files=page.files, buttons=(button,))


def _question(policy: StoredPolicy, draft: Draft) -> str:
    values = {"policy": shown(policy.name), "revision": draft.revision}
    if policy.published is None:
        return _(
            "Put the draft of **{policy}**, revision {revision}, in force for the first time? It applies from the next "
            "message on.",
            **values,
        )
    return _(
        "Put the draft of **{policy}**, revision {revision}, in force instead of version {number}? It applies from the "
        "next message on.",
        number=policy.published.number,
        **values,
    )


async def _rollback_page(desk: Publishing, guild_id: int, name: str, number: int) -> Reply:
    """What going back to a version would change, and the button that does it."""
    policy = await desk.find(guild_id, name)
    if policy is None:
        return no_such(name)
    if policy.published is None:
        return Reply(
            text=_(
                "No version of **{policy}** is in force, so there is nothing to roll back.", policy=shown(policy.name)
            )
        )
    version = await version_of(desk, policy, str(number))
    if version is None:
        return Reply(
            text=_(
                "**{policy}** has no version {number}. /policy history lists them.",
                policy=shown(policy.name),
                number=number,
            )
        )
    if version.number == policy.published.number:
        return Reply(
            text=_("Version {number} of **{policy}** is already in force.", number=number, policy=shown(policy.name))
        )
    head = _(
        "Put version {number} of **{policy}** in force instead of version {now}?",
        number=number,
        policy=shown(policy.name),
        now=policy.published.number,
    )
    if policy.draft:
        kept = _("-# The draft, revision {revision}, does not change.", revision=policy.draft.revision)
        head += f"\n{kept}"
    page = await policy_replies.changes(policy, version.text, head)
    click = RollbackClick(policy_id=policy.id, to_number=number, seen_number=policy.published.number)
    return Reply(text=page.text, files=page.files, buttons=(RollbackButton(click),))


def _delete_page(policy: StoredPolicy) -> Reply:
    """What deleting does, and the button that does it."""
    lines = [_("Delete **{policy}**? This cannot be undone.", policy=shown(policy.name))]
    if policy.in_force:
        lines.append(_("It judges no more messages, from the next one on. /policy pause does that too."))
    lines.append(_("Cases keep the version that they were judged by. The text is attached."))
    source = policy.draft or policy.published
    page = policy_replies.as_file("\n".join(lines), source.text if source else "", policy.name)
    click = PolicyClick(verb=PolicyVerb.DELETE, policy_id=policy.id)
    return Reply(text=page.text, files=page.files, buttons=(PolicyButton(click),))
