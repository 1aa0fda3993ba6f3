"""What comes back to Bylaw about policies: forms that were sent off, parts chosen, publications and others confirmed.

Whoever sends or clicks may have lost the permission since, and others may have changed the policy: both are looked at
now. A text that is not saved goes back to its author as a file, whatever the reason.
"""

from __future__ import annotations

import re
from typing import Any

import discord
from discord.ext import commands

from bot.cogs.interactions.errors import answering
from bot.cogs.interactions.forms import SentOff, form, sent_off
from bot.cogs.interactions.permission import NOT_AN_EDITOR, admits_editor, is_editor
from bot.cogs.interactions.reply import Document, Reply, defer, file_name, replace, send
from bot.cogs.policies import pin_replies
from bot.cogs.policies import replies as policy_replies
from bot.cogs.policies.base import PolicyTools
from bot.cogs.policies.buttons import PolicyClick, PolicyVerb, PublishClick, RollbackClick
from bot.cogs.policies.editor import EditedPolicy, NewPolicy, form_for_part, submission, text_to_edit
from bot.cogs.policies.sections import chosen_part, find_part, parts_menus, with_part
from bot.moderation.policies.outcomes import Blocked, Conflict, Refused, Saved
from guild_policies.versions import StoredPolicy

Saving = Saved | Blocked | Conflict | Refused

_POLICY_GONE = "This policy is not in this server any more."
_PART_GONE = "The policy was changed, and this part is not where it was. /policy edit shows what there is."
_PART_TOO_LONG = "This part is too long for one form. Change the attached file and send it back with /policy edit."
_OVERRULE_FORM = re.compile(r"bylaw:overrule:(?P<policy>[0-9]{1,19}):(?P<revision>[0-9]{1,19})")
_REASON_LIMIT = 300


class PolicyForms(commands.Cog):
    """Takes in forms, choices and confirmations."""

    def __init__(self, tools: PolicyTools) -> None:
        self._tools = tools
        self._desk = tools.desk

    @commands.Cog.listener()
    async def on_interaction(self, interaction: discord.Interaction[Any]) -> None:
        """A form was sent off or a part was chosen, perhaps in a message from before a restart."""
        chosen = chosen_part(interaction)
        if chosen is not None:
            async with answering("a choice of a part", interaction):
                await self._open_part(interaction, *chosen)
        sent = sent_off(interaction)
        if sent is None or interaction.guild_id is None:
            return
        overruled = _OVERRULE_FORM.fullmatch(sent.custom_id)
        if overruled is not None:
            async with answering("a publication", interaction):
                await self._overrule(interaction, overruled, sent.text)
        else:
            await self._written(interaction, interaction.guild_id, sent)

    @commands.Cog.listener()
    async def on_publish_click(self, interaction: discord.Interaction[Any], click: PublishClick) -> None:
        """An admin confirmed a publication."""
        async with answering("a publication", interaction):
            policy = await self._clicked(interaction, click.policy_id)
            if policy is not None:
                await self._publish(interaction, policy, click.revision)

    @commands.Cog.listener()
    async def on_rollback_click(self, interaction: discord.Interaction[Any], click: RollbackClick) -> None:
        """An admin confirmed a rollback."""
        async with answering("a rollback", interaction):
            policy = await self._clicked(interaction, click.policy_id)
            if policy is None:
                return
            outcome = await self._desk.roll_back(
                policy.guild_id,
                policy.name,
                to_number=click.to_number,
                seen_number=click.seen_number,
                actor_id=interaction.user.id,
            )
            await replace(interaction, await policy_replies.of_publishing(outcome, self._desk, name=policy.name))

    @commands.Cog.listener()
    async def on_policy_click(self, interaction: discord.Interaction[Any], click: PolicyClick) -> None:
        """An admin confirmed a deletion, cancelled a trial, or wants to publish although pinned examples fail."""
        if click.verb is PolicyVerb.OVERRULE:
            async with answering("a form", interaction):
                if await admits_editor(interaction, self._tools.access):
                    await interaction.response.send_modal(_form_for_reason(click))
        elif click.verb is PolicyVerb.DELETE:
            async with answering("a deletion", interaction):
                policy = await self._clicked(interaction, click.policy_id)
                if policy is None:
                    return
                outcome = await self._tools.life.delete(policy.guild_id, policy.name, actor_id=interaction.user.id)
                await replace(interaction, policy_replies.of_deleting(outcome))

        else:
            async with answering("a cancellation", interaction):
                await self._cancel(interaction, click)

    async def _cancel(self, interaction: discord.Interaction[Any], click: PolicyClick) -> None:
        """End a backtest or the reading of a channel."""
        if not await admits_editor(interaction, self._tools.access) or interaction.guild_id is None:
            return
        await interaction.response.defer()
        runner = self._tools.runner
        if click.verb is PolicyVerb.CANCEL_BACKTEST:
            reply = await runner.cancel(interaction.guild_id, click.number, actor_id=interaction.user.id)
        else:
            reply = runner.stop_reading(interaction.message.id if interaction.message else 0)
        await replace(interaction, reply)

    async def _written(self, interaction: discord.Interaction[Any], guild_id: int, sent: SentOff) -> None:
        """Save what was written, or give it back."""
        written = submission(sent)
        if written is None:
            return
        name = written.name if isinstance(written, NewPolicy) else "policy"
        keep = Reply(files=(policy_replies.given_back(written.text, name),))
        async with answering("a form", interaction, keep=keep):
            if await is_editor(interaction, self._tools.access):
                await defer(interaction)
                await send(interaction, await self._save(guild_id, written, interaction.user.id))
            else:
                await send(interaction, Reply(text=f"{NOT_AN_EDITOR} Your text is attached.", files=keep.files))

    async def _publish(
        self, interaction: discord.Interaction[Any], policy: StoredPolicy, revision: int, overrule: str = ""
    ) -> None:
        """Publish, and say meanwhile what takes so long."""
        pinned = len(await self._tools.pins.of(policy.guild_id, policy.name))
        if pinned:
            await replace(interaction, pin_replies.judging_pins(policy, pinned))
        outcome = await self._desk.publish(
            policy.guild_id,
            policy.name,
            seen_revision=revision,
            actor_id=interaction.user.id,
            overrule=overrule,
        )
        await replace(interaction, await policy_replies.of_publishing(outcome, self._desk, name=policy.name))

    async def _overrule(self, interaction: discord.Interaction[Any], match: re.Match[str], reason: str) -> None:
        policy = await self._clicked(interaction, int(match["policy"]))
        if policy is not None:
            await self._publish(interaction, policy, int(match["revision"]), reason)

    async def _clicked(self, interaction: discord.Interaction[Any], policy_id: int) -> StoredPolicy | None:
        """The policy that the click is about, if this person may change it; else they are told why not."""
        if not await admits_editor(interaction, self._tools.access) or interaction.guild_id is None:
            return None
        await interaction.response.defer()
        policy = await self._desk.by_id(interaction.guild_id, policy_id)
        if policy is None:
            await replace(interaction, Reply(text=_POLICY_GONE))
        return policy

    async def _open_part(self, interaction: discord.Interaction[Any], policy_id: int, key: str) -> None:
        """The form for a part, filled with what it says now."""
        if not await admits_editor(interaction, self._tools.access) or interaction.guild_id is None:
            return
        policy = await self._desk.by_id(interaction.guild_id, policy_id)
        if policy is None:
            await send(interaction, Reply(text=_POLICY_GONE))
            return
        text = text_to_edit(policy)
        part = find_part(text, key)
        if part is None:
            await send(interaction, Reply(text=_PART_GONE))
        elif not part.fits:
            file = Document(name=file_name(policy.name), text=text)
            await send(interaction, Reply(text=_PART_TOO_LONG, files=(file,)))
        else:
            await interaction.response.send_modal(form_for_part(policy, part))

    async def _save(self, guild_id: int, written: NewPolicy | EditedPolicy, actor_id: int) -> Reply:
        if isinstance(written, NewPolicy):
            outcome: Saving = await self._desk.create(guild_id, written.name, written.text, actor_id=actor_id)
            return await policy_replies.of_saving(outcome, self._desk, text=written.text, name=written.name)
        policy = await self._desk.by_id(guild_id, written.policy_id)
        if policy is None:
            return Reply(text=_POLICY_GONE, files=(policy_replies.given_back(written.text, "policy"),))
        text, part = written.text, None
        if written.part is not None:
            part = find_part(text_to_edit(policy), written.part)
            if part is None:
                return Reply(text=_PART_GONE, files=(policy_replies.given_back(text, policy.name),))
            text = with_part(text_to_edit(policy), part, text)
        outcome = await self._desk.save_draft(
            guild_id,
            policy.name,
            text,
            seen_revision=written.seen_revision,
            seen_number=written.seen_number,
            actor_id=actor_id,
        )
        if part is not None and isinstance(outcome, Conflict):  # theirs with a part of ours in it is nobody's text
            outcome = Conflict(current=outcome.current, text=written.text, since=outcome.since)
        reply = await policy_replies.of_saving(outcome, self._desk, text=text, name=policy.name)
        if part is not None and isinstance(outcome, Saved):
            return Reply(text=reply.text, files=reply.files, buttons=parts_menus(policy.id, text))
        return reply


def _form_for_reason(click: PolicyClick) -> discord.ui.Modal:
    return form(
        "Publish anyway",
        f"bylaw:overrule:{click.policy_id}:{click.number}",
        label="Why is that all right?",
        help="Kept with the version: your team reads it in /policy history.",
        limit=_REASON_LIMIT,
    )
