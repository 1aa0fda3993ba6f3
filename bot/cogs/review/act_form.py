"""The form of **Act…**: what to do, for how long, and why, on one page.

Discord only allows a form as the reply to the click, so nothing can be asked in between; the state is checked again on
submission.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

import discord

from bot.cogs.interactions.action_words import NEEDED
from bot.cogs.interactions.forms import opened_form
from bot.cogs.interactions.submitted_forms import BadForm, SubmittedForm
from bot.cogs.interactions.wording import at, who_decided
from bot.cogs.review.ground_form import rule_menu
from bot.languages.translation import _, length, marked
from bot.moderation.cases.action import MAX_REASON, ActionKind
from bot.moderation.cases.case import WITHOUT_ACTION, Case
from bot.moderation.policies.nameable_rules import NameableRule
from bot.moderation.review.decisions import CLAIM_LASTS


class Choice(StrEnum):
    """What can be chosen. The values are in forms that may be open across a restart."""

    WARN = "warn"
    DELETE = "delete"
    TIMEOUT = "timeout"
    KICK = "kick"
    BAN = "ban"
    NOTE = "note"
    SKIP = "skip"


_LABELS = {
    # Translators: in a form, what to do, and what comes of it: at most 100 characters each, down to "Skip".
    Choice.WARN: (marked("Warn the member"), marked("The member is told; nothing else happens")),
    Choice.DELETE: (marked("Delete the message"), marked("Cannot be undone")),
    Choice.TIMEOUT: (marked("Time out the member"), marked("For as long as you choose below; can be undone")),
    Choice.KICK: (marked("Kick the member"), marked("The member can join again with an invite")),
    Choice.BAN: (marked("Ban the member"), marked("Deletes no messages; can be undone")),
    Choice.NOTE: (marked("Only a note"), marked("For the other moderators; decides nothing")),
    Choice.SKIP: (marked("Skip"), marked("Leave the case to others; decides nothing")),
}
_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400
#: Seconds.
LENGTHS = (
    5 * _MINUTE,
    10 * _MINUTE,
    30 * _MINUTE,
    _HOUR,
    6 * _HOUR,
    12 * _HOUR,
    _DAY,
    3 * _DAY,
    7 * _DAY,
    14 * _DAY,
    28 * _DAY,
)
USUAL_LENGTH = _HOUR

REASON = "reason"
_CHOICE, _LENGTH, _RUNNING = "what", "length", "running"
_KEEP, _REPLACE = "keep", "replace:"
_FOR_TIMEOUTS = marked("Only for a timeout")
_DIGITS = 11  #: of the seconds since 1970, enough for a thousand years
FORM = r"bylaw:act:(?P<guild>[0-9]{1,20}):(?P<number>[0-9]{1,19})"


@dataclass(frozen=True, slots=True, kw_only=True)
class ActForm:
    """The submitted form."""

    guild_id: int
    number: int
    choice: Choice
    length: timedelta
    reason: str  #: or the text of a note; may be empty
    may_replace: datetime | None = None  #: the end of the timeout in force, if a longer one is replaced


def act_form(
    case: Case,
    *,
    reader_id: int,
    has: discord.Permissions,
    now: datetime,
    running: datetime | None = None,
    rules: Sequence[NameableRule] = (),
) -> discord.ui.Modal:
    """The form for a case.

    Args:
        reader_id: the person who opens it.
        has: that person's permissions, so that the form can say what they lack.
        running: the end of the member's timeout in force. The form asks what to do with it.
        rules: rules that can be named, if the judge named none and the case is open.
    """
    # Translators: the title of a form, at most 35 characters, because numbers can be long.
    made = opened_form(_("Act on case {number}", number=case.number), f"bylaw:act:{case.guild_id}:{case.number}")
    timed_out = _("The member is timed out until {moment}.", moment=at(running)) if running else ""
    known = [_known(case, reader_id, now), timed_out]
    is_full = case.needs_ground and running is not None  # a form has at most five parts, so the labels say it then
    if any(known) and not is_full:
        made.add_item(discord.ui.TextDisplay("\n".join(filter(None, known))))
    options = [
        discord.RadioGroupOption(label=_(label), value=choice.value, description=_lack(choice, has) or _(hint))
        for choice, (label, hint) in _LABELS.items()
    ]
    group = discord.ui.RadioGroup[Any](custom_id=_CHOICE, options=options)
    # Translators: in a form, at most 100 characters.
    at_it = _("Another moderator opened this form and may be acting now") if is_full and known[0] else None
    made.add_item(discord.ui.Label(text=_("What to do"), description=at_it, component=group))
    lengths = length_menu(required=False)
    # Translators: in a form, at most 45 characters.
    how_long = discord.ui.Label(text=_("How long"), description=_(_FOR_TIMEOUTS), component=lengths)
    made.add_item(how_long)
    if running is not None:
        made.add_item(_about_running(running, says_when=is_full))
    # Translators: in a form, at most 100 characters.
    hint = _("Shown on the card and in Discord's audit log. If you leave it empty, the rule is shown.")
    if case.needs_ground:
        made.add_item(rule_menu(rules))
        # Translators: in a form, at most 100 characters.
        hint = _("For the card and Discord's audit log. If you choose no rule, the member reads it, too.")
    # Translators: in a form, at most 45 characters.
    made.add_item(discord.ui.Label(text=_("Reason, or the note"), description=hint, component=reason_field()))
    return made


def read_act_form(sent: SubmittedForm) -> ActForm:
    """Read the submitted form.

    Raises:
        BadForm: it doesn't match any of our forms.
    """
    if sent.values.get(_CHOICE) not in set(Choice):
        raise BadForm(_CHOICE)
    return ActForm(
        guild_id=sent.number("guild"),
        number=sent.number("number"),
        choice=Choice(sent.values[_CHOICE]),
        length=read_length(sent),
        may_replace=_read_replacing(sent),
        reason=sent.values.get(REASON, "").strip(),
    )


def _about_running(running: datetime, *, says_when: bool) -> discord.ui.Label[Any]:
    options = [
        discord.RadioGroupOption(label=_("Keep the longer one"), value=_KEEP, default=True),
        discord.RadioGroupOption(
            label=_("Replace it"),
            value=f"{_REPLACE}{int(running.timestamp())}",
            description=_("Even if the new one is shorter"),
        ),
    ]
    group = discord.ui.RadioGroup[Any](custom_id=_RUNNING, options=options, required=False)
    hint = _(_FOR_TIMEOUTS)
    if says_when:
        # Translators: in a form, at most 80 characters.
        hint = _("Only for a timeout. It ends {moment} UTC", moment=f"{running.astimezone(UTC):%Y-%m-%d %H:%M}")
    # Translators: in a form, at most 45 characters.
    return discord.ui.Label(text=_("The timeout in force"), description=hint, component=group)


def _read_replacing(sent: SubmittedForm) -> datetime | None:
    """The end of the timeout to replace, as the form showed it."""
    chosen = sent.values.get(_RUNNING) or _KEEP
    if chosen == _KEEP:
        return None
    seconds = chosen.removeprefix(_REPLACE)
    if not chosen.startswith(_REPLACE) or not (seconds.isascii() and seconds.isdecimal()) or len(seconds) > _DIGITS:
        raise BadForm(_RUNNING)
    return datetime.fromtimestamp(int(seconds), tz=UTC)


def length_menu(*, required: bool = True) -> discord.ui.Select[Any]:
    """The menu for the length of a timeout."""
    options = [
        discord.SelectOption(
            label=length(timedelta(seconds=seconds)), value=str(seconds), default=seconds == USUAL_LENGTH
        )
        for seconds in LENGTHS
    ]
    return discord.ui.Select(custom_id=_LENGTH, options=options, required=required)


def read_length(sent: SubmittedForm) -> timedelta:
    """The length chosen in that menu; the default if none was.

    Raises:
        BadForm: a length that is not in the menu.
    """
    offered = {str(seconds): seconds for seconds in LENGTHS}
    chosen = sent.values.get(_LENGTH, str(USUAL_LENGTH))
    if chosen not in offered:
        raise BadForm(_LENGTH)
    return timedelta(seconds=offered[chosen])


def reason_field() -> discord.ui.TextInput[Any]:
    """The field for the reason, which may stay empty."""
    return discord.ui.TextInput(
        custom_id=REASON, style=discord.TextStyle.paragraph, max_length=MAX_REASON, required=False
    )


def _known(case: Case, reader_id: int, now: datetime) -> str:
    """What a moderator should know before acting: the case is decided, or somebody else is handling it."""
    decision, claim = case.decision, case.claim
    if decision is not None:
        reopen = _("Reopen the case before you act.") if decision.state in WITHOUT_ACTION else ""
        return f"{who_decided(decision)} {reopen}".strip()
    if claim is not None and claim.moderator_id != reader_id and claim.at > now - CLAIM_LASTS:
        moderator = f"<@{claim.moderator_id}>"
        return _("{member} opened this form {when} and may be acting now.", member=moderator, when=at(claim.at, "R"))
    return ""


def _lack(choice: Choice, has: discord.Permissions) -> str:
    if choice.value not in set(ActionKind):
        return ""
    permission, label = NEEDED.get(ActionKind(choice.value), ("", ""))
    if not permission or getattr(has, permission):
        return ""
    # Translators: in a form, at most 100 characters.
    return _("Needs {permission}, which you do not have", permission=_(label))
