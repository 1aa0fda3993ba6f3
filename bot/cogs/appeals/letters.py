"""What members read in direct messages. Rendering is pure, and stays within Discord's limits whatever anybody wrote."""

from __future__ import annotations

import discord

from bot.cogs.appeals.buttons import MemberButton, MemberClick, MemberVerb
from bot.cogs.appeals.words import done_to_you, stays
from bot.cogs.interactions.action_words import noun
from bot.cogs.interactions.quoting import as_quote, on_one_line
from bot.cogs.interactions.wording import NAME_LIMIT, at, rule
from bot.moderation.appeals.appeal import AppealState
from bot.moderation.appeals.direct_messages import DirectMessage, Notice, Outcome, Question
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
        parts += [_why(notice), _message(notice)]
    return [*parts, _foot(notice)]


def _why(notice: Notice) -> str:
    rules = notice.rules
    if not rules:
        return f"**Why:** {on_one_line(notice.other_reason, REASON_LIMIT) or 'a decision of the moderators'}"
    return "\n".join(["**Why:** this rule of the server", *map(_rule, rules[:RULES_SHOWN])])


def _rule(broken: Rule) -> str:
    lines = [f"**{rule(broken.id, broken.title)}**"]
    if broken.breaks_it:
        lines.append(f"> Breaks it: {on_one_line(broken.breaks_it, RULE_LIMIT)}")
    if broken.does_not:
        lines.append(f"> Does not: {on_one_line(broken.does_not, RULE_LIMIT)}")
    return "\n".join(lines)


def _message(notice: Notice) -> str:
    evidence = notice.case.evidence
    lines = [f"**Your message** of {at(evidence.posted_at)} in <#{evidence.channel_id}>"]
    if evidence.text:
        shown = as_quote(evidence.text, QUOTE_LIMIT)
        lines.append(shown.text + ("\n-# … and more" if shown.left_out else ""))
    if not evidence.gone:
        link = jump_link(notice.case.guild_id, evidence.channel_id, evidence.message_id)
        lines.append(f"-# [Open the message]({link})")
    return "\n".join(lines)


def _foot(notice: Notice) -> str:
    lines = [f"-# Case {notice.case.number}"]
    if notice.moderator_id is not None:
        lines[0] += f", by <@{notice.moderator_id}>"
    elif notice.action.new.by is None:
        lines[0] += ", done automatically; moderators can see it"
    if notice.can_appeal:
        lines.append("-# You think that this is wrong? The button below, or /appeal, lets you say why.")
    elif notice.appeal_hint:
        lines.append(f"-# You think that this is wrong? {on_one_line(notice.appeal_hint, HINT_LIMIT)}")
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
    if outcome.reviewer_id is not None:
        parts.append(f"-# Decided by <@{outcome.reviewer_id}>")
    return [part for part in parts if part]


def _appeal_button(notice: Notice) -> MemberButton | None:
    if not notice.can_appeal:
        return None
    return MemberButton(MemberClick(verb=MemberVerb.APPEAL, guild_id=notice.case.guild_id, number=notice.case.number))


def _answer_button(question: Question) -> MemberButton:
    key = question.key
    return MemberButton(
        MemberClick(verb=MemberVerb.ANSWER, guild_id=key.guild_id, number=key.case_number, attempt=key.attempt)
    )
