"""What members read in direct messages. Rendering is pure, and stays within Discord's limits whatever anybody wrote."""

from __future__ import annotations

import discord

from bot.cogs.appeals.buttons import MemberButton, MemberClick, MemberVerb
from bot.cogs.appeals.words import done_to_you, how_decided, stays
from bot.cogs.interactions.action_words import noun
from bot.cogs.interactions.quoting import as_quote, on_one_line
from bot.cogs.interactions.wording import NAME_LIMIT, at, how_many, rule
from bot.moderation.appeals.appeal import AppealState
from bot.moderation.appeals.direct_messages import (
    DirectMessage,
    EditRequest,
    Notice,
    Outcome,
    Question,
    ReportOutcome,
)
from bot.moderation.appeals.eligibility import MayAppeal, NoAppeal
from bot.moderation.cases.action import ActionKind, ActionState
from bot.moderation.cases.case import Case, CaseKind
from bot.moderation.messages.message_seen import jump_link
from guild_policies.policy import Rule

OPENING_LIMIT = 700
RULE_LIMIT = 350
REASON_LIMIT = 700
RULES_SHOWN = 2
QUOTE_LIMIT = 400
WORDS_LIMIT = 1_200
HINT_LIMIT = 300

_OUR_OPENING = "This is a message from the moderators, about something that you wrote."
_MISTAKE = "Think this is a mistake?"


def render_letter(letter: DirectMessage, server: str) -> discord.ui.LayoutView:
    """A letter to a member.

    Args:
        server: the server's name, as its admins wrote it.
    """
    match letter:
        case Notice():
            parts, button = _notice(letter), _appeal_button(letter)
        case Question():
            parts, button = _question(letter), _answer_button(letter)
        case Outcome():
            parts, button = _outcome(letter), None
        case ReportOutcome():
            parts, button = _report_outcome(letter), None
        case EditRequest():
            parts, button = _edit_request(letter), None
    shown: list[discord.ui.Item[discord.ui.LayoutView]] = [
        discord.ui.TextDisplay(f"### {on_one_line(server, NAME_LIMIT)}"),
        *(discord.ui.TextDisplay(part) for part in parts),
    ]
    if button is not None:
        row = discord.ui.ActionRow[discord.ui.LayoutView]()
        row.add_item(button)
        shown.append(row)
    view = discord.ui.LayoutView(timeout=None)
    view.add_item(discord.ui.Container(*shown))
    view.stop()  # the button is found by its custom_id
    return view


def _notice(notice: Notice) -> list[str]:
    opening = as_quote(notice.opening, OPENING_LIMIT).text if notice.opening else _OUR_OPENING
    parts = [opening, f"**What was done:** {done_to_you(notice.action)}"]
    if notice.action.new.undoes is None:
        how = f"**How it was decided:** {how_decided(notice.case, notice.action)}"
        deleted = notice.action.new.kind is ActionKind.DELETE and notice.action.state is ActionState.DONE
        parts += [_why(notice.case, notice.rules, notice.other_reason), _message(notice.case, deleted=deleted), how]
    return [*(part for part in parts if part), _foot(notice)]


def _why(case: Case, rules: tuple[Rule, ...], other_reason: str = "") -> str:
    source = case.source
    broken = rules or tuple(Rule(id=each.id, title=each.title) for each in case.rules)
    if not broken or (case.kind is CaseKind.AUTOMOD and source is case.judged):
        return f"**Why:** {on_one_line(other_reason, REASON_LIMIT) or 'a decision of the moderators'}"
    lines = ["**Why:** this rule of the server", *map(_rule, broken[:RULES_SHOWN])]
    if len(broken) > RULES_SHOWN:
        lines.append(f"and {how_many(len(broken) - RULES_SHOWN, 'more rule', 'more rules')}")
    return "\n".join([*lines, f"-# {on_one_line(source.policy_name, NAME_LIMIT)}, version {source.version_number}"])


def _rule(broken: Rule) -> str:
    lines = [f"**{rule(broken.id, broken.title)}**"]
    if broken.breaks_it:
        lines.append(f"> Breaks it: {on_one_line(broken.breaks_it, RULE_LIMIT)}")
    if broken.does_not:
        lines.append(f"> Does not: {on_one_line(broken.does_not, RULE_LIMIT)}")
    return "\n".join(lines)


def _message(case: Case, *, deleted: bool = False) -> str:
    evidence = case.evidence
    if not evidence.channel_id:
        return ""  # what was done by hand in Discord is about no message
    lines = [f"**Your message** of {at(evidence.posted_at)} in <#{evidence.channel_id}>"]
    if evidence.text:
        shown = as_quote(evidence.text, QUOTE_LIMIT)
        lines.append(shown.text + ("\n-# … and more" if shown.left_out else ""))
    if not evidence.gone and not deleted:
        link = jump_link(case.guild_id, evidence.channel_id, evidence.message_id)
        lines.append(f"-# [Open the message]({link})")
    return "\n".join(lines)


def _foot(notice: Notice) -> str:
    by = f", by <@{notice.moderator_id}>" if notice.moderator_id is not None else ""
    lines = [f"-# Case {notice.case.number}{by}"]
    if notice.receipt:
        lines.append(f"-# Receipt for the verdict: `{notice.receipt}`")
    if notice.can_appeal:
        lines.append(f"-# {_MISTAKE} Press **Appeal**, or use /appeal, and say why. A moderator decides on it.")
    elif notice.appeal_hint:
        lines.append(f"-# {_MISTAKE} {on_one_line(notice.appeal_hint, HINT_LIMIT)}")
    elif notice.action.new.undoes is None:
        lines.append(f"-# {_MISTAKE} Write to the moderators of the server.")
    return "\n".join(lines)


def _question(question: Question) -> list[str]:
    return [
        f"**A question about your appeal** in case {question.key.case_number}:",
        as_quote(question.text, WORDS_LIMIT).text,
        "-# Your answer goes to the moderators of the server. The appeal waits for it.",
    ]


def _outcome(outcome: Outcome) -> list[str]:
    overturned = outcome.state is AppealState.OVERTURNED
    head = f"**Your appeal in case {outcome.key.case_number} was decided.**"
    parts = [
        f"{head} " + ("The decision was wrong and was reversed." if overturned else "The decision was kept."),
        as_quote(outcome.reason, WORDS_LIMIT).text if outcome.reason else "",
    ]
    lines = [f"- Taken back: {noun(action)}" for action in outcome.taken_back[:5]]
    lines += [f"- Stays as it is: {stays(action)}" for action in outcome.not_taken_back[:5]]
    if outcome.timed_out_until is not None:
        lines.append(f"- You stay timed out until {at(outcome.timed_out_until)}: that is not part of this decision")
    parts.append("\n".join(lines))
    by = f", <@{outcome.reviewer_id}>" if outcome.reviewer_id is not None else ""
    parts.append("\n".join([f"-# Decided by a person{by}", *_again(outcome)]))
    return [part for part in parts if part]


def _again(outcome: Outcome) -> list[str]:
    """How the member can object to a decision that was kept."""
    match outcome.again:
        case MayAppeal():
            return ["-# You can appeal once more, with /appeal."]
        case NoAppeal(until=until) if until is not None:
            return [f"-# You can appeal once more from {at(until)} on, with /appeal."]
        case NoAppeal(why=why):
            return [f"-# {why}"]
    return []


def _report_outcome(outcome: ReportOutcome) -> list[str]:
    acted = "took action" if outcome.acted else "took no action with this bot"
    return [
        f"**Your report** of {at(outcome.reported_at)}: a moderator reviewed it and {acted}. Thank you for reporting.",
        "-# You asked to be told. This is the only message about it, and it says nothing about anybody else.",
    ]


def _edit_request(request: EditRequest) -> list[str]:
    head = (
        f"**You can still fix this.** Edit your message by {at(request.until, 't')} ({at(request.until, 'R')}) so "
        "that it no longer breaks the rule, and nothing else happens."
    )
    foot = (
        f"-# Case {request.case.number}. An automated system found this, and nobody has decided anything yet. Your "
        "edit is checked at once. Moderators can see your message and may decide before you edit it; deleting it or "
        "not editing it leaves the decision to them."
    )
    return [head, _why(request.case, request.rules), _message(request.case), foot]


def _appeal_button(notice: Notice) -> MemberButton | None:
    if not notice.can_appeal:
        return None
    return MemberButton(MemberClick(verb=MemberVerb.APPEAL, guild_id=notice.case.guild_id, number=notice.case.number))


def _answer_button(question: Question) -> MemberButton:
    key = question.key
    return MemberButton(
        MemberClick(verb=MemberVerb.ANSWER, guild_id=key.guild_id, number=key.case_number, attempt=key.attempt)
    )
