"""``/case list``, ``search``, ``note`` and ``reopen``: for reviewers to find cases, add notes and reopen them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.cogs.interactions.permission import admits_reviewer, is_reviewer
from bot.cogs.interactions.reply import Reply, defer, send
from bot.cogs.lookups.case_query import BadQuery, TypedQuery, query_of
from bot.cogs.lookups.list_page import render_list
from bot.cogs.policies.base import A_NAME, CHOICES_SHOWN, Choices, choices
from bot.languages.translation import _
from bot.moderation.cases.case import CaseKind, CaseState
from bot.moderation.cases.note import MAX_NOTE
from bot.moderation.disclosure.disclosure import Disclosure
from bot.moderation.lookups.lists import LookUps
from bot.moderation.lookups.search import CaseQuery
from bot.moderation.policies.consequences import Consequences
from bot.moderation.policies.publishing import Publishing
from bot.moderation.review.decisions import MAX_REASON, OWN_CASE, NotClosed, OwnCase, Review
from bot.moderation.review.notes import Notes
from bot.moderation.servers.permissions import Access
from guild_policies.text.hidden import is_blank
from guild_policies.text.parse import policy_of

STATES = [
    app_commands.Choice(name="Open", value=CaseState.OPEN.value),
    app_commands.Choice(name="Violation", value=CaseState.VIOLATION.value),
    app_commands.Choice(name="Not a violation", value=CaseState.NOT_A_VIOLATION.value),
    app_commands.Choice(name="Mended", value=CaseState.MENDED.value),
]
KINDS = [
    app_commands.Choice(name="Flagged by the judge", value=CaseKind.VIOLATION.value),
    app_commands.Choice(name="Could not judge", value=CaseKind.UNDECIDED.value),
    app_commands.Choice(name="Reported by members", value=CaseKind.REPORT.value),
    app_commands.Choice(name="Discord's AutoMod", value=CaseKind.AUTOMOD.value),
    app_commands.Choice(name="Done by hand", value=CaseKind.MANUAL.value),
    app_commands.Choice(name="Pictures in many channels", value=CaseKind.PICTURE_BURST.value),
    app_commands.Choice(name="Same picture as a decided case", value=CaseKind.SAME_PICTURE.value),
]

Text = app_commands.Range[str, 1, 100]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseTools:
    """The services that the commands about cases call."""

    look_ups: LookUps
    disclosure: Disclosure
    review: Review
    notes: Notes
    desk: Publishing
    consequences: Consequences
    access: Access
    now: Callable[[], datetime] = lambda: datetime.now(UTC)


class CaseLists(commands.Cog):
    """The part of ``/case`` that finds cases, adds notes and reopens them."""

    tools: CaseTools

    @app_commands.command(description="List the newest cases")
    @app_commands.describe(state="Only cases in this state", kind="Only cases of this kind")
    @app_commands.choices(state=STATES, kind=KINDS)
    async def list(
        self, interaction: discord.Interaction[Any], state: str | None = None, kind: str | None = None
    ) -> None:
        """The newest cases, page by page."""
        guild_id = await self.admitted(interaction)
        if guild_id is None:
            return
        query = await self.asked_for(interaction, guild_id, TypedQuery(state=state, kind=kind))
        if query is not None:
            await self._show(interaction, guild_id, query)

    @app_commands.command(description="Find cases by member, rule, moderator, state, dates or the words of notes")
    @app_commands.describe(
        member="Whose message it was; the id of somebody who left works, too",
        rule="A rule's id, such as R2",
        policy=A_NAME,
        moderator="Who decided",
        state="Only cases in this state",
        kind="Only cases of this kind",
        since="Opened on this day or later: 2026-11-21, or 30d for the last 30 days",
        until="Opened on this day or before",
        notes="Whole words from the case's notes, in any order",
    )
    @app_commands.choices(state=STATES, kind=KINDS)
    async def search(
        self,
        interaction: discord.Interaction[Any],
        member: discord.User | None = None,
        rule: Text | None = None,
        policy: Text | None = None,
        moderator: discord.User | None = None,
        state: str | None = None,
        kind: str | None = None,
        since: Text | None = None,
        until: Text | None = None,
        notes: Text | None = None,
    ) -> None:
        """The cases that match all conditions, page by page."""
        guild_id = await self.admitted(interaction)
        if guild_id is None:
            return
        typed = TypedQuery(
            member_id=member.id if member else None,
            rule=rule,
            policy=policy,
            moderator_id=moderator.id if moderator else None,
            state=state,
            kind=kind,
            since=since,
            until=until,
            notes=notes,
        )
        query = await self.asked_for(interaction, guild_id, typed)
        if query is not None:
            await self._show(interaction, guild_id, query)

    @app_commands.command(description="Write a note on a case, for the other moderators")
    @app_commands.describe(number="The case's number, as on its card", text="What they should know")
    async def note(
        self,
        interaction: discord.Interaction[Any],
        number: app_commands.Range[int, 1],
        text: app_commands.Range[str, 1, MAX_NOTE],
    ) -> None:
        """Store a note."""
        guild_id = await self.admitted(interaction)
        if guild_id is None:
            return
        if is_blank(text):
            await send(interaction, Reply(text=_("This note is empty. Write a word or two.")))
            return
        note = await self.tools.notes.add(guild_id, number, author_id=interaction.user.id, text=text)
        noted = _("Noted on case {number}. /case show shows the notes.", number=number)
        said = noted if note else no_such_case(number)
        await send(interaction, Reply(text=said))

    @app_commands.command(description="Reopen a case: take back its decision")
    @app_commands.describe(number="The case's number, as on its card", reason="Why; shown in the case's history")
    async def reopen(
        self,
        interaction: discord.Interaction[Any],
        number: app_commands.Range[int, 1],
        reason: app_commands.Range[str, 1, MAX_REASON],
    ) -> None:
        """Reopen a decided case. Its actions stay in force."""
        guild_id = await self.admitted(interaction)
        if guild_id is None:
            return
        if is_blank(reason):
            await send(interaction, Reply(text=_("Say why, in a word or two. Nothing was changed.")))
            return
        outcome = await self.tools.review.reopen(guild_id, number, moderator_id=interaction.user.id, reason=reason)
        if outcome is None:
            said = no_such_case(number)
        elif isinstance(outcome, OwnCase):
            said = _(OWN_CASE)
        elif isinstance(outcome, NotClosed):
            said = _("Case {number} is open already.", number=number)
        else:
            said = _(
                "Case {number} is open again. What was done about it stays done; you can undo that on its card.",
                number=number,
            )
        await send(interaction, Reply(text=said))

    @search.autocomplete("policy")
    async def _offered_policies(self, interaction: discord.Interaction[Any], current: str) -> Choices:
        return await self.policies_like(interaction, current)

    @search.autocomplete("rule")
    async def _offered_rules(self, interaction: discord.Interaction[Any], current: str) -> Choices:
        return await self.rules_like(interaction, current)

    async def policies_like(self, interaction: discord.Interaction[Any], current: str) -> Choices:
        """The server's policies, to reviewers."""
        if interaction.guild_id is None or not await is_reviewer(interaction, self.tools.access):
            return []
        return choices((policy.name for policy in await self.tools.desk.list(interaction.guild_id)), current)

    async def rules_like(self, interaction: discord.Interaction[Any], current: str) -> Choices:
        """The ids of rules in force, to reviewers."""
        if interaction.guild_id is None or not await is_reviewer(interaction, self.tools.access):
            return []
        policies = await self.tools.desk.list(interaction.guild_id)
        texts = [policy.published.text for policy in policies if policy.published]
        ids = dict.fromkeys(rule.id for text in texts for rule in policy_of(text).rules if rule.id)
        return choices(ids, current)[:CHOICES_SHOWN]

    async def admitted(self, interaction: discord.Interaction[Any]) -> int | None:
        """The server, after a defer, if this person may see its cases; otherwise they are told why not."""
        await defer(interaction)
        return interaction.guild_id if await admits_reviewer(interaction, self.tools.access) else None

    async def _show(self, interaction: discord.Interaction[Any], guild_id: int, query: CaseQuery) -> None:
        await send(interaction, render_list(await self.tools.look_ups.first(guild_id, query)))

    async def asked_for(
        self, interaction: discord.Interaction[Any], guild_id: int, typed: TypedQuery, *, all_kinds: bool = False
    ) -> CaseQuery | None:
        """The query; None if it is invalid, after saying so."""
        try:
            return await query_of(typed, self.tools.desk, guild_id, now=self.tools.now(), all_kinds=all_kinds)
        except BadQuery as bad:
            await send(interaction, Reply(text=str(bad)))
            return None


def no_such_case(number: int) -> str:
    """The line for a number that no case has."""
    return _("There is no case {number} in this server.", number=number)
