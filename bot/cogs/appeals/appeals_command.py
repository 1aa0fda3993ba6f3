"""``/appeals``: reviewers look appeals up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.cogs.appeals.card import render_appeal
from bot.cogs.appeals.hearing_clicks import NO_SUCH_APPEAL
from bot.cogs.appeals.words import state_of
from bot.cogs.interactions.permission import admits_reviewer
from bot.cogs.interactions.reply import Reply, defer, listed, send
from bot.cogs.interactions.wording import at, member
from bot.languages.translation import _, marked, ngettext
from bot.moderation.appeals.appeal import UNDECIDED, Appeal, AppealSearch, AppealState
from bot.moderation.appeals.search import AppealLookup, Found
from bot.moderation.servers.permissions import Access

_STATES: dict[str, frozenset[AppealState]] = {
    "waiting": UNDECIDED,
    "upheld": frozenset({AppealState.UPHELD}),
    "overturned": frozenset({AppealState.OVERTURNED}),
}
_CHOICES = [
    app_commands.Choice(name="waiting", value="waiting"),
    app_commands.Choice(name="decision kept", value="upheld"),
    app_commands.Choice(name="decision reversed", value="overturned"),
]
_NOT_A_DATE = marked("Write dates like 2026-01-31.")


@app_commands.default_permissions(manage_messages=True)
class AppealsCommand(commands.GroupCog, group_name="appeals", group_description="Look up members' appeals"):
    """The commands about appeals."""

    def __init__(self, *, lookup: AppealLookup, access: Access) -> None:
        super().__init__()
        self._lookup = lookup
        self._access = access

    @app_commands.command(name="list", description="The appeals that wait for a reviewer or for the member's answer")
    async def list_waiting(self, interaction: discord.Interaction[Any]) -> None:
        """List waiting appeals, newest first."""
        await defer(interaction)
        if not await admits_reviewer(interaction, self._access) or interaction.guild_id is None:
            return
        found = await self._lookup.search(interaction.guild_id, AppealSearch(states=UNDECIDED))
        await send(interaction, _list(found, _("No appeal is waiting.")))

    @app_commands.command(description="One appeal: the message, the rule then and now, and what the member wrote")
    @app_commands.describe(case="The number of the case", attempt="Which appeal of the case, if not the newest")
    async def show(
        self,
        interaction: discord.Interaction[Any],
        case: app_commands.Range[int, 1],
        attempt: app_commands.Range[int, 1] | None = None,
    ) -> None:
        """Show the card of an appeal to one reviewer, its buttons included."""
        await defer(interaction)
        if not await admits_reviewer(interaction, self._access) or interaction.guild_id is None:
            return
        file = await self._lookup.show(interaction.guild_id, case, attempt)
        if file is None:
            await send(interaction, Reply(text=_(NO_SUCH_APPEAL)))
        else:
            await interaction.edit_original_response(view=render_appeal(file))

    @app_commands.command(description="Find appeals by member, state, case, dates or words")
    @app_commands.choices(state=_CHOICES)
    @app_commands.describe(
        member="Who appealed",
        state="Their state",
        case="The number of the case",
        since="Sent on this day or later, such as 2026-01-31",
        until="Sent on this day or earlier",
        words="What the member, or a reviewer, wrote",
    )
    async def search(
        self,
        interaction: discord.Interaction[Any],
        member: discord.User | None = None,
        state: str | None = None,
        case: app_commands.Range[int, 1] | None = None,
        since: app_commands.Range[str, 1, 10] | None = None,
        until: app_commands.Range[str, 1, 10] | None = None,
        words: app_commands.Range[str, 1, 100] | None = None,
    ) -> None:
        """Search appeals that match all conditions."""
        await defer(interaction)
        if not await admits_reviewer(interaction, self._access) or interaction.guild_id is None:
            return
        try:
            first, last = _day(since), _day(until)
        except ValueError:
            await send(interaction, Reply(text=_(_NOT_A_DATE)))
            return
        wanted = AppealSearch(
            member_id=member.id if member else None,
            case_number=case,
            states=_STATES[state] if state else frozenset(),
            since=first,
            until=last + timedelta(days=1) if last else None,
        )
        found = await self._lookup.search(interaction.guild_id, wanted, words=words or "")
        await send(interaction, _list(found, _("No appeal matches that.")))


def _day(text: str | None) -> datetime | None:
    """The beginning of a day, UTC. Raises `ValueError`."""
    if text is None:
        return None
    return datetime.strptime(text.strip(), "%Y-%m-%d").replace(tzinfo=UTC)


def _list(found: Found, nothing: str) -> Reply:
    foot = ""
    if found.cut:
        foot = "-# " + ngettext(
            "Only the newest {n} was looked at. Narrow the search by dates or member.",
            "Only the newest {n} were looked at. Narrow the search by dates or member.",
            found.looked_at,
        )
    if not found.appeals:
        return Reply(text="\n".join(filter(None, [nothing, foot])))
    head = ngettext("**{n} appeal**", "**{n} appeals**", len(found.appeals))
    return listed(head, [_line(appeal) for appeal in found.appeals], foot, "appeals")


def _line(appeal: Appeal) -> str:
    number, attempt = appeal.key.case_number, appeal.key.attempt
    named = _("Case {number}", number=number)
    if attempt > 1:
        named = _("Appeal {attempt} in case {number}", attempt=attempt, number=number)
    return "- " + " · ".join([named, member(appeal.member_id), at(appeal.opened_at), state_of(appeal.state)])
