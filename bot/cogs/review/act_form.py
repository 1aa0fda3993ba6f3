"""The form behind **Act…**: what to do, for how long, and why; asked once, on one page.

A form is all that Discord takes as an answer to it, so nothing can be asked in between; what is true when it comes back
is looked at then.
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
from bot.cogs.interactions.wording import at, state, who_decided
from bot.cogs.review.ground_form import rule_menu
from bot.moderation.cases.action import MAX_REASON, ActionKind
from bot.moderation.cases.case import WITHOUT_ACTION, Case
from bot.moderation.policies.nameable_rules import NameableRule
from bot.moderation.review.decisions import CLAIM_LASTS


class Choice(StrEnum):
    """What can be chosen. The values are in forms that are open while Bylaw is restarted."""

    WARN = "warn"
    DELETE = "delete"
    TIMEOUT = "timeout"
    KICK = "kick"
    BAN = "ban"
    NOTE = "note"
    SKIP = "skip"


_LABELS = {
    Choice.WARN: ("Warn", "The member is told, nothing else happens"),
    Choice.DELETE: ("Delete the message", "Cannot be undone"),
    Choice.TIMEOUT: ("Time out", "For as long as you choose below; can be undone"),
    Choice.KICK: ("Kick", "The member may come back with an invitation"),
    Choice.BAN: ("Ban", "Deletes no messages; can be undone"),
    Choice.NOTE: ("Only a note", "For the other moderators; decides nothing"),
    Choice.SKIP: ("Skip", "Leave the case to others; decides nothing"),
}
_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400
LENGTHS = (
    ("5 minutes", 5 * _MINUTE),
    ("10 minutes", 10 * _MINUTE),
    ("30 minutes", 30 * _MINUTE),
    ("1 hour", _HOUR),
    ("6 hours", 6 * _HOUR),
    ("12 hours", 12 * _HOUR),
    ("1 day", _DAY),
    ("3 days", 3 * _DAY),
    ("7 days", 7 * _DAY),
    ("14 days", 14 * _DAY),
    ("28 days", 28 * _DAY),
)
USUAL_LENGTH = _HOUR

REASON = "reason"
_CHOICE, _LENGTH, _RUNNING = "what", "length", "running"
_KEEP, _REPLACE = "keep", "replace:"
_DIGITS = 11  #: of the seconds since 1970, for more than a thousand years
FORM = r"bylaw:act:(?P<guild>[0-9]{1,20}):(?P<number>[0-9]{1,19})"


@dataclass(frozen=True, slots=True, kw_only=True)
class ActForm:
    """The form as it was sent off."""

    guild_id: int
    number: int
    choice: Choice
    length: timedelta
    reason: str  #: or the text of a note; may be empty
    may_replace: datetime | None = None  #: the end of the timeout in force, where a longer one is to be replaced


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
        reader_id: who opens it.
        has: that person's permissions, so that the form can say what they lack.
        running: when the member's timeout ends that is in force. The form asks what becomes of it.
        rules: that can be named, where the judge named none and the case is open.
    """
    made = opened_form(f"Act on case {case.number}", f"bylaw:act:{case.guild_id}:{case.number}")
    known = [_known(case, reader_id, now), f"The member is timed out until {at(running)}." if running else ""]
    is_full = case.needs_ground and running is not None  # a form holds five parts, so the labels say it then
    if any(known) and not is_full:
        made.add_item(discord.ui.TextDisplay("\n".join(filter(None, known))))
    options = [
        discord.RadioGroupOption(label=label, value=choice.value, description=_lack(choice, has) or hint)
        for choice, (label, hint) in _LABELS.items()
    ]
    group = discord.ui.RadioGroup[Any](custom_id=_CHOICE, options=options)
    at_it = "Another moderator opened this form and may be working on it" if is_full and known[0] else None
    made.add_item(discord.ui.Label(text="What", description=at_it, component=group))
    lengths = length_menu(required=False)
    made.add_item(discord.ui.Label(text="How long", description="Only for a timeout", component=lengths))
    if running is not None:
        made.add_item(_about_running(running, says_when=is_full))
    hint = "Shown on the card and in Discord's audit log. If you leave it empty, the rule is shown."
    if case.needs_ground:
        made.add_item(rule_menu(rules))
        hint = "On the card and in Discord's audit log. If you choose no rule, the member reads it, too."
    made.add_item(discord.ui.Label(text="Reason, or the note", description=hint, component=reason_field()))
    return made


def read_act_form(sent: SubmittedForm) -> ActForm:
    """The form as it was sent off.

    Raises:
        BadForm: no form of ours looks like this.
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
        discord.RadioGroupOption(label="Keep the longer one", value=_KEEP, default=True),
        discord.RadioGroupOption(
            label="Replace it", value=f"{_REPLACE}{int(running.timestamp())}", description="Even if that is shorter"
        ),
    ]
    group = discord.ui.RadioGroup[Any](custom_id=_RUNNING, options=options, required=False)
    until = f", ends {running.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if says_when else ""
    text = "The timeout in force"
    return discord.ui.Label(text=text, description=f"Only for a timeout{until}", component=group)


def _read_replacing(sent: SubmittedForm) -> datetime | None:
    """The end of the timeout that is to be replaced, as the form showed it."""
    chosen = sent.values.get(_RUNNING) or _KEEP
    if chosen == _KEEP:
        return None
    seconds = chosen.removeprefix(_REPLACE)
    if not chosen.startswith(_REPLACE) or not (seconds.isascii() and seconds.isdecimal()) or len(seconds) > _DIGITS:
        raise BadForm(_RUNNING)
    return datetime.fromtimestamp(int(seconds), tz=UTC)


def length_menu(*, required: bool = True) -> discord.ui.Select[Any]:
    """The menu for how long somebody is timed out."""
    options = [
        discord.SelectOption(label=label, value=str(seconds), default=seconds == USUAL_LENGTH)
        for label, seconds in LENGTHS
    ]
    return discord.ui.Select(custom_id=_LENGTH, options=options, required=required)


def read_length(sent: SubmittedForm) -> timedelta:
    """What was chosen in that menu; the usual length where nothing was.

    Raises:
        BadForm: a length that is not in the menu.
    """
    offered = {str(seconds): seconds for _, seconds in LENGTHS}
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
    """What somebody who is about to act should know: that it is decided, or that somebody else is at it."""
    decision, claim = case.decision, case.claim
    if decision is not None:
        reopen = " Reopen the case before you act." if decision.state in WITHOUT_ACTION else ""
        decided = f"{who_decided(decision)} {at(decision.at, 'R')}: **{state(decision.state)}**."
        return f"{decided}{reopen}"
    if claim is not None and claim.moderator_id != reader_id and claim.at > now - CLAIM_LASTS:
        return f"<@{claim.moderator_id}> opened this form {at(claim.at, 'R')} and may be working on it."
    return ""


def _lack(choice: Choice, has: discord.Permissions) -> str:
    if choice.value not in set(ActionKind):
        return ""
    permission, label = NEEDED.get(ActionKind(choice.value), ("", ""))
    return f"Needs {label}, which you do not have" if permission and not getattr(has, permission) else ""
