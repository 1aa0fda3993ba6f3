"""Replies to members about their appeals, and the forms that they fill in."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import discord

from bot.cogs.appeals.buttons import MemberButton, MemberClick, MemberVerb
from bot.cogs.appeals.member_words import action_in_brief, how_it_stands
from bot.cogs.cards.found_how import rule_of, title_of
from bot.cogs.interactions.forms import Field, fields_form
from bot.cogs.interactions.quoting import as_quote, on_one_line
from bot.cogs.interactions.reply import Reply
from bot.cogs.interactions.wording import at, name
from bot.languages.translation import _, marked, ngettext
from bot.moderation.appeals.appeal import MAX_ANSWER, OUR_QUESTIONS, Appeal, AppealState
from bot.moderation.appeals.eligibility import MayAppeal, Waiting
from bot.moderation.appeals.submission import CHANGED_SINCE, Standing, digest_of
from bot.moderation.cases.action import ActionState
from bot.moderation.cases.case import Case
from bot.moderation.members.record import RecordEntry

LISTED = 10
BUTTONS = 5
REASON_LIMIT = 1_000
HINT_LIMIT = 400
CHOICE_LIMIT = 100  #: Discord's limit for choices

NO_SUCH_CASE = marked("You have no case with that number.")
NOT_ASKED = marked("There is no open question about this appeal. /appeal shows where it stands.")
_NO_CASES = marked("You have nothing to appeal.")
_NO_CASES_HERE = marked("You have nothing to appeal in this server.")

_TO_MEMBER = {
    AppealState.OPEN: marked("Your appeal is waiting for a reviewer."),
    AppealState.ASKED: marked("A reviewer has a question about your appeal."),
    AppealState.UPHELD: marked("Your appeal was decided: the decision was kept."),
    AppealState.OVERTURNED: marked("Your appeal was decided: the decision was reversed."),
}
_SHOWN_ACTIONS = frozenset(
    {ActionState.DONE, ActionState.ENDED, ActionState.UNDONE, ActionState.CHANGED, ActionState.UNCERTAIN}
)


def appeal_form(standing: Standing, attempt: int) -> discord.ui.Modal:
    """The form with the server's questions."""
    case = standing.case
    digest = digest_of(standing.questions)
    return fields_form(
        # Translators: the title of a form, at most 35 characters, because numbers can be long.
        _("Appeal in case {number}", number=case.number),
        f"bylaw:appealed:{case.guild_id}:{case.number}:{attempt}:{digest}",
        [
            Field(name=shown_question(question), limit=MAX_ANSWER, required=number == 0)
            for number, question in enumerate(standing.questions)
        ],
    )


def answer_form(appeal: Appeal) -> discord.ui.Modal:
    """The form to answer a reviewer's question; the question is in the message above it."""
    key = appeal.key
    return fields_form(
        _("Appeal in case {number}", number=key.case_number),
        f"bylaw:answered:{key.guild_id}:{key.case_number}:{key.attempt}",
        # Translators: above the field of a form, at most 45 characters.
        [Field(name=_("Your answer"), limit=MAX_ANSWER)],
    )


def of_standing(standing: Standing) -> Reply:
    """The state of a case, with a button if there is something to do."""
    number, may = standing.case.number, standing.may
    if isinstance(may, MayAppeal):
        return Reply(text=_("You can appeal case {number}.", number=number), buttons=(_appeal_button(standing.case),))
    if isinstance(may, Waiting):
        return _waiting(may.appeal)
    lines = [_(may.why)]
    if may.until is not None:
        lines[0] += " " + _("You can appeal again from {moment}.", moment=at(may.until))
    if may.last is not None:
        lines.append(_past(may.last))
    if standing.hint:
        lines.append(f"-# {on_one_line(standing.hint, HINT_LIMIT)}")
    return Reply(text="\n".join(lines))


def list_of(
    found: Sequence[tuple[RecordEntry, Standing | None]],
    server_name: Callable[[int], str],
    *,
    here: int | None,
    older: int = 0,
) -> Reply:
    """A member's cases, each with its state, and buttons for the first that can be appealed.

    Args:
        here: the server that the member asks in; None in a direct message.
        older: how many more there are.
    """
    if not found:
        return Reply(text=_(_NO_CASES if here is None else _NO_CASES_HERE))
    lines: list[str] = []
    buttons: list[MemberButton] = []
    for entry, standing in found:
        server = "" if here else f"{name(server_name(entry.case.guild_id))} · "
        lines.append(f"- {server}{described(entry)}\n  -# {_briefly(standing)}")
        if standing and isinstance(standing.may, MayAppeal) and len(buttons) < BUTTONS:
            where = "" if here else f" · {server_name(entry.case.guild_id)[:30]}"
            # Translators: a button; the name of a server may follow: at most 40 characters.
            label = _("Appeal case {number}", number=entry.case.number)
            buttons.append(_appeal_button(entry.case, label=f"{label}{where}"))
    if older:
        more = ngettext(
            "-# and {n} older one: type /appeal and choose a case",
            "-# and {n} older ones: type /appeal and choose a case",
            older,
        )
        lines.append(more)
    return Reply(text="\n".join([f"**{_('Your cases')}**", *lines]), buttons=tuple(buttons))


def described(entry: RecordEntry) -> str:
    """A case as its member may see it: number, time, rule, decision and actions."""
    case = entry.case
    rules = ", ".join(rule_of(case, each) for each in case.rules[:2])
    done = ", ".join(action_in_brief(action) for action in entry.actions if action.state in _SHOWN_ACTIONS)
    parts = [_("Case {number}", number=case.number), at(case.opened_at), rules, how_it_stands(case), done]
    return " · ".join(part for part in parts if part)


def choice_name(entry: RecordEntry, server: str) -> str:
    """A case as a choice in a list, without markup."""
    case = entry.case
    rules = " ".join(f"{each.id} {title_of(case, each)}" for each in case.rules[:1])
    parts = [_("Case {number}", number=case.number), f"{case.opened_at:%Y-%m-%d}", rules, server]
    return " · ".join(" ".join(part.split()) for part in parts if part)[:CHOICE_LIMIT]


def outcome_words(appeal: Appeal) -> str:
    """The state of an appeal as a sentence to its member."""
    return _(_TO_MEMBER[appeal.state])


def not_sent(why: str) -> str:
    """Says that the member's text wasn't sent, and why."""
    return f"**{_('Not sent.')}** {why}"


def shown_question(question: str) -> str:
    """A question of the form: the server's own unchanged, ours in the current language."""
    return _(question) if question in (*OUR_QUESTIONS, CHANGED_SINCE) else question


def _briefly(standing: Standing | None) -> str:
    if standing is None or isinstance(standing.may, MayAppeal):
        return _("You can appeal.")
    if isinstance(standing.may, Waiting):
        return outcome_words(standing.may.appeal)
    last = f" {outcome_words(standing.may.last)}" if standing.may.last else ""
    return f"{_(standing.may.why)}{last}"


def _waiting(appeal: Appeal) -> Reply:
    head = " ".join([outcome_words(appeal), _("Waiting since {moment}.", moment=at(appeal.waiting_since))])
    asked = appeal.newest_question
    if asked is None:
        return Reply(text=head)
    key = appeal.key
    click = MemberClick(verb=MemberVerb.ANSWER, guild_id=key.guild_id, number=key.case_number, attempt=key.attempt)
    return Reply(text=f"{head}\n{as_quote(asked.question or '', REASON_LIMIT).text}", buttons=(MemberButton(click),))


def _past(appeal: Appeal) -> str:
    lines = [outcome_words(appeal)]
    if appeal.review and appeal.review.reason:
        lines.append(as_quote(appeal.review.reason, REASON_LIMIT).text)
    return "\n".join(lines)


def _appeal_button(case: Case, *, label: str = "") -> MemberButton:
    return MemberButton(MemberClick(verb=MemberVerb.APPEAL, guild_id=case.guild_id, number=case.number), label=label)
