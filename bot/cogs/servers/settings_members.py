"""``/settings notices``, ``appeals`` and ``questions``: what members are told, and how they appeal."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import discord
from discord import app_commands

from bot.cogs.appeals.replies import shown_question
from bot.cogs.interactions.forms import Field, fields_form
from bot.cogs.interactions.permission import NOT_AN_ADMIN, admits_admin
from bot.cogs.interactions.quoting import as_quote, on_one_line
from bot.cogs.interactions.reply import Reply, send
from bot.cogs.interactions.submitted_forms import SubmittedForm, on_form, words_back
from bot.cogs.interactions.translate import person
from bot.cogs.servers.base import SettingsCommands, on_or_off
from bot.languages.translation import _, length, ngettext
from bot.moderation.appeals.appeal import MAX_QUESTION, MAX_QUESTIONS, OUR_QUESTIONS
from bot.moderation.servers.options import AppealOptions, NoticeOptions
from bot.moderation.servers.permissions import may_change_settings
from classifier.content import clean_text
from guild_policies.text.hidden import is_blank

MAX_OPENING = 700
NONE = "none"
_FORM_ID = "bylaw:questions"


class MemberSettings(SettingsCommands):
    """The commands about notices and appeals."""

    @app_commands.command(description="What members are told when something was done about one of their messages")
    @app_commands.describe(
        enabled="Message members at all; warnings are always sent",
        opening="Your own first words, or none for ours",
        names_moderators="Say which moderator it was",
    )
    async def notices(
        self,
        interaction: discord.Interaction[Any],
        enabled: bool | None = None,
        opening: app_commands.Range[str, 1, MAX_OPENING] | None = None,
        names_moderators: bool | None = None,
    ) -> None:
        """Change the given options; show all."""
        if not await admits_admin(interaction) or interaction.guild_id is None:
            return
        before = await self.options.get(interaction.guild_id, NoticeOptions)
        now = replace(
            before,
            enabled=before.enabled if enabled is None else enabled,
            opening=before.opening if opening is None else _opening(opening),
            names_moderators=before.names_moderators if names_moderators is None else names_moderators,
        )
        if now == before:
            await send(interaction, Reply(text=_notices(now)))
        else:
            await self.save(interaction, now, _notices(now))

    @app_commands.command(description="Whether and how members can appeal")
    @app_commands.describe(
        enabled="Take appeals through Bylaw",
        days_between="Days after a decided appeal before the same case can be appealed again",
        cap="How often one case can be appealed",
        second_reviewer="Whoever decided the case does not decide on its appeal",
        stale_hours="Hours after which moderators are reminded of an appeal that waits",
    )
    async def appeals(
        self,
        interaction: discord.Interaction[Any],
        enabled: bool | None = None,
        days_between: app_commands.Range[int, 0, 365] | None = None,
        cap: app_commands.Range[int, 1, 20] | None = None,
        second_reviewer: bool | None = None,
        stale_hours: app_commands.Range[int, 1, 720] | None = None,
    ) -> None:
        """Change the given options; show all."""
        if not await admits_admin(interaction) or interaction.guild_id is None:
            return
        before = await self.options.get(interaction.guild_id, AppealOptions)
        now = replace(
            before,
            enabled=before.enabled if enabled is None else enabled,
            days_between=before.days_between if days_between is None else days_between,
            cap=cap or before.cap,
            second_reviewer=before.second_reviewer if second_reviewer is None else second_reviewer,
            stale_hours=stale_hours or before.stale_hours,
        )
        if now == before:
            await send(interaction, Reply(text=_appeals(now)))
        else:
            await self.save(interaction, now, _appeals(now))

    @app_commands.command(description="The questions that members answer when they appeal")
    async def questions(self, interaction: discord.Interaction[Any]) -> None:
        """Open the form with the current questions."""
        if not await admits_admin(interaction) or interaction.guild_id is None:
            return
        options = await self.options.get(interaction.guild_id, AppealOptions)
        present = (*_shown_questions(options), *("",) * MAX_QUESTIONS)[:MAX_QUESTIONS]
        fields = [
            Field(
                # Translators: above the field of a form, at most 45 characters.
                name=_("Question {number}", number=number),
                # Translators: below it, at most 100 characters.
                help=_("Empty for none. All empty: Bylaw's own questions."),
                text=text,
                limit=MAX_QUESTION,
                required=False,
                long=False,
            )
            for number, text in enumerate(present, start=1)
        ]
        # Translators: the title of a form, at most 45 characters.
        await interaction.response.send_modal(fields_form(_("Questions of an appeal"), _FORM_ID, fields))

    @on_form(_FORM_ID, what="a form", keep=words_back)
    async def take_questions(self, interaction: discord.Interaction[Any], sent: SubmittedForm) -> None:
        """The form with the questions was submitted."""
        questions = tuple(filter(None, map(_question, sent.texts)))
        if interaction.guild_id is None or not may_change_settings(person(interaction.user)):
            await send(interaction, Reply(text=_(NOT_AN_ADMIN), files=words_back(sent).files))
            return
        before = await self.options.get(interaction.guild_id, AppealOptions)
        ours = (OUR_QUESTIONS, tuple(map(shown_question, OUR_QUESTIONS)))
        now = replace(before, questions=() if questions in ours else questions)
        await self.options.save(interaction.guild_id, now, actor_id=interaction.user.id)
        await send(interaction, Reply(text=f"{_('Saved.')}\n{_appeals(now)}"))


def _opening(text: str) -> str:
    words = clean_text(text).replace("\0", "").strip()
    return "" if is_blank(words) or words.casefold() == NONE else words


def _question(text: str) -> str:
    return " ".join(clean_text(text).replace("\0", "").split())[:MAX_QUESTION]


def _notices(options: NoticeOptions) -> str:
    lines = [
        _("- Notices to members: {state}", state=on_or_off(options.enabled)),
        _("- Moderators' names in notices: {state}", state=on_or_off(options.names_moderators)),
        _("- First words: your own") if options.opening else _("- First words: Bylaw's"),
    ]
    if options.opening:
        lines.append(as_quote(options.opening, 2 * MAX_OPENING).text)
    return "\n".join(lines)


def _shown_questions(options: AppealOptions) -> tuple[str, ...]:
    return tuple(map(shown_question, options.questions or OUR_QUESTIONS))


def _appeals(options: AppealOptions) -> str:
    again = timedelta(days=options.days_between)
    lines = [
        _("- Appeals: {state}", state=on_or_off(options.enabled)),
        ngettext("- Appeals in one case: {n}", "- Appeals in one case: at most {n}", options.cap),
        _("- Wait between two appeals in a case: {length}", length=length(again))
        if again
        else _("- Wait between two appeals in a case: none"),
        _("- A second reviewer decides: {state}", state=on_or_off(options.second_reviewer)),
        ngettext(
            "- Reminder of an appeal that waits: after {n} hour",
            "- Reminder of an appeal that waits: after {n} hours",
            options.stale_hours,
        ),
        _("- Questions: your own") if options.questions else _("- Questions: Bylaw's"),
        *(f"  - {on_one_line(question, 2 * MAX_QUESTION)}" for question in _shown_questions(options)),
    ]
    return "\n".join(lines)
