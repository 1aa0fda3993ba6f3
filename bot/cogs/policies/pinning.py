"""``/policy pin`` and ``pins``: examples as tests, in a moderator's own words."""

from __future__ import annotations

from typing import Any

import discord
from discord import app_commands

from bot.cogs.interactions.forms import TEXT, form
from bot.cogs.interactions.permission import admits_editor_or_reviewer
from bot.cogs.interactions.reply import Reply, defer, send
from bot.cogs.interactions.submitted_forms import SubmittedForm, on_form
from bot.cogs.policies import pin_replies
from bot.cogs.policies.base import A_NAME, POLICY_GONE, Choices, Name, PolicyCommands, choices, no_such
from bot.cogs.policies.replies import given_back
from bot.languages.translation import _
from bot.moderation.policies.outcomes import Refused
from guild_policies.examples import MAX_PIN_LENGTH, Pin

CLEAR = "clear"

_FORM = r"bylaw:pin:(?P<policy>[0-9]{1,19}):(?P<must>.{1,60})"
_MUST_LIMIT = 20


def _example_back(sent: SubmittedForm) -> Reply:
    """Returns an example that couldn't be pinned to its author."""
    return Reply(files=(given_back(sent.values.get(TEXT, ""), "example"),))


class PolicyPinning(PolicyCommands):
    """The commands about pinned examples."""

    async def offered_musts(self, interaction: discord.Interaction[Any], current: str) -> Choices:
        """The rules of the named policy, and clear."""
        return choices((CLEAR, *await self.rules_of_named(interaction)), current)

    async def offered_pins(self, interaction: discord.Interaction[Any], current: str) -> list[app_commands.Choice[int]]:
        """The pinned examples of the named policy."""
        if interaction.guild_id is None or not await self.may_look(interaction):
            return []
        pins = await self.tools.pins.of(interaction.guild_id, str(interaction.namespace.name or ""))
        found = [pin for pin in pins if str(current or "").casefold() in f"{pin.id} {pin.text}".casefold()]
        return [app_commands.Choice(name=_label(pin), value=pin.id) for pin in found[:25]]

    @app_commands.command(description="Pin an example in your own words: what must be said about it from now on")
    @app_commands.describe(name=A_NAME, must="The rule that it must break, such as R2, or clear")
    @app_commands.autocomplete(name=PolicyCommands.offered_names, must=offered_musts)
    async def pin(
        self, interaction: discord.Interaction[Any], name: Name, must: app_commands.Range[str, 1, _MUST_LIMIT]
    ) -> None:
        """Open the form for the example."""
        if not await admits_editor_or_reviewer(interaction, self.tools.access) or interaction.guild_id is None:
            return
        policy = await self.tools.desk.find(interaction.guild_id, name)
        if policy is None:
            await send(interaction, no_such(name))
            return
        await interaction.response.send_modal(
            form(
                _("Example for {policy}", policy=policy.name),
                f"bylaw:pin:{policy.id}:{must.strip()}",
                # Translators: above the field of a form, at most 45 characters.
                label=_("A sentence that must be clear")
                if _is_clear(must)
                # Translators: above the field of a form, at most 31 characters.
                else _("A sentence that breaks {rule}", rule=must.strip()),
                # Translators: below the field of a form, at most 100 characters.
                help=_("Use your own words. Do not paste what a member wrote."),
                limit=MAX_PIN_LENGTH,
            )
        )

    @app_commands.command(description="The pinned examples of a policy; with remove, take one off")
    @app_commands.describe(name=A_NAME, remove="The number of an example to unpin")
    @app_commands.autocomplete(name=PolicyCommands.offered_names)
    @app_commands.autocomplete(remove=offered_pins)
    async def pins(
        self, interaction: discord.Interaction[Any], name: Name, remove: app_commands.Range[int, 1] | None = None
    ) -> None:
        """List the examples, or remove one."""
        if not await admits_editor_or_reviewer(interaction, self.tools.access) or interaction.guild_id is None:
            return
        policy = await self.tools.desk.find(interaction.guild_id, name)
        if policy is None:
            await send(interaction, no_such(name))
        elif remove is None:
            await send(interaction, pin_replies.list_of(await self.tools.pins.of(policy.guild_id, name), policy))
        else:
            outcome = await self.tools.pins.remove(policy.guild_id, name, remove, actor_id=interaction.user.id)
            await send(interaction, _told(outcome, pin_replies.unpinned, policy.name))

    @on_form(_FORM, what="a form", keep=_example_back)
    async def take_example(self, interaction: discord.Interaction[Any], sent: SubmittedForm) -> None:
        """The form with an example was submitted."""
        policy_id, must, text, files = sent.number("policy"), sent.ids["must"], sent.text, _example_back(sent).files
        if not await admits_editor_or_reviewer(interaction, self.tools.access, files=files):
            return
        if interaction.guild_id is None:
            return
        await defer(interaction)
        policy = await self.tools.desk.by_id(interaction.guild_id, policy_id)
        if policy is None:
            await send(interaction, Reply(text=_(POLICY_GONE), files=files))
            return
        outcome = await self.tools.pins.add(
            policy.guild_id,
            policy.name,
            text,
            rule_id=None if _is_clear(must) else must,
            actor_id=interaction.user.id,
        )
        told = _told(outcome, pin_replies.pinned, policy.name)
        await send(interaction, Reply(text=told.text, files=files if isinstance(outcome, Refused) else ()))


def _is_clear(must: str) -> bool:
    return must.strip().casefold() == CLEAR


def _told(outcome: Pin | Refused, say: Any, policy_name: str) -> Reply:
    if isinstance(outcome, Refused):
        return Reply(text=outcome.why)
    told: Reply = say(outcome, policy_name)
    return told


def _label(pin: Pin) -> str:
    """A pin as a choice of at most 100 characters."""
    return f"{pin.id}: {' '.join(pin.text.split())}"[:50]
