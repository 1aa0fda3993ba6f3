"""Renders the verdict on a card, and the responses of the team and the member. Pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from bot.cogs.cards.card_texts import TextLimits
from bot.cogs.cards.edit_offer import offer_lines
from bot.cogs.cards.found_how import rationale_of, told_why
from bot.cogs.interactions import action_words
from bot.cogs.interactions.quoting import on_one_line
from bot.cogs.interactions.wording import NO_PROBABILITY, at, duration, likely, score_number, state
from bot.languages.translation import _, marked, ngettext
from bot.moderation.cards.face import NOT_TOLD, CardFace, NoticeState, Precedent
from bot.moderation.cases.action import Action
from bot.moderation.cases.case import Case, CaseKind, CaseState
from bot.moderation.cases.reading import CONVERSATION
from bot.moderation.messages.message_seen import jump_link

NOTE_LIMIT = 150  #: UTF-16 units for a note
_HOW_JUDGED = {
    "cut": marked("The model was stopped while it was thinking, and then answered."),
    "no_reasoning": marked("The model could have thought it over, but answered at once."),
    "screened": marked("The model looked at all policies together, found nothing, and did not think it over."),
    "probed": marked("The model answered at once, without thinking it over."),
    "lite": marked("Lite judge: no model was asked, so expect more mistakes."),
    "scripted": marked("This verdict comes from a script, for a test or a demo."),
}
_AS_CONVERSATION = marked("Judged as part of a conversation.")
LATE = timedelta(minutes=5)  #: a card says so if a verdict came later than this after the message or its edit
LITTLE_MASS = 0.5  #: a card says so if the total probability of both digits of an answer is below this
SPEAKERS_SHOWN = 5
_LETTER = re.compile(r"(?<!\w)[A-Z]\d{0,3}(?!\w)")
_WITHHELD = marked("Left out, because it may quote the message.")
_APPEALS = {
    "open": marked("📨 Appealed, and waiting for a reviewer"),
    "asked": marked("📨 Appealed; the member was asked something"),
    "upheld": marked("Appealed; the decision was kept"),
    "overturned": marked("Appealed; the decision was reversed"),
}


def judgement(face: CardFace, limits: TextLimits) -> str:
    """The broken rule's words, the judge's reason, and its certainty."""
    judged = face.case.judged
    lines = []
    if face.clause:
        lines.append(_("**The rule says:** {text}", text=on_one_line(face.clause, limits.clause)))
    reason = rationale_of(face.case) if face.neutral is None else told_why(face.case, face.neutral)
    rationale = on_one_line(reason if face.quotes else _(_WITHHELD), limits.rationale)
    if rationale or judged.version_id:
        lines.append(_("**Why:** {reason}", reason=rationale or _("The judge gave no reason.")))
    if judged.score is not None:
        lines.append(_("**Score:** {number}", number=score_number(judged.score)))
    notes = (_speakers(face.case), _worth(face), *_how_judged(face.case))
    lines += [f"-# {line}" for line in notes if line]
    return "\n".join([*lines, *_precedents(face, limits), *_did(face.actions, face.case, limits)])


def _precedents(face: CardFace, limits: TextLimits) -> list[str]:
    """Similar cases that the team decided, with links to their cards."""
    shown = [f"{_card_link(each, face.case.guild_id)} {state(each.state)}" for each in face.precedents[: limits.also]]
    return [_("**Similar cases:** {cases}", cases=", ".join(shown))] if shown else []


def _card_link(precedent: Precedent, guild_id: int) -> str:
    channel_id, message_id = precedent.card_channel_id, precedent.card_message_id
    if channel_id is None or message_id is None:
        return str(precedent.number)
    return f"[{precedent.number}]({jump_link(guild_id, channel_id, message_id)})"


def _worth(face: CardFace) -> str:
    """How likely the verdict is right, if there are enough decisions."""
    if face.case.judged.score is None:
        return ""
    if face.likelihood is None:
        return _(NO_PROBABILITY)
    word = likely(face.likelihood.probability)
    return ngettext(
        "Violation: {likely}, going by {n} decision of your team on scores of this policy.",
        "Violation: {likely}, going by {n} decisions of your team on scores of this policy.",
        face.likelihood.decisions,
        likely=word,
    )


def _speakers(case: Case) -> str:
    """The members behind the letters in the rationale. The judge only knows members by letters."""
    if len(case.judged.speakers) < 2:
        return ""
    said = set(_LETTER.findall(case.judged.rationale))
    named = [f"{letter} = <@{member_id}>" for letter, member_id in case.judged.speakers if letter in said]
    return ", ".join(named[:SPEAKERS_SHOWN])


def _how_judged(case: Case) -> list[str]:
    """Anything unusual about the judgement: no reasoning, no model, several messages together, late."""
    together, _colon, method = case.judged.method.rpartition(":")
    lines = [_(_HOW_JUDGED.get(method, ""))]
    if case.judged.digit_mass is not None and case.judged.digit_mass < LITTLE_MASS:
        lines.append(_("The model would rather have written something other than an answer: take a second look."))
    if together == CONVERSATION:
        return [_(_AS_CONVERSATION), *lines]
    evidence = case.evidence
    waited = case.opened_at - max(evidence.posted_at, datetime.fromtimestamp(evidence.edit / 1000, tz=UTC))
    if case.judged.version_id and case.kind is not CaseKind.REPORT and waited > LATE:
        length = duration(waited)
        late = _("Judged {length} after it was posted.", length=length)
        lines.append(_("Judged {length} after it was edited.", length=length) if evidence.edit else late)
    return lines


def _did(actions: tuple[Action, ...], case: Case, limits: TextLimits) -> list[str]:
    if not actions:
        return [_("**What Bylaw did:** nothing, report only")]
    shown = actions[-limits.actions :]
    lines = [_("**What was done:**")]
    if len(actions) > len(shown):
        more = ngettext(
            "-# {n} older line: /case show {number}",
            "-# {n} older lines: /case show {number}",
            len(actions) - len(shown),
            number=case.number,
        )
        lines.append(more)
    return [*lines, *(f"- {action_words.line(action, limits.reason, why_limit=limits.why)}" for action in shown)]


def outcome(face: CardFace, limits: TextLimits) -> str:
    """The responses of the member and the team, and the state of the case."""
    case = face.case
    lines = []
    if face.notice is NoticeState.DELIVERED:
        lines.append(_("**Notice:** {what}", what=_("The member was told.")))
    elif face.notice in NOT_TOLD:
        lines.append(_("**Notice:** {what}", what=f"⚠️ {_(NOT_TOLD[face.notice])}"))
    if face.offer is not None and case.decision is None:
        lines += offer_lines(face.offer)
    if face.appeal is not None:
        said = _(_APPEALS[face.appeal.state]) if face.appeal.state in _APPEALS else _("Appealed")
        lines.append(_("**Appeal:** {what}, {when}", what=said, when=at(face.appeal.at, "R")))
    if face.notes:
        lines.append(_last_note(face, limits))
    return "\n".join([*lines, _("**State:** {state}", state=_state(case)), *_ground(face, limits)])


def _last_note(face: CardFace, limits: TextLimits) -> str:
    last, older = face.notes[-1], len(face.notes) - 1
    text = on_one_line(last.text or "", min(NOTE_LIMIT, limits.reason)) if last.text else _("(text deleted)")
    line = _("**Note by** {member}: {text}", member=f"<@{last.author_id}>", text=text)
    return (
        line + " " + ngettext("(and {n} more under History)", "(and {n} more under History)", older) if older else line
    )


def _ground(face: CardFace, limits: TextLimits) -> list[str]:
    """The ground that a moderator wrote for a decision if the judge named no rule."""
    ground = face.case.ground
    if ground is None or (ground.words is None and ground.rule is not None):
        return []
    kept = ground.words if face.quotes else _(_WITHHELD)
    words = on_one_line(kept, limits.reason) if kept is not None else _("(text deleted)")
    return [
        _("**Reason, no rule:** {text}", text=words) if ground.rule is None else _("**Reason:** {text}", text=words)
    ]


def _state(case: Case) -> str:
    decision = case.decision
    if decision is not None and decision.state is CaseState.MENDED:
        moment = at(decision.at)
        return _("{state}: the author edited the message in time, {moment}", state=state(decision.state), moment=moment)
    if decision is not None:
        return _(
            "{state}, decided by {member} {moment}",
            state=state(decision.state),
            member=f"<@{decision.moderator_id}>",
            moment=at(decision.at),
        )
    if case.claim is not None:
        return _(
            "{state}, being handled by {member} since {when}",
            state=state(CaseState.OPEN),
            member=f"<@{case.claim.moderator_id}>",
            when=at(case.claim.at, "R"),
        )
    return state(CaseState.OPEN)
