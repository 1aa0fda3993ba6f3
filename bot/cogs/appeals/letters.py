"""Renders direct messages to members. Pure, and within Discord's limits for any input."""

from __future__ import annotations

import discord

from bot.cogs.appeals.buttons import MemberButton, MemberClick, MemberVerb
from bot.cogs.appeals.member_words import action_name, done_to_you, how_decided, stays
from bot.cogs.interactions.quoting import as_quote, on_one_line
from bot.cogs.interactions.wording import NAME_LIMIT, at, rule
from bot.languages.translation import _, marked, ngettext
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

_OUR_OPENING = marked("This is a message from the moderators about something that you wrote.")


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
    opening = as_quote(notice.opening, OPENING_LIMIT).text if notice.opening else _(_OUR_OPENING)
    parts = [opening, _("**What was done:** {what}", what=done_to_you(notice.action))]
    if notice.action.new.undoes is None:
        how = _("**How it was decided:** {how}", how=how_decided(notice.case, notice.action))
        deleted = notice.action.new.kind is ActionKind.DELETE and notice.action.state is ActionState.DONE
        parts += [_why(notice.case, notice.rules, notice.other_reason), _message(notice.case, deleted=deleted), how]
    return [*(part for part in parts if part), _foot(notice)]


def _why(case: Case, rules: tuple[Rule, ...], other_reason: str = "") -> str:
    source = case.source
    broken = rules or tuple(Rule(id=each.id, title=each.title) for each in case.rules)
    if not broken or (case.kind is CaseKind.AUTOMOD and source is case.judged):
        reason = on_one_line(other_reason, REASON_LIMIT)
        return _("**Why:** {reason}", reason=reason) if reason else _("**Why:** the moderators decided so.")
    lines = [_("**Why:** this rule of the server"), *map(_rule, broken[:RULES_SHOWN])]
    if len(broken) > RULES_SHOWN:
        lines.append(ngettext("and {n} more rule", "and {n} more rules", len(broken) - RULES_SHOWN))
    version = _("version {number}", number=source.version_number)
    return "\n".join([*lines, f"-# {on_one_line(source.policy_name, NAME_LIMIT)}, {version}"])


def _rule(broken: Rule) -> str:
    lines = [f"**{rule(broken.id, broken.title)}**"]
    if broken.breaks_it:
        lines.append("> " + _("Breaks it: {text}", text=on_one_line(broken.breaks_it, RULE_LIMIT)))
    if broken.does_not:
        lines.append("> " + _("Does not break it: {text}", text=on_one_line(broken.does_not, RULE_LIMIT)))
    return "\n".join(lines)


def _message(case: Case, *, deleted: bool = False) -> str:
    evidence = case.evidence
    if not evidence.channel_id:
        return ""  # an action by hand in Discord isn't about a message
    channel = f"<#{evidence.channel_id}>"
    lines = [_("**Your message** from {moment} in {channel}", moment=at(evidence.posted_at), channel=channel)]
    if evidence.text:
        shown = as_quote(evidence.text, QUOTE_LIMIT)
        lines.append(shown.text + ("\n-# " + _("… and more") if shown.left_out else ""))
    if not evidence.gone and not deleted:
        link = jump_link(case.guild_id, evidence.channel_id, evidence.message_id)
        lines.append("-# " + _("[Open the message]({link})", link=link))
    return "\n".join(lines)


def _foot(notice: Notice) -> str:
    lines = [_("Case {number}", number=notice.case.number)]
    if notice.moderator_id is not None:
        lines[0] += " · " + _("Moderator: {moderator}", moderator=f"<@{notice.moderator_id}>")
    if notice.receipt:
        lines.append(_("Receipt for the verdict: `{code}`", code=notice.receipt))
    if notice.can_appeal:
        lines.append(_("Think this is a mistake? Press **Appeal** or use /appeal. A moderator decides."))
    elif notice.appeal_hint:
        hint = on_one_line(notice.appeal_hint, HINT_LIMIT)
        lines.append(_("Think this is a mistake? {hint}", hint=hint))
    elif notice.action.new.undoes is None:
        lines.append(_("Think this is a mistake? Message the server's moderators."))
    return "\n".join(f"-# {line}" for line in lines)


def _question(question: Question) -> list[str]:
    return [
        _("**A question about your appeal** in case {number}:", number=question.key.case_number),
        as_quote(question.text, WORDS_LIMIT).text,
        "-# " + _("Your answer goes to the server's moderators. They decide once you have answered."),
    ]


def _outcome(outcome: Outcome) -> list[str]:
    overturned = outcome.state is AppealState.OVERTURNED
    head = _("**Your appeal in case {number} was decided.**", number=outcome.key.case_number)
    parts = [
        f"{head} " + (_("The decision was wrong and was reversed.") if overturned else _("The decision was kept.")),
        as_quote(outcome.reason, WORDS_LIMIT).text if outcome.reason else "",
    ]
    lines = [_("Undone: {action}", action=action_name(action)) for action in outcome.taken_back[:5]]
    lines += [_("Not undone: {what}", what=stays(action)) for action in outcome.not_taken_back[:5]]
    if outcome.timed_out_until is not None:
        until = at(outcome.timed_out_until)
        lines.append(_("You stay timed out until {moment}, for a reason other than this case", moment=until))
    parts.append("\n".join(f"- {line}" for line in lines))
    by = f": <@{outcome.reviewer_id}>" if outcome.reviewer_id is not None else ""
    parts.append("\n".join(f"-# {line}" for line in [_("Decided by a person") + by, *_again(outcome)]))
    return [part for part in parts if part]


def _again(outcome: Outcome) -> list[str]:
    """How the member can appeal again after the decision was kept."""
    match outcome.again:
        case MayAppeal():
            return [_("You can appeal once more with /appeal.")]
        case NoAppeal(until=until) if until is not None:
            return [_("You can appeal once more with /appeal from {moment}.", moment=at(until))]
        case NoAppeal(why=why):
            return [_(why)]
    return []


def _report_outcome(outcome: ReportOutcome) -> list[str]:
    moment = at(outcome.reported_at)
    if outcome.acted:
        told = _("**Your report** from {moment}: a moderator reviewed it and took action.", moment=moment)
    else:
        told = _("**Your report** from {moment}: a moderator reviewed it and took no action with Bylaw.", moment=moment)
    foot = _("You asked to be told. This is the only message about it, and it says nothing about anybody else.")
    return [f"{told} {_('Thank you for reporting.')}", f"-# {foot}"]


def _edit_request(request: EditRequest) -> list[str]:
    head = _(
        "**You can still fix this.** Edit your message by {time} ({from_now}) so that it no longer breaks the rule, "
        "and nothing else happens.",
        time=at(request.until, "t"),
        from_now=at(request.until, "R"),
    )
    foot = _(
        "Case {number}. An automated system found this, and nobody has decided anything yet. Your edit is checked at "
        "once. Moderators can see your message and may decide before you edit it. If you delete it or leave it as it "
        "is, they decide.",
        number=request.case.number,
    )
    return [head, _why(request.case, request.rules), _message(request.case), f"-# {foot}"]


def _appeal_button(notice: Notice) -> MemberButton | None:
    if not notice.can_appeal:
        return None
    return MemberButton(MemberClick(verb=MemberVerb.APPEAL, guild_id=notice.case.guild_id, number=notice.case.number))


def _answer_button(question: Question) -> MemberButton:
    key = question.key
    return MemberButton(
        MemberClick(verb=MemberVerb.ANSWER, guild_id=key.guild_id, number=key.case_number, attempt=key.attempt)
    )
