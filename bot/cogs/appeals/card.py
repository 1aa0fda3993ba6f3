"""The card of an appeal: one message in the moderators' channel, edited in place for life.

Rendering is pure. Every part has its own length limit, and together they stay below Discord's 4,000 characters;
**Everything** gives the full texts as a file.
"""

from __future__ import annotations

from dataclasses import dataclass

import discord

from bot.cogs.appeals.buttons import HearingButton, HearingClick, HearingVerb
from bot.cogs.appeals.replies import shown_question
from bot.cogs.appeals.words import other_sanctions, state_of, what_stays
from bot.cogs.cards.found_how import rationale_of, source_of
from bot.cogs.interactions.action_words import NEEDED, ended, line, noun
from bot.cogs.interactions.quoting import as_quote, fenced, on_one_line, units
from bot.cogs.interactions.reply import Document
from bot.cogs.interactions.wording import at, changes_in_words, member, name, rule, score_text, state
from bot.languages.translation import _, marked, ngettext
from bot.moderation.appeals.appeal import UNDECIDED, Appeal, AppealState, Asked, FreshAnswer
from bot.moderation.appeals.eligibility import first_deciders, other_in_force, to_take_back
from bot.moderation.appeals.file import AppealFile, RuleThenAndNow
from bot.moderation.cards.face import NOT_TOLD, NoticeState
from bot.moderation.cases.action import Action
from bot.moderation.messages.message_seen import jump_link


@dataclass(frozen=True, slots=True, kw_only=True)
class AppealLimits:
    """How much the card shows of each text that others wrote, in UTF-16 units."""

    quote: int
    answers: int  #: for all of them
    rule: int
    changes: int
    why: int
    fresh: int
    action: int  #: a moderator's reason for one
    said: int  #: what Discord, or a rule of ours, said to an action
    asked: int
    reason: int
    reason_beside: int  #: if the card also says what is still in force


#: The usual limits, and smaller ones for cards that would be too long: some languages need more room than others.
LIMITS = (
    AppealLimits(
        quote=240,
        answers=540,
        rule=150,
        changes=230,
        why=180,
        fresh=110,
        action=40,
        said=200,
        asked=130,
        reason=220,
        reason_beside=70,
    ),
    AppealLimits(
        quote=110,
        answers=480,
        rule=70,
        changes=110,
        why=80,
        fresh=50,
        action=30,
        said=80,
        asked=60,
        reason=110,
        reason_beside=50,
    ),
)
TEXT_LIMIT = 4_000
FRESH_SHOWN = 2
ACTIONS_SHOWN = 2
_LEAST_ANSWER = 20  #: units of each answer that are always shown

_COLOUR_WAITING, _COLOUR_OVER = 0x4263EB, 0x4E5058
_PURGED = marked("The text was deleted: its retention time was over, or it was erased on request.")


def render_appeal(file: AppealFile) -> discord.ui.LayoutView:
    """The card of an appeal."""
    waits = file.appeal.state in UNDECIDED
    shown = (_texts(file, limits) for limits in LIMITS)
    texts = next((each for each in shown if sum(map(units, each)) <= TEXT_LIMIT), _texts(file, LIMITS[-1]))
    parts: list[discord.ui.Item[discord.ui.LayoutView]] = [discord.ui.TextDisplay(text) for text in texts]
    view = discord.ui.LayoutView(timeout=None)
    colour = _COLOUR_WAITING if waits else _COLOUR_OVER
    view.add_item(discord.ui.Container(*parts, _buttons(file.appeal), accent_colour=colour))
    view.stop()  # the buttons are found by their custom_ids
    return view


def _texts(file: AppealFile, limits: AppealLimits) -> list[str]:
    appeal = file.appeal
    texts = [_header(file), _answers(appeal, limits), _message(file, limits), _rules(file, limits)]
    texts += [_decision(file, limits), _fresh(appeal, limits), _asked(appeal, limits), _state(file, limits)]
    return [text for text in texts if text]


def everything(file: AppealFile) -> Document:
    """The full texts that the card shows in part."""
    case, appeal = file.case, file.appeal
    parts = [_("Appeal {attempt} of case {number}", attempt=appeal.key.attempt, number=appeal.key.case_number)]
    for each in appeal.answers:
        parts += [shown_question(each.question), _whole(each.text)]
    for asked in appeal.asked:
        parts += [_("Asked: {text}", text=_whole(asked.question))]
        parts += [_("Answered: {text}", text=asked.answer or _("(nothing yet, or deleted)"))]
    parts += [_("The message"), _whole(case.evidence.text)]
    for compared in file.rules:
        then = compared.then
        rule_then = _("{rule}, as it read then", rule=f"{then.id} {then.title}")
        breaks, does_not = (
            _("Breaks it: {text}", text=then.breaks_it),
            _("Does not break it: {text}", text=then.does_not),
        )
        parts.append(f"{rule_then}\n{breaks}\n{does_not}")
        since = changes_in_words(compared.changes) if compared.changes else _unchanged(file, compared)
        parts.append(f"{_('Since then:')}\n{since}")
    parts.append(f"{_('The reason of the judge then')}\n{rationale_of(case)}")
    for answer in appeal.fresh.answers if appeal.fresh else ():
        today = _("The judge today, {policy}", policy=f"{answer.policy_name} v{answer.version_number}")
        parts.append(f"{today}\n{_why_today(answer)}")
    if appeal.review and appeal.review.reason:
        parts.append(f"{_('The reason of the reviewer')}\n{appeal.review.reason}")
    return Document(name=f"appeal-case-{case.number}.txt", text="\n\n".join(parts))


def _whole(text: str | None) -> str:
    return _("(deleted)") if text is None else text


def _header(file: AppealFile) -> str:
    appeal, case = file.appeal, file.case
    number, attempt, evidence = appeal.key.case_number, appeal.key.attempt, case.evidence
    title = _("Appeal in case {number}", number=number)
    if attempt > 1:
        title = _("Appeal {attempt} in case {number}", attempt=attempt, number=number)
    link = jump_link(case.guild_id, evidence.channel_id, evidence.message_id)
    place = _("the message was deleted") if evidence.gone else _("[open the message]({link})", link=link)
    where = _("**Where:** {channel}", channel=f"<#{evidence.channel_id}>")
    who = _("**Member:** {member}", member=member(appeal.member_id))
    return "\n".join([f"### {title}", f"{who} · {at(appeal.opened_at)}", f"{where} · {place}"])


def _answers(appeal: Appeal, limits: AppealLimits) -> str:
    room = max(_LEAST_ANSWER, limits.answers // max(1, len(appeal.answers)) - 80)
    lines = []
    for each in appeal.answers:
        lines.append(f"**{on_one_line(shown_question(each.question), 70)}**")
        if each.text is None:
            lines.append(f"-# {_(_PURGED)}")
            continue
        shown = as_quote(each.text, room)
        lines.append(shown.text + (_more() if shown.left_out else ""))
    return "\n".join(lines)


def _more() -> str:
    return "\n-# " + _("… more: Everything")


def _message(file: AppealFile, limits: AppealLimits) -> str:
    text, head = file.case.evidence.text, f"**{_('The message')}**"
    if text is None:
        return f"{head}\n-# {_(_PURGED)}"
    shown = as_quote(text, limits.quote)
    return f"{head}\n{shown.text}{_more() if shown.left_out else ''}"


def _rules(file: AppealFile, limits: AppealLimits) -> str:
    case, source_then, ground = file.case, file.case.source, file.case.ground
    if not file.rules:
        source = source_of(case) if source_then is case.judged else name(source_then.policy_name)
        came = _("**The rule:** none. The case came from: {source}", source=source)
        return came if ground is None or not ground.words else f"{came}\n> {on_one_line(ground.words, limits.rule)}"
    first, *others = file.rules
    source = f"{name(source_then.policy_name)} v{source_then.version_number}"
    lines = [_("**The rule then** ({source}): {rule}", source=source, rule=rule(first.then.id, first.then.title))]
    breaks, does_not = on_one_line(first.then.breaks_it, limits.rule), on_one_line(first.then.does_not, limits.rule)
    lines += ["> " + _("Breaks it: {text}", text=breaks)] if breaks else []
    lines += ["> " + _("Does not break it: {text}", text=does_not)] if does_not else []
    lines.append(_("**The rule now:** {what}", what=_now(file, first, limits)))
    if others:
        lines.append(ngettext("-# {n} more rule: Everything", "-# {n} more rules: Everything", len(others)))
    return "\n".join(lines)


def _now(file: AppealFile, compared: RuleThenAndNow, limits: AppealLimits) -> str:
    if not compared.changes:
        return _unchanged(file, compared)
    block = fenced(changes_in_words(compared.changes), "diff")
    head = _("It reads differently in v{version}.", version=file.version_now) + _paused(file)
    return f"{head} {_('Everything shows how.')}" if units(block) > limits.changes else f"{head}\n{block}"


def _unchanged(file: AppealFile, compared: RuleThenAndNow) -> str:
    if file.version_now is None:
        return _("The policy was deleted.")
    if compared.now is None:
        return _("v{version} no longer has this rule.", version=file.version_now) + _paused(file)
    return _("The same in v{version}.", version=file.version_now) + _paused(file)


def _paused(file: AppealFile) -> str:
    return " " + _("It is paused: nothing is judged by it now.") if file.paused else ""


def _decision(file: AppealFile, limits: AppealLimits) -> str:
    case, against = file.case, file.appeal.against
    why_then = on_one_line(rationale_of(case), limits.why) or _("The judge gave no reason.")
    lines = [_("**The judge then:** {text}", text=why_then)]
    if case.judged.score is not None:
        lines.append(f"-# {score_text(case.judged.score)}")
    if against is None:
        lines.append(_("**Decided:** by nobody; Bylaw acted by itself"))
    else:
        moderator = f"<@{against.moderator_id}>"
        decided = {"state": state(against.state), "member": moderator, "moment": at(against.at)}
        lines.append(_("**Decided:** {state}, by {member} {moment}", **decided))
    shown = file.actions[-ACTIONS_SHOWN:]
    lines += [f"- {line(action, limits.action, why_limit=limits.said)}" for action in shown]
    alike = [f"{each.number} {state(each.state)}" for each in file.precedents]
    lines += ["-# " + _("Similar cases: {cases}", cases=", ".join(alike))] if alike else []
    if len(file.actions) > len(shown):
        left_out = len(file.actions) - len(shown)
        lines.append(ngettext("-# {n} earlier action: see the case", "-# {n} earlier actions: see the case", left_out))
    return "\n".join(lines)


def _fresh(appeal: Appeal, limits: AppealLimits) -> str:
    fresh = appeal.fresh
    if fresh is None:
        return "" if appeal.state not in UNDECIDED else _("**The judge today:** no answer yet")
    if fresh.why_not:
        return _("**The judge today:** {text}", text=on_one_line(_(fresh.why_not), limits.why))
    lines = [_fresh_line(answer, limits) for answer in fresh.answers[:FRESH_SHOWN]]
    if len(fresh.answers) > FRESH_SHOWN:
        left_out = len(fresh.answers) - FRESH_SHOWN
        lines.append(ngettext("-# {n} more policy: Everything", "-# {n} more policies: Everything", left_out))
    return "\n".join([*lines, "-# " + _("This decides nothing. You do.")])


def _fresh_line(answer: FreshAnswer, limits: AppealLimits) -> str:
    head = _("**The judge today** ({policy}):", policy=f"{name(answer.policy_name)} v{answer.version_number}")
    why = on_one_line(_why_today(answer), limits.fresh)
    if answer.violation is None:
        return f"{head} ⚪ {_('No verdict.')} {why}"
    sure = "" if answer.score is None else f" · {score_text(answer.score)}"
    if not answer.violation:
        return f"{head} 🟢 {_('No violation')}{sure} · {why}".rstrip(" ·")
    broken = _("Breaks {rules}", rules=on_one_line(", ".join(answer.rule_ids), 40))
    return f"{head} 🔴 {broken}{sure} · {why}".rstrip(" ·")


def _why_today(answer: FreshAnswer) -> str:
    """The judge's own reason; or ours why there is no verdict, which is kept in English."""
    return answer.rationale if answer.violation is not None else _(answer.rationale)


def _asked(appeal: Appeal, limits: AppealLimits) -> str:
    if not appeal.asked:
        return ""
    if appeal.state not in UNDECIDED:  # the outcome needs the room
        count = len(appeal.asked)
        return ngettext("-# {n} question was asked: Everything", "-# {n} questions were asked: Everything", count)
    newest = appeal.asked[-1]
    asked = {"member": f"<@{newest.by}>", "moment": at(newest.at), "text": _words(newest.question, limits)}
    lines = [_("**Asked** by {member} {moment}: {text}", **asked), _answered(appeal, newest, limits)]
    if len(appeal.asked) > 1:
        left_out = len(appeal.asked) - 1
        lines.append(ngettext("-# {n} earlier question: Everything", "-# {n} earlier questions: Everything", left_out))
    return "\n".join(lines)


def _answered(appeal: Appeal, asked: Asked, limits: AppealLimits) -> str:
    if asked.answered_at is not None:
        return _("**Answered** {moment}: {text}", moment=at(asked.answered_at), text=_words(asked.answer, limits))
    if appeal.asking_reached in NOT_TOLD:
        return f"-# {_(NOT_TOLD[appeal.asking_reached])} {_('They can find the question with /appeal.')}"
    return "-# " + _("The member has not answered.")


def _words(text: str | None, limits: AppealLimits) -> str:
    return _("(text deleted)") if text is None else on_one_line(text, limits.asked)


def _state(file: AppealFile, limits: AppealLimits) -> str:
    appeal, review = file.appeal, file.appeal.review
    if review is None:
        since = at(appeal.waiting_since, "R")
        return _("**State:** {state}, since {when}", state=state_of(appeal.state), when=since)
    reviewer = f"<@{review.reviewer_id}>"
    decided = {"state": state_of(appeal.state), "member": reviewer, "moment": at(review.at)}
    lines = [_("**State:** {state}, decided by {member} {moment}", **decided)]
    if review.reviewer_id in _first(file):
        same = _("The same moderator as before: nobody else came in time, or the server does not require another one.")
        lines.append(f"-# {same}")
    if appeal.state is AppealState.OVERTURNED:
        stays = what_stays(file.actions, limits.said, now=review.at)
        lines += ["-# " + ended(_("Not undone: {what}", what=each)) for each in stays[:ACTIONS_SHOWN]]
        if len(stays) > ACTIONS_SHOWN:
            left_out = len(stays) - ACTIONS_SHOWN
            lines.append(
                ngettext("-# {n} more action stays: see the case", "-# {n} more actions stay: see the case", left_out)
            )
    in_force = _still_in_force(file)
    if review.reason:
        limit = limits.reason_beside if in_force else limits.reason
        lines.append(_("**Reason:** {text}", text=on_one_line(review.reason, limit)))
    lines += in_force
    if appeal.told in NOT_TOLD:
        lines.append(f"-# ⚠️ {_(NOT_TOLD[appeal.told])} {_('They can find the outcome with /appeal.')}")
    elif appeal.told is NoticeState.DELIVERED:
        lines.append("-# " + _("The member was told."))
    return "\n".join(lines)


def _still_in_force(file: AppealFile) -> list[str]:
    """The actions that weren't undone although the decision was reversed, and who can undo them."""
    if file.appeal.state is not AppealState.OVERTURNED or file.appeal.review is None:
        return []
    now = file.appeal.review.at
    found = {
        action.new.kind: action
        for action in to_take_back(file.actions, now=now)
        if other_in_force(action, file.actions) is None
    }
    named = [*map(_liftable, found.values()), *other_sanctions(file.actions, now=now)[-1:]]
    return [_("⚠️ **Still in force:** {what}", what=each) for each in named]


def _liftable(action: Action) -> str:
    permission = _(NEEDED[action.new.kind][1])
    if action.end is None:
        return _("{action} (to lift it: {permission})", action=noun(action), permission=permission)
    return _(
        "{action}, until {moment} (to lift it: {permission})",
        action=noun(action),
        moment=at(action.end),
        permission=permission,
    )


def _first(file: AppealFile) -> frozenset[int]:
    """Who decided or acted before the appeal: the case's current decision may be the reviewer's own."""
    appeal, case = file.appeal, file.case
    overruled = appeal.review is not None and case.decision is not None and case.decision.at >= appeal.review.at
    return first_deciders(appeal, None if overruled else case, file.actions)


def _buttons(appeal: Appeal) -> discord.ui.ActionRow[discord.ui.LayoutView]:
    row = discord.ui.ActionRow[discord.ui.LayoutView]()
    for verb in HearingVerb:
        over = appeal.state not in UNDECIDED and verb is not HearingVerb.EVERYTHING
        row.add_item(HearingButton(HearingClick(verb=verb, key=appeal.key), disabled=over))
    return row
