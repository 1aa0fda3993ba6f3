"""What members are told about their appeals, and the forms that they fill in."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import discord

from bot.cogs.appeals.buttons import MemberButton, MemberClick, MemberVerb
from bot.cogs.interactions.action_words import briefly
from bot.cogs.interactions.forms import Field, fields_form
from bot.cogs.interactions.quoting import as_quote, on_one_line
from bot.cogs.interactions.reply import Reply
from bot.cogs.interactions.wording import at, name, rule, state
from bot.moderation.appeals.appeal import MAX_ANSWER, Appeal, AppealState
from bot.moderation.appeals.eligibility import MayAppeal, Waiting
from bot.moderation.appeals.submission import Standing, digest_of
from bot.moderation.cases.action import ActionState
from bot.moderation.cases.case import Case
from bot.moderation.members.record import RecordEntry

LISTED = 10
BUTTONS = 5
REASON_LIMIT = 1_000
HINT_LIMIT = 400
CHOICE_LIMIT = 100  #: Discord's, for what a list offers

NO_SUCH_CASE = "You have no such case."
NOT_ASKED = "Nothing is asked of you about this appeal any more. /appeal shows how it stands."
_NO_CASES = "There is nothing that you could appeal."
_NO_CASES_HERE = f"{_NO_CASES[:-1]} in this server."

_TO_MEMBER = {
    AppealState.OPEN: "Your appeal waits for a reviewer",
    AppealState.ASKED: "A reviewer has a question about your appeal",
    AppealState.UPHELD: "Your appeal was decided: the decision was kept",
    AppealState.OVERTURNED: "Your appeal was decided: the decision was reversed",
}
_SHOWN_ACTIONS = frozenset(
    {ActionState.DONE, ActionState.ENDED, ActionState.UNDONE, ActionState.CHANGED, ActionState.UNCERTAIN}
)


def appeal_form(standing: Standing, attempt: int) -> discord.ui.Modal:
    """The server's questions."""
    case = standing.case
    digest = digest_of(standing.questions)
    return fields_form(
        f"Appeal in case {case.number}",
        f"bylaw:appealed:{case.guild_id}:{case.number}:{attempt}:{digest}",
        [
            Field(name=question, limit=MAX_ANSWER, required=number == 0)
            for number, question in enumerate(standing.questions)
        ],
    )


def answer_form(appeal: Appeal) -> discord.ui.Modal:
    """The field for the answer to a reviewer's question; the question stands in the message above it."""
    key = appeal.key
    return fields_form(
        f"Appeal in case {key.case_number}",
        f"bylaw:answered:{key.guild_id}:{key.case_number}:{key.attempt}",
        [Field(name="Your answer", limit=MAX_ANSWER)],
    )


def of_standing(standing: Standing) -> Reply:
    """How it stands with a case; with a button where there is something to do."""
    number, may = standing.case.number, standing.may
    if isinstance(may, MayAppeal):
        return Reply(text=f"You may appeal case {number}.", buttons=(_appeal_button(standing.case),))
    if isinstance(may, Waiting):
        return _waiting(may.appeal)
    lines = [may.why]
    if may.until is not None:
        lines[0] += f" That is from {at(may.until)} on."
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
    """A member's cases, each with how it stands, and buttons for the first that can be appealed.

    Args:
        here: the server that the member asks in; None in a direct message.
        older: how many more there are.
    """
    if not found:
        return Reply(text=_NO_CASES if here is None else _NO_CASES_HERE)
    lines: list[str] = []
    buttons: list[MemberButton] = []
    for entry, standing in found:
        server = "" if here else f"{name(server_name(entry.case.guild_id))}, "
        lines.append(f"- {server}case {entry.case.number}, {described(entry)}\n  -# {_briefly(standing)}")
        if standing and isinstance(standing.may, MayAppeal) and len(buttons) < BUTTONS:
            where = "" if here else f", {server_name(entry.case.guild_id)[:30]}"
            buttons.append(_appeal_button(entry.case, label=f"Appeal case {entry.case.number}{where}"))
    if older:
        lines.append(f"-# and {older} older ones: type /appeal and choose a case")
    return Reply(text="\n".join(["**Your cases**", *lines]), buttons=tuple(buttons))


def described(entry: RecordEntry) -> str:
    """A case as its member may see it: when, which rule, what was decided and done."""
    case = entry.case
    rules = ", ".join(rule(each.id, each.title) for each in case.rules[:2])
    done = ", ".join(briefly(action) for action in entry.actions if action.state in _SHOWN_ACTIONS)
    parts = [at(case.opened_at), rules, f"decided: {state(case.state)}" if case.decision else "not decided", done]
    return "; ".join(part for part in parts if part)


def choice_name(entry: RecordEntry, server: str) -> str:
    """A case as a choice in a list, which knows no markup."""
    case = entry.case
    rules = " ".join(f"{each.id} {each.title}" for each in case.rules[:1])
    parts = [f"Case {case.number}", f"{case.opened_at:%Y-%m-%d}", rules, server]
    return " · ".join(" ".join(part.split()) for part in parts if part)[:CHOICE_LIMIT]


def outcome_words(appeal: Appeal) -> str:
    """The state of an appeal in words to its member."""
    return _TO_MEMBER[appeal.state]


def _briefly(standing: Standing | None) -> str:
    if standing is None or isinstance(standing.may, MayAppeal):
        return "You may appeal."
    if isinstance(standing.may, Waiting):
        return f"{_TO_MEMBER[standing.may.appeal.state]}."
    last = f" {_TO_MEMBER[standing.may.last.state]}." if standing.may.last else ""
    return f"{standing.may.why}{last}"


def _waiting(appeal: Appeal) -> Reply:
    head = f"{_TO_MEMBER[appeal.state]}, since {at(appeal.waiting_since)}."
    asked = appeal.newest_question
    if asked is None:
        return Reply(text=head)
    key = appeal.key
    click = MemberClick(verb=MemberVerb.ANSWER, guild_id=key.guild_id, number=key.case_number, attempt=key.attempt)
    return Reply(text=f"{head}\n{as_quote(asked.question or '', REASON_LIMIT).text}", buttons=(MemberButton(click),))


def _past(appeal: Appeal) -> str:
    lines = [f"{_TO_MEMBER[appeal.state]}."]
    if appeal.review and appeal.review.reason:
        lines.append(as_quote(appeal.review.reason, REASON_LIMIT).text)
    return "\n".join(lines)


def _appeal_button(case: Case, *, label: str = "") -> MemberButton:
    return MemberButton(MemberClick(verb=MemberVerb.APPEAL, guild_id=case.guild_id, number=case.number), label=label)
