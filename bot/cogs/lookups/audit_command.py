"""``/audit``: who did what and when, for reviewers; page by page, and as files."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.cogs.interactions.click_button import ClickButton, Look
from bot.cogs.interactions.dates import NOT_A_DAY, BadDay, day, say_swap
from bot.cogs.interactions.errors import answering
from bot.cogs.interactions.permission import admits_reviewer
from bot.cogs.interactions.reply import Reply, defer, replace, send
from bot.cogs.interactions.wording import at
from bot.cogs.lookups.audit_words import entry_line
from bot.cogs.lookups.sent_parts import THERE_IS_MORE, PartSender, Row, all_sent
from bot.languages.translation import _, marked
from bot.moderation.lookups.audit_search import BOT, AuditKind, AuditPage, AuditQuery, AuditTrail
from bot.moderation.lookups.export import ExportForm
from bot.moderation.servers.permissions import Access

ROOM = 8_000_000  #: bytes of a file, below Discord's limit for bots in any server
NONE_FOUND = marked("No entry fits.")

_KIND_NAMES = {
    # Translators: a kind of entry in the audit log, at most 100 characters.
    AuditKind.CASES: marked("Cases"),
    # Translators: a kind of entry in the audit log, at most 100 characters.
    AuditKind.DECISIONS: marked("Decisions"),
    # Translators: a kind of entry in the audit log, at most 100 characters.
    AuditKind.ACTIONS: marked("Actions"),
    # Translators: a kind of entry in the audit log, at most 100 characters.
    AuditKind.CARDS: marked("Cards"),
    # Translators: a kind of entry in the audit log, at most 100 characters.
    AuditKind.APPEALS: marked("Appeals"),
    # Translators: a kind of entry in the audit log, at most 100 characters.
    AuditKind.REPORTS: marked("Reports"),
    # Translators: a kind of entry in the audit log, at most 100 characters.
    AuditKind.POLICIES: marked("Policies"),
    # Translators: a kind of entry in the audit log, at most 100 characters.
    AuditKind.TRIALS: marked("Trials"),
    # Translators: a kind of entry in the audit log, at most 100 characters.
    AuditKind.SETTINGS: marked("Settings"),
    # Translators: a kind of entry in the audit log, at most 100 characters.
    AuditKind.PRIVACY: marked("Privacy"),
}
_KINDS = [app_commands.Choice(name=name, value=kind.value) for kind, name in _KIND_NAMES.items()]
_FORMS = [app_commands.Choice(name=form.name, value=form.value) for form in ExportForm]
_ABOUT = {
    # Translators: a command\'s text, at most 100 characters.
    "person": marked("Who did it; choose Bylaw for what it did by itself"),
    # Translators: a command\'s text, at most 100 characters.
    "kind": marked("Only entries of this kind"),
    # Translators: a command\'s text, at most 100 characters.
    "since": marked("On this day or later: 2026-11-21, or 30d for the last 30 days"),
    # Translators: a command\'s text, at most 100 characters.
    "until": marked("On this day or before"),
}

Day = app_commands.Range[str, 1, 20]


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditClick:
    """A reviewer turned the page of the log. Dispatched as ``audit_click``, after the interaction."""

    guild_id: int
    entry_id: int  #: the entry to continue from
    older: bool  #: to the older side of it, or to the newer
    query: AuditQuery


class AuditButton(
    ClickButton[AuditClick],
    template=(
        r"bylaw:audit:(?P<guild>[0-9]{1,20}):(?P<entry>[0-9]{1,19}):(?P<side>[on]):(?P<person>[0-9]{0,20})"
        r":(?P<kind>" + "|".join(AuditKind) + r"|):(?P<since>[0-9]{0,11}):(?P<until>[0-9]{0,11})"
    ),
):
    """Turns the page. The query is in its custom_id, so no state is stored."""

    event = "audit_click"

    @staticmethod
    def look(click: AuditClick) -> Look:
        """The button for a click."""
        query = click.query
        person = "" if query.person_id is None else query.person_id
        days = ":".join("" if each is None else str(int(each.timestamp())) for each in (query.since, query.until))
        side = "o" if click.older else "n"
        custom_id = f"bylaw:audit:{click.guild_id}:{click.entry_id}:{side}:{person}:{query.kind or ''}:{days}"
        # Translators: a button, at most 80 characters.
        return Look(custom_id, _("Older") if click.older else _("Newer"))

    @staticmethod
    def read(ids: re.Match[str]) -> AuditClick:
        """The click that a custom_id describes."""
        query = AuditQuery(
            person_id=int(ids["person"]) if ids["person"] else None,
            kind=AuditKind(ids["kind"]) if ids["kind"] else None,
            since=_moment(ids["since"]),
            until=_moment(ids["until"]),
        )
        older = ids["side"] == "o"
        return AuditClick(guild_id=int(ids["guild"]), entry_id=int(ids["entry"]), older=older, query=query)


@app_commands.default_permissions(manage_messages=True)
class AuditCommand(commands.GroupCog, group_name="audit", group_description="Who did what and when"):
    """The commands."""

    def __init__(
        self,
        bot: commands.AutoShardedBot,
        *,
        trail: AuditTrail,
        access: Access,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        super().__init__()
        self._bot = bot
        self._trail = trail
        self._access = access
        self._now = now

    @app_commands.command(description="Show who did what and when, the newest first")
    @app_commands.describe(**_ABOUT)
    @app_commands.choices(kind=_KINDS)
    async def show(
        self,
        interaction: discord.Interaction[Any],
        person: discord.User | None = None,
        kind: str | None = None,
        since: Day | None = None,
        until: Day | None = None,
    ) -> None:
        """Show a page of the log."""
        await defer(interaction)
        if not await admits_reviewer(interaction, self._access) or interaction.guild_id is None:
            return
        query = await self._query(interaction, person, kind, since, until)
        if query is not None:
            page = await self._trail.page(interaction.guild_id, query)
            await send(interaction, render_page(page, interaction.guild_id, query))

    @app_commands.command(description="Export the audit log to a file")
    @app_commands.describe(form="CSV for spreadsheets, JSON for programs", **_ABOUT)
    @app_commands.choices(form=_FORMS, kind=_KINDS)
    async def export(
        self,
        interaction: discord.Interaction[Any],
        form: str = ExportForm.CSV.value,
        person: discord.User | None = None,
        kind: str | None = None,
        since: Day | None = None,
        until: Day | None = None,
    ) -> None:
        """Send an export."""
        await defer(interaction)
        if not await admits_reviewer(interaction, self._access) or interaction.guild_id is None:
            return
        query = await self._query(interaction, person, kind, since, until)
        if query is None:
            return
        me = interaction.user.id
        sender = PartSender(interaction, name="audit-log", ending=form, row=Row.ENTRY)
        parts = self._trail.export(interaction.guild_id, query, ExportForm(form), actor_id=me, room=ROOM)
        sent = await sender.send(parts)
        if not sent.rows:
            await send(interaction, Reply(text=_(NONE_FOUND)))
            return
        lines = [all_sent(Row.ENTRY, sent), _("A new entry says that you exported it.")]
        if sent.stopped:
            lines.append(_(THERE_IS_MORE))
        await sender.finish(" ".join(lines))

    @commands.Cog.listener()
    async def on_audit_click(self, interaction: discord.Interaction[Any], click: AuditClick) -> None:
        """Somebody turned a page. Permission is checked now."""
        async with answering("a click below the audit log", interaction):
            if interaction.guild_id != click.guild_id:
                await send(interaction, Reply(text=_(NONE_FOUND)))
            elif await admits_reviewer(interaction, self._access):
                await interaction.response.defer()
                side = {"older_than": click.entry_id} if click.older else {"newer_than": click.entry_id}
                page = await self._trail.page(click.guild_id, click.query, **side)
                await replace(interaction, render_page(page, click.guild_id, click.query))

    async def _query(
        self,
        interaction: discord.Interaction[Any],
        person: discord.User | None,
        kind: str | None,
        since: str | None,
        until: str | None,
    ) -> AuditQuery | None:
        """The query; None if it is invalid, after saying so."""
        now, me = self._now(), self._bot.user
        person_id = None if person is None else BOT if me is not None and person.id == me.id else person.id
        try:
            first = None if since is None else day(since, now)
            last = None if until is None else day(until, now, end=True)
        except BadDay:
            await send(interaction, Reply(text=_(NOT_A_DAY)))
            return None
        if first is not None and last is not None and first >= last:
            await send(interaction, Reply(text=say_swap(first, last)))
            return None
        return AuditQuery(person_id=person_id, kind=AuditKind(kind) if kind else None, since=first, until=last)


def render_page(page: AuditPage, guild_id: int, query: AuditQuery) -> Reply:
    """A page of the log."""
    head = _("**Audit log**, the newest first")
    if not page.found:
        return Reply(text=f"{head}\n{_(NONE_FOUND)}")
    lines = [f"- {at(each.entry.at)} {entry_line(each.entry, each.policy)}" for each in page.found]
    newer = AuditClick(guild_id=guild_id, entry_id=page.found[0].id, older=False, query=query)
    older = AuditClick(guild_id=guild_id, entry_id=page.found[-1].id, older=True, query=query)
    buttons = (AuditButton(newer, disabled=not page.newer), AuditButton(older, disabled=not page.older))
    return Reply(text="\n".join([head, *lines]), buttons=buttons if page.newer or page.older else ())


def _moment(seconds: str) -> datetime | None:
    return datetime.fromtimestamp(int(seconds), tz=UTC) if seconds else None
