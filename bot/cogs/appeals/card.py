"""The card of an appeal: one message in the moderators' channel, edited in place for life.

Rendering is pure. Every part has a length of its own, and together they stay below Discord's 4,000 characters;
**Everything** gives the whole texts as a file.
"""

from __future__ import annotations

import discord

from bot.cogs.appeals.buttons import HearingButton, HearingClick, HearingVerb
from bot.cogs.appeals.words import APPEAL_STATES, other_sanctions, what_stays
from bot.cogs.interactions.action_words import NEEDED, line, noun
from bot.cogs.interactions.quoting import as_quote, fenced, on_one_line, units
from bot.cogs.interactions.reply import Document
from bot.cogs.interactions.wording import at, how_many, member, name, rule, score_text, state
from bot.moderation.appeals.appeal import UNDECIDED, Appeal, AppealState, Asked, FreshAnswer
from bot.moderation.appeals.eligibility import first_deciders, other_in_force, to_take_back
from bot.moderation.appeals.file import AppealFile, RuleThenAndNow
from bot.moderation.cards.face import NOT_TOLD, NoticeState
from bot.moderation.cases.action import Action
from bot.moderation.messages.message_seen import jump_link

QUOTE_LIMIT = 240
ANSWERS_LIMIT = 540  #: for all of them
RULE_LIMIT = 150
CHANGES_LIMIT = 230
WHY_LIMIT = 180
FRESH_LIMIT = 110
FRESH_SHOWN = 2
ACTIONS_SHOWN = 2
ACTION_LIMIT = 40
ASKED_LIMIT = 130
REASON_LIMIT = 220
REASON_LIMIT_BESIDE = 70  #: where the card also says what is still in force

_COLOUR_WAITING, _COLOUR_OVER = 0x4263EB, 0x4E5058
_PURGED = "-# The text was deleted: its retention time was over, or it was erased on request."


def render_appeal(file: AppealFile) -> discord.ui.LayoutView:
    """The card of an appeal."""
    waits = file.appeal.state in UNDECIDED
    texts = [_header(file), _answers(file.appeal), _message(file), _rules(file), _decision(file), _fresh(file.appeal)]
    texts += [_asked(file.appeal), _state(file)]
    parts: list[discord.ui.Item[discord.ui.LayoutView]] = [discord.ui.TextDisplay(text) for text in texts if text]
    view = discord.ui.LayoutView(timeout=None)
    colour = _COLOUR_WAITING if waits else _COLOUR_OVER
    view.add_item(discord.ui.Container(*parts, _buttons(file.appeal), accent_colour=colour))
    view.stop()  # the buttons are found by their custom_ids
    return view


def everything(file: AppealFile) -> Document:
    """All that the card shows in part, whole."""
    case, appeal = file.case, file.appeal
    parts = [f"Appeal {appeal.key.attempt} of case {appeal.key.case_number}"]
    for each in appeal.answers:
        parts += [each.question, each.text if each.text is not None else "(deleted)"]
    for asked in appeal.asked:
        parts += [f"Asked: {asked.question or '(deleted)'}", f"Answered: {asked.answer or '(nothing yet, or deleted)'}"]
    parts += ["The message", case.evidence.text if case.evidence.text is not None else "(deleted)"]
    for compared in file.rules:
        then = compared.then
        parts.append(f"{then.id} {then.title}, as it read then\nBreaks it: {then.breaks_it}\nDoes not: {then.does_not}")
        parts.append(f"Since then:\n{compared.changes or _unchanged(file, compared)}")
    parts.append(f"The judge's reason then\n{case.judged.rationale}")
    for answer in appeal.fresh.answers if appeal.fresh else ():
        parts.append(f"The judge today, {answer.policy_name} v{answer.version_number}\n{answer.rationale}")
    if appeal.review and appeal.review.reason:
        parts.append(f"The reviewer's reason\n{appeal.review.reason}")
    return Document(name=f"appeal-case-{case.number}.txt", text="\n\n".join(parts))


def _header(file: AppealFile) -> str:
    appeal, case = file.appeal, file.case
    again = "" if appeal.key.attempt == 1 else f" (appeal {appeal.key.attempt} of this case)"
    evidence = case.evidence
    link = jump_link(case.guild_id, evidence.channel_id, evidence.message_id)
    place = "the message was deleted" if evidence.gone else f"[open the message]({link})"
    return "\n".join(
        [
            f"### Appeal in case {appeal.key.case_number}{again}",
            f"**Member:** {member(appeal.member_id)}, {at(appeal.opened_at)}",
            f"**Where:** <#{evidence.channel_id}>, {place}",
        ]
    )


def _answers(appeal: Appeal) -> str:
    room = ANSWERS_LIMIT // max(1, len(appeal.answers)) - 80
    lines = []
    for each in appeal.answers:
        lines.append(f"**{on_one_line(each.question, 70)}**")
        if each.text is None:
            lines.append(_PURGED)
            continue
        shown = as_quote(each.text, room)
        lines.append(shown.text + ("\n-# … more: Everything" if shown.left_out else ""))
    return "\n".join(lines)


def _message(file: AppealFile) -> str:
    text = file.case.evidence.text
    if text is None:
        return f"**The message**\n{_PURGED}"
    shown = as_quote(text, QUOTE_LIMIT)
    more = "\n-# … more: Everything" if shown.left_out else ""
    return f"**The message**\n{shown.text}{more}"


def _rules(file: AppealFile) -> str:
    source_then, ground = file.case.source, file.case.ground
    if not file.rules:
        came = f"**The rule:** none. The case came from: {name(source_then.policy_name)}"
        return came if ground is None or not ground.words else f"{came}\n> {on_one_line(ground.words, RULE_LIMIT)}"
    first, *others = file.rules
    source = f"{name(source_then.policy_name)} v{source_then.version_number}"
    lines = [f"**The rule then** ({source}): {rule(first.then.id, first.then.title)}"]
    lines += [f"> Breaks it: {on_one_line(first.then.breaks_it, RULE_LIMIT)}"] if first.then.breaks_it else []
    lines += [f"> Does not: {on_one_line(first.then.does_not, RULE_LIMIT)}"] if first.then.does_not else []
    lines.append(f"**The rule now:** {_now(file, first)}")
    if others:
        lines.append(f"-# {how_many(len(others), 'more rule', 'more rules')}: Everything")
    return "\n".join(lines)


def _now(file: AppealFile, compared: RuleThenAndNow) -> str:
    if not compared.changes:
        return _unchanged(file, compared)
    block = fenced(compared.changes, "diff")
    head = f"v{file.version_now} reads otherwise{_paused(file)}."
    return f"{head} Everything shows how." if units(block) > CHANGES_LIMIT else f"{head}\n{block}"


def _unchanged(file: AppealFile, compared: RuleThenAndNow) -> str:
    if file.version_now is None:
        return "The policy was deleted."
    if compared.now is None:
        return f"v{file.version_now} has no such rule any more{_paused(file)}."
    return f"The same in v{file.version_now}{_paused(file)}."


def _paused(file: AppealFile) -> str:
    return " (paused: nothing is judged by it now)" if file.paused else ""


def _decision(file: AppealFile) -> str:
    case, against = file.case, file.appeal.against
    lines = [f"**The judge then:** {on_one_line(case.judged.rationale, WHY_LIMIT) or 'gave no reason'}"]
    if case.judged.score is not None:
        lines.append(f"-# {score_text(case.judged.score)}")
    if against is None:
        lines.append("**Decided:** by nobody; what was done followed by itself")
    else:
        lines.append(f"**Decided:** {state(against.state)}, by <@{against.moderator_id}> {at(against.at)}")
    shown = file.actions[-ACTIONS_SHOWN:]
    lines += [f"- {line(action, ACTION_LIMIT)}" for action in shown]
    alike = [f"{each.number} {state(each.state)}" for each in file.precedents]
    lines += [f"-# Similar cases: {', '.join(alike)}"] if alike else []
    if len(file.actions) > len(shown):
        lines.append(f"-# {how_many(len(file.actions) - len(shown), 'earlier action', 'earlier actions')}: the case")
    return "\n".join(lines)


def _fresh(appeal: Appeal) -> str:
    fresh = appeal.fresh
    if fresh is None:
        return "" if appeal.state not in UNDECIDED else "**The judge today:** has not answered yet"
    if fresh.why_not:
        return f"**The judge today:** {on_one_line(fresh.why_not, WHY_LIMIT)}"
    lines = [_fresh_line(answer) for answer in fresh.answers[:FRESH_SHOWN]]
    if len(fresh.answers) > FRESH_SHOWN:
        lines.append(f"-# {how_many(len(fresh.answers) - FRESH_SHOWN, 'more policy', 'more policies')}: Everything")
    return "\n".join([*lines, "-# This decides nothing. You do."])


def _fresh_line(answer: FreshAnswer) -> str:
    head = f"**The judge today** ({name(answer.policy_name)} v{answer.version_number}):"
    why = on_one_line(answer.rationale, FRESH_LIMIT)
    if answer.violation is None:
        return f"{head} ⚪ no verdict. {why}"
    sure = "" if answer.score is None else f" {score_text(answer.score)}."
    if not answer.violation:
        return f"{head} 🟢 clear.{sure} {why}".rstrip()
    return f"{head} 🔴 breaks {on_one_line(', '.join(answer.rule_ids), 40)}.{sure} {why}".rstrip()


def _asked(appeal: Appeal) -> str:
    if not appeal.asked:
        return ""
    if appeal.state not in UNDECIDED:  # the outcome needs the room
        return f"-# {how_many(len(appeal.asked), 'question was', 'questions were')} asked: Everything"
    newest = appeal.asked[-1]
    lines = [f"**Asked** by <@{newest.by}> {at(newest.at)}: {_words(newest.question)}", _answered(appeal, newest)]
    if len(appeal.asked) > 1:
        lines.append(f"-# {how_many(len(appeal.asked) - 1, 'earlier question', 'earlier questions')}: Everything")
    return "\n".join(lines)


def _answered(appeal: Appeal, asked: Asked) -> str:
    if asked.answered_at is not None:
        return f"**Answered** {at(asked.answered_at)}: {_words(asked.answer)}"
    if appeal.asking_reached in NOT_TOLD:
        return f"-# {NOT_TOLD[appeal.asking_reached]} They find the question with /appeal."
    return "-# The member has not answered."


def _words(text: str | None) -> str:
    return "(deleted with its retention time)" if text is None else on_one_line(text, ASKED_LIMIT)


def _state(file: AppealFile) -> str:
    appeal, review = file.appeal, file.appeal.review
    if review is None:
        return f"**State:** {APPEAL_STATES[appeal.state]}, since {at(appeal.waiting_since, 'R')}"
    lines = [f"**State:** {APPEAL_STATES[appeal.state]}, decided by <@{review.reviewer_id}> {at(review.at)}"]
    if review.reviewer_id in _first(file):
        lines.append("-# The same moderator as before; nobody else came in time, or the server wants no second one.")
    if appeal.state is AppealState.OVERTURNED:
        stays = what_stays(file.actions, ACTION_LIMIT, now=review.at)
        lines += [f"-# Stays as it is: {each}." for each in stays[:ACTIONS_SHOWN]]
        if len(stays) > ACTIONS_SHOWN:
            lines.append(
                f"-# {how_many(len(stays) - ACTIONS_SHOWN, 'more action stays', 'more actions stay')}: the case"
            )
    in_force = _still_in_force(file)
    if review.reason:
        limit = REASON_LIMIT_BESIDE if in_force else REASON_LIMIT
        lines.append(f"**Reason:** {on_one_line(review.reason, limit)}")
    lines += in_force
    if appeal.told in NOT_TOLD:
        lines.append(f"-# ⚠️ {NOT_TOLD[appeal.told]} They find the outcome with /appeal.")
    elif appeal.told is NoticeState.DELIVERED:
        lines.append("-# The member was told.")
    return "\n".join(lines)


def _still_in_force(file: AppealFile) -> list[str]:
    """What was not undone although the decision was reversed, and who can undo it."""
    if file.appeal.state is not AppealState.OVERTURNED or file.appeal.review is None:
        return []
    now = file.appeal.review.at
    found = {
        action.new.kind: action
        for action in to_take_back(file.actions, now=now)
        if other_in_force(action, file.actions) is None
    }
    named = [f"{noun(action)}{_until(action)} (lifting it takes {NEEDED[kind][1]})" for kind, action in found.items()]
    ours = [f"⚠️ **Still in force:** {', '.join(named)}"] if named else []
    return ours + [f"⚠️ **Still in force:** {each}" for each in other_sanctions(file.actions, now=now)[-1:]]


def _until(action: Action) -> str:
    return "" if action.end is None else f", until {at(action.end)}"


def _first(file: AppealFile) -> frozenset[int]:
    """Who had decided or acted before: the case's present decision may be the reviewer's own by now."""
    appeal, case = file.appeal, file.case
    overruled = appeal.review is not None and case.decision is not None and case.decision.at >= appeal.review.at
    return first_deciders(appeal, None if overruled else case, file.actions)


def _buttons(appeal: Appeal) -> discord.ui.ActionRow[discord.ui.LayoutView]:
    row = discord.ui.ActionRow[discord.ui.LayoutView]()
    for verb in HearingVerb:
        over = appeal.state not in UNDECIDED and verb is not HearingVerb.EVERYTHING
        row.add_item(HearingButton(HearingClick(verb=verb, key=appeal.key), disabled=over))
    return row
