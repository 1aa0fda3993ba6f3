"""The texts of a card, one for each of its parts. Pure: the same face gives the same words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bot.cogs.cards.edit_offer import offer_lines
from bot.cogs.cards.found_how import found_how
from bot.cogs.interactions import action_words
from bot.cogs.interactions.quoting import as_quote, on_one_line
from bot.cogs.interactions.wording import (
    NO_PROBABILITY,
    at,
    duration,
    how_many,
    likely,
    member,
    name,
    rule,
    score_number,
    severity,
    state,
)
from bot.moderation.cards.face import NOT_TOLD, CardFace, NoticeState, Precedent
from bot.moderation.cards.route import severest as severest_of
from bot.moderation.cases.action import Action
from bot.moderation.cases.case import Case, CaseKind, CaseState, ContextLine, Evidence
from bot.moderation.cases.further_messages import FurtherMessage
from bot.moderation.cases.reading import CONVERSATION
from bot.moderation.messages.message_seen import is_title, jump_link


@dataclass(frozen=True, slots=True, kw_only=True)
class TextLimits:
    """How much a card shows of each text that others wrote, in UTF-16 units, and how many lines of what repeats."""

    quote: int
    edit: int  #: the text before an edit, and the one after
    version: int  #: a text between two edits
    rationale: int
    clause: int
    context_line: int
    reason: int  #: of a moderator
    why: int  #: what Discord, or a rule of ours, said to an action
    actions: int
    also: int
    files: int
    link: int  #: to a file; a longer one is left out
    description: int  #: of a file


#: From the ones for most cards to those with which everything fits.
LIMITS = (
    TextLimits(
        quote=700, edit=350, version=150, rationale=500, clause=300, context_line=110,
        reason=150, why=320, actions=4, also=3, files=4, link=400, description=120,
    ),
    TextLimits(
        quote=550, edit=250, version=80, rationale=350, clause=180, context_line=60,
        reason=110, why=220, actions=3, also=2, files=3, link=300, description=80,
    ),
    TextLimits(
        quote=350, edit=120, version=40, rationale=250, clause=120, context_line=40,
        reason=70, why=120, actions=2, also=1, files=2, link=300, description=50,
    ),
    TextLimits(
        quote=120, edit=40, version=16, rationale=120, clause=50, context_line=16,
        reason=30, why=30, actions=1, also=1, files=1, link=0, description=16,
    ),
)  # fmt: skip
RULES_SHOWN = 3
CONTEXT_LINES = 5
NOTE_LIMIT = 150

#: Not about a message that anybody could open.
_NO_MESSAGE = frozenset({CaseKind.AUTOMOD, CaseKind.MANUAL})
_TITLE = (
    "-# This is the title of a thread or post. Whoever changed it last may be somebody else than its owner. **Delete** "
    "does nothing to it: rename or delete the thread in Discord."
)
_HOW_JUDGED = {
    "cut": "The model was stopped while it was thinking, and then answered.",
    "no_reasoning": "The model could have thought it over and answered at once.",
    "screened": "The model looked at all policies together, found nothing, and did not think it over.",
    "probed": "The model answered at once, without thinking it over.",
    "lite": "Lite judge: no model was asked, so expect more mistakes.",
    "scripted": "This verdict comes from a script, for a test or a demonstration.",
}
_AS_CONVERSATION = "Judged as part of a conversation."
LATE = timedelta(minutes=5)  #: between a message or its edit and its verdict; a card says so when it was longer
LITTLE_MASS = 0.5  #: what both digits of an answer have together, below which a card says so
SPEAKERS_SHOWN = 5
_LETTER = re.compile(r"(?<!\w)[A-Z]\d{0,3}(?!\w)")
_NOT_QUOTED = (
    "-# ⚠️ Discord refuses a card that quotes this message. Open the message, or use /case show {number} to read it."
)
WORDS_HIDDEN = "-# The words are hidden. **Show the words** shows them to you alone."
_WITHHELD = "It may quote the message, so it is left out."
_NOTICES = {NoticeState.DELIVERED: "The member was told."} | {state: f"⚠️ {why}" for state, why in NOT_TOLD.items()}
_APPEALS = {
    "open": "📨 Appealed, and waiting for a reviewer",
    "asked": "📨 Appealed; the member was asked something",
    "upheld": "Appealed; the decision was kept",
    "overturned": "Appealed; the decision was reversed",
}


def severest(case: Case) -> str:
    """The gravest severity of the rules broken."""
    return severest_of(case.rules)


def header(face: CardFace) -> str:
    """What it is about: the rules by name, and where they stand."""
    case = face.case
    judged = case.judged
    shown = [rule(broken.id, broken.title) for broken in case.rules[:RULES_SHOWN]]
    if case.kind is CaseKind.VIOLATION and shown:
        titles = [f"### {severity(severest(case))}: {shown[0]}", *(f"**and {other}**" for other in shown[1:])]
    else:
        titles = [f"### {found_how(case)}", *(f"**{each}**" for each in shown)]
    if len(case.rules) > RULES_SHOWN:
        titles.append(f"**and {how_many(len(case.rules) - RULES_SHOWN, 'more rule', 'more rules')}**")
    source = name(judged.policy_name) + (f" v{judged.version_number}" if judged.version_id else "")
    if case.source is not judged:
        source += f" · named by a moderator: {name(case.source.policy_name)} v{case.source.version_number}"
    return "\n".join([*titles, f"-# Case {case.number} · {source}".rstrip(" ·")])


def where(face: CardFace, limits: TextLimits) -> str:
    """Who, in which channel, how often, and what was between them and the team before."""
    case = face.case
    evidence = case.evidence
    lines = [f"**{'Webhook' if evidence.is_webhooks else 'Member'}:** {author(evidence)}{_earlier(face)}"]
    if evidence.channel_id:
        lines.append(f"**Where:** <#{evidence.channel_id}>, {at(evidence.posted_at)}{_link(case)}")
    lines += _copied(case)
    lines += _also(face.also, case, limits)
    if is_title(evidence.message_id):
        lines.append(_TITLE)
    elif evidence.edit and case.kind not in _NO_MESSAGE:
        lines.append(f"-# As it read after the edit of <t:{evidence.edit // 1000}:f>.")
    if evidence.forwarded:
        lines.append("-# Forwarded by the member; somebody else may have written it.")
    if evidence.app_id is not None:
        lines.append(f"-# The member posted it with the app <@{evidence.app_id}>.")
    if face.reports:
        lines.append(f"**Reported by:** {how_many(face.reports, 'member', 'members')}")
    return "\n".join(lines)


def author(evidence: Evidence) -> str:
    """The member, or the webhook whose words may be a member's."""
    if evidence.is_webhooks and evidence.webhook is not None:
        return f"{name(evidence.webhook.name)} (`{evidence.webhook.id}`)".lstrip()
    return member(evidence.author_id)


def _copied(case: Case) -> list[str]:
    """Whose message a webhook repeats, and how certain that is."""
    webhook, copy = case.evidence.webhook, case.evidence.copy
    if webhook is None or copy is None:
        return []
    link = jump_link(case.guild_id, case.evidence.channel_id, copy.message_id)
    if case.evidence.is_webhooks:
        same = f"Same words as <@{copy.member_id}>'s message ([open]({link}))"
        return [f"-# ⚠️ {same}. It is not certain that these are theirs, too."]
    posted = f"-# Posted by the webhook {name(webhook.name)} (`{webhook.id}`)"
    return [f"{posted}, taken for a copy of a deleted message (`{copy.message_id}`) by <@{copy.member_id}>."]


def _earlier(face: CardFace) -> str:
    earlier = face.earlier
    if not earlier.count:
        return ", no earlier cases"
    last = f", the last {at(earlier.last_at, 'R')}" if earlier.last_at else ""
    return f", {how_many(earlier.count, 'earlier case', 'earlier cases')}{last}"


def _link(case: Case) -> str:
    evidence = case.evidence
    if case.kind in {CaseKind.AUTOMOD, CaseKind.MANUAL}:  # not about a message, or about one that was never posted
        return ""
    what = "thread" if is_title(evidence.message_id) else "message"
    if evidence.gone:
        return f", the {what} was deleted"
    return f", [open the {what}]({jump_link(case.guild_id, evidence.channel_id, evidence.message_id)})"


def _also(also: tuple[FurtherMessage, ...], case: Case, limits: TextLimits) -> list[str]:
    """The same text elsewhere."""
    if not also:
        return []
    places = [_place(each, case) for each in also[: limits.also]]
    more = len(also) - len(places)
    return [f"**Also in:** {', '.join(places)}{f' and {more:,} more' if more else ''}"]


def _place(also: FurtherMessage, case: Case) -> str:
    link = f"[open]({jump_link(case.guild_id, also.channel_id, also.message_id)})"
    by = "" if also.author_id == case.evidence.author_id else ", by a webhook"
    return f"<#{also.channel_id}> ({'deleted' if also.gone else link}{by})"


def quote(face: CardFace, limits: TextLimits) -> list[str]:
    """The message, and in a part of its own what is not shown of it."""
    case = face.case
    text = case.evidence.text
    if not face.quotes:
        return [_NOT_QUOTED.format(number=case.number)]
    if text is None and case.kind not in _NO_MESSAGE:
        return ["-# The text was deleted: its retention time was over, or it was erased on request."]
    if text is None or not text.strip():
        return []
    start, end = case.evidence.passage or (0, len(text))
    shown = as_quote(text[start:end], limits.quote)
    left_out = shown.left_out + start + max(0, len(text) - end)
    head = f"-# From character {start + 1:,} on:\n" if start else ""
    notes = []
    if left_out:
        notes.append(
            f"-# … {how_many(left_out, 'more character', 'more characters')}: "
            + ("" if case.evidence.gone else "open the message, or ")
            + f"/case show {case.number}"
        )
    if shown.marks_left_out:
        notes.append(f"-# {how_many(shown.marks_left_out, 'stacked mark', 'stacked marks')} left out.")
    return [f"{head}{shown.text}", "\n".join(notes)] if notes else [f"{head}{shown.text}"]


def _versions(case: Case, limits: TextLimits) -> list[str]:
    """How the message read in between, the last versions of them."""
    versions = case.evidence.versions[-limits.also :]
    left_out = len(case.evidence.versions) - len(versions)
    lines = [f"-# {how_many(left_out, 'more version', 'more versions')}: /case show {case.number}"] if left_out else []
    for each in versions:
        lines += [f"-# After the edit of <t:{each.edit // 1000}:f> it read:", as_quote(each.text, limits.version).text]
    return lines


def edits(face: CardFace, limits: TextLimits) -> list[str]:
    """How the message read before, and how it reads now."""
    evidence = face.case.evidence
    lines: list[str] = []
    if not face.quotes:
        return lines
    if evidence.before is not None:
        lines += ["-# Before the edit it read:", as_quote(evidence.before, limits.edit).text]
    lines += _versions(face.case, limits)
    if evidence.edited is not None:
        now = as_quote(evidence.edited.text, limits.edit)
        head = "Edited while it was being judged" if evidence.overtaken else "Edited since"
        reads = "It reads now:" if evidence.edited.text.strip() else "It has no text now."
        lines += [f"**{head}**, <t:{evidence.edited.edit // 1000}:f>. {reads}"]
        lines += [now.text] if evidence.edited.text.strip() else []
        if now.left_out:
            lines.append(f"-# … {how_many(now.left_out, 'more character', 'more characters')}")
    return ["\n".join(lines)] if lines else []


def context(face: CardFace, limits: TextLimits) -> list[str]:
    """What was said before, in small print, so that nobody takes it for what was judged."""
    lines = face.case.evidence.context[-CONTEXT_LINES:] if face.quotes else ()
    if not lines:
        return []
    return ["\n".join(["-# Context, said before it and not judged:", *(_said(line, limits) for line in lines)])]


def _said(line: ContextLine, limits: TextLimits) -> str:
    return f"-# <@{line.author_id}>: {on_one_line(line.text, limits.context_line) or '(no text)'}"


def judgement(face: CardFace, limits: TextLimits) -> str:
    """Which words were broken, why the judge thinks so, how sure it is."""
    judged = face.case.judged
    lines = []
    if face.clause:
        lines.append(f"**The rule says:** {on_one_line(face.clause, limits.clause)}")
    reason = judged.rationale if face.neutral is None else face.neutral
    rationale = on_one_line(reason if face.quotes else _WITHHELD, limits.rationale)
    if rationale or judged.version_id:
        lines.append(f"**Why:** {rationale or 'The judge gave no reason.'}")
    if judged.score is not None:
        lines.append(f"**Score:** {score_number(judged.score)}")
    notes = (_speakers(face.case), _worth(face), *_how_judged(face.case))
    lines += [f"-# {line}" for line in notes if line]
    return "\n".join([*lines, *_precedents(face, limits), *_did(face.actions, face.case, limits)])


def _precedents(face: CardFace, limits: TextLimits) -> list[str]:
    """Similar cases that the team decided, with links to their cards."""
    shown = [f"{_card_link(each, face.case.guild_id)} {state(each.state)}" for each in face.precedents[: limits.also]]
    return [f"**Similar cases:** {', '.join(shown)}"] if shown else []


def _card_link(precedent: Precedent, guild_id: int) -> str:
    channel_id, message_id = precedent.card_channel_id, precedent.card_message_id
    if channel_id is None or message_id is None:
        return str(precedent.number)
    return f"[{precedent.number}]({jump_link(guild_id, channel_id, message_id)})"


def _worth(face: CardFace) -> str:
    """What the score is worth, by counts where there are enough."""
    if face.case.judged.score is None:
        return ""
    if face.likelihood is None:
        return NO_PROBABILITY
    word, decisions = likely(face.likelihood.probability), face.likelihood.decisions
    return f"{word.capitalize()} a violation, going by {decisions:,} decisions of your team on scores of this policy."


def _speakers(case: Case) -> str:
    """Who the letters in the rationale are. The judge knows members by these alone."""
    if len(case.judged.speakers) < 2:
        return ""
    said = set(_LETTER.findall(case.judged.rationale))
    named = [f"{letter} is <@{member_id}>" for letter, member_id in case.judged.speakers if letter in said]
    return f"{', '.join(named[:SPEAKERS_SHOWN])}." if named else ""


def _how_judged(case: Case) -> list[str]:
    """Whatever is out of the ordinary: no thinking, no model, several messages together, late."""
    together, _, method = case.judged.method.rpartition(":")
    lines = [_HOW_JUDGED.get(method, "")]
    if case.judged.digit_mass is not None and case.judged.digit_mass < LITTLE_MASS:
        lines.append("The model would rather have written something else than an answer: give this a second look.")
    if together == CONVERSATION:
        return [_AS_CONVERSATION, *lines]
    evidence = case.evidence
    waited = case.opened_at - max(evidence.posted_at, datetime.fromtimestamp(evidence.edit / 1000, tz=UTC))
    if case.judged.version_id and case.kind is not CaseKind.REPORT and waited > LATE:
        since = "edited" if evidence.edit else "posted"
        lines.append(f"Judged {duration(waited)} after it was {since}.")
    return lines


def _did(actions: tuple[Action, ...], case: Case, limits: TextLimits) -> list[str]:
    if not actions:
        return ["**What Bylaw did:** nothing, report only"]
    shown = actions[-limits.actions :]
    lines = ["**What was done:**"]
    if len(actions) > len(shown):
        lines.append(f"-# {how_many(len(actions) - len(shown), 'older line', 'older lines')}: /case show {case.number}")
    return [*lines, *(f"- {action_words.line(action, limits.reason, why_limit=limits.why)}" for action in shown)]


def outcome(face: CardFace, limits: TextLimits) -> str:
    """What the member and the team said to it, and where it stands."""
    case = face.case
    lines = []
    if face.notice in _NOTICES:
        lines.append(f"**Notice:** {_NOTICES[face.notice]}")
    if face.offer is not None and case.decision is None:
        lines += offer_lines(face.offer)
    if face.appeal is not None:
        lines.append(f"**Appeal:** {_APPEALS.get(face.appeal.state, 'Appealed')}, {at(face.appeal.at, 'R')}")
    if face.notes:
        last = face.notes[-1]
        text = on_one_line(last.text or "", min(NOTE_LIMIT, limits.reason)) if last.text else "(text deleted)"
        more = f" (and {len(face.notes) - 1:,} more under History)" if len(face.notes) > 1 else ""
        lines.append(f"**Note by** <@{last.author_id}>: {text}{more}")
    return "\n".join([*lines, f"**State:** {_state(case)}", *_ground(face, limits)])


def _ground(face: CardFace, limits: TextLimits) -> list[str]:
    """What a moderator wrote as the ground of a decision, where the judge named no rule."""
    ground = face.case.ground
    if ground is None or (ground.words is None and ground.rule is not None):
        return []
    kept = ground.words if face.quotes else _WITHHELD
    words = on_one_line(kept, limits.reason) if kept is not None else "(text deleted)"
    return [f"**{'Ground' if ground.rule is not None else 'Ground, no rule'}:** {words}"]


def _state(case: Case) -> str:
    decision = case.decision
    if decision is not None and decision.state is CaseState.MENDED:
        return f"{state(decision.state)}: the author edited the message in time, {at(decision.at)}"
    if decision is not None:
        return f"{state(decision.state)}, decided by <@{decision.moderator_id}> {at(decision.at)}"
    if case.claim is not None:
        return f"{state(CaseState.OPEN)}, being handled by <@{case.claim.moderator_id}> since {at(case.claim.at, 'R')}"
    return state(CaseState.OPEN)
