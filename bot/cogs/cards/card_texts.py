"""The texts of a card, one for each of its parts. Pure: the same face gives the same words."""

from __future__ import annotations

from dataclasses import dataclass

from bot.cogs.cards.found_how import found_how, rule_of, source_of
from bot.cogs.interactions.quoting import as_quote, on_one_line
from bot.cogs.interactions.wording import (
    at,
    member,
    name,
    severity,
)
from bot.languages.translation import _, marked, ngettext, number
from bot.moderation.cards.face import CardFace
from bot.moderation.cards.route import severest as severest_of
from bot.moderation.cases.case import Case, CaseKind, ContextLine, Evidence
from bot.moderation.cases.further_messages import FurtherMessage
from bot.moderation.messages.message_seen import is_title, jump_link


@dataclass(frozen=True, slots=True, kw_only=True)
class TextLimits:
    """How much a card shows of each user text, in UTF-16 units, and how many lines of repeated items."""

    quote: int
    edit: int  #: text before an edit, and after it
    version: int  #: text between two edits
    rationale: int
    clause: int
    context_line: int
    reason: int  #: a moderator's words
    why: int  #: why an action failed
    actions: int
    also: int
    files: int
    link: int  #: link to a file; a longer one is left out
    description: int  #: alt text of a file


#: From the limits for most cards to those with which everything fits.
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
    TextLimits(  # for languages that need more room than English
        quote=80, edit=20, version=12, rationale=70, clause=30, context_line=10,
        reason=20, why=25, actions=1, also=1, files=1, link=0, description=12,
    ),
)  # fmt: skip
RULES_SHOWN = 3
CONTEXT_LINES = 5

#: Kinds that aren't about a message that can be opened.
_NO_MESSAGE = frozenset({CaseKind.AUTOMOD, CaseKind.MANUAL})
_TITLE = marked(
    "-# This is the title of a thread or post. Its owner may not be the one who changed it last. **Delete** does "
    "nothing to it: rename or delete the thread in Discord."
)
_NOT_QUOTED = marked(
    "-# ⚠️ Discord refuses a card that quotes this message. Open the message, or use /case show {number} to read it."
)


def words_hidden() -> str:
    """Says that the card hides what was said."""
    return _("-# The words are hidden. **Show the words** shows them only to you.")


def severest(case: Case) -> str:
    """The highest severity of the rules broken."""
    return severest_of(case.rules)


def header(face: CardFace) -> str:
    """The header: the rules by name, and where they are defined."""
    case = face.case
    judged = case.judged
    shown = [rule_of(case, broken) for broken in case.rules[:RULES_SHOWN]]
    if case.kind is CaseKind.VIOLATION and shown:
        titles = [
            f"### {severity(severest(case))}: {shown[0]}",
            *(f"**{_('and {rule}', rule=other)}**" for other in shown[1:]),
        ]
    else:
        titles = [f"### {found_how(case)}", *(f"**{each}**" for each in shown)]
    if len(case.rules) > RULES_SHOWN:
        titles.append(f"**{ngettext('and {n} more rule', 'and {n} more rules', len(case.rules) - RULES_SHOWN)}**")
    source = source_of(case)
    if case.source is not judged:
        version = f"{name(case.source.policy_name)} v{case.source.version_number}"
        source += " · " + _("named by a moderator: {policy}", policy=version)
    numbered = _("Case {number}", number=case.number)
    return "\n".join([*titles, f"-# {numbered} · {source}".rstrip(" ·")])


def where(face: CardFace, limits: TextLimits) -> str:
    """The author, the channel, how often, and earlier cases."""
    case = face.case
    evidence = case.evidence
    who = _("**Webhook:** {webhook}", webhook=author(evidence))
    if not evidence.is_webhooks:
        who = _("**Member:** {member}", member=author(evidence))
    lines = [f"{who} · {_earlier(face)}"]
    if evidence.channel_id:
        place = _("**Where:** {channel}", channel=f"<#{evidence.channel_id}>")
        lines.append(" · ".join(filter(None, [place, at(evidence.posted_at), _link(case)])))
    lines += _copied(case)
    lines += _also(face.also, case, limits)
    if is_title(evidence.message_id):
        lines.append(_(_TITLE))
    elif evidence.edit and case.kind not in _NO_MESSAGE:
        lines.append("-# " + _("As it read after the edit on {moment}.", moment=f"<t:{evidence.edit // 1000}:f>"))
    if evidence.forwarded:
        lines.append("-# " + _("Forwarded by the member; somebody else may have written it."))
    if evidence.app_id is not None:
        lines.append("-# " + _("The member posted it with the app {app}.", app=f"<@{evidence.app_id}>"))
    if face.reports:
        lines.append(ngettext("**Reported by:** {n} member", "**Reported by:** {n} members", face.reports))
    return "\n".join(lines)


def author(evidence: Evidence) -> str:
    """The author: the member, or the webhook whose words may be a member's."""
    if evidence.is_webhooks and evidence.webhook is not None:
        return f"{name(evidence.webhook.name)} (`{evidence.webhook.id}`)".lstrip()
    return member(evidence.author_id)


def _copied(case: Case) -> list[str]:
    """The member whose message a webhook repeats, and how certain that is."""
    webhook, copy = case.evidence.webhook, case.evidence.copy
    if webhook is None or copy is None:
        return []
    link = jump_link(case.guild_id, case.evidence.channel_id, copy.message_id)
    if case.evidence.is_webhooks:
        same = _(
            "⚠️ Same words as [a message]({link}) by {member}. It is not certain that these are theirs, too.",
            link=link,
            member=f"<@{copy.member_id}>",
        )
        return [f"-# {same}"]
    posted = _(
        "Posted by the webhook {webhook}; it seems to be a copy of a deleted message (`{id}`) by {member}.",
        webhook=f"{name(webhook.name)} (`{webhook.id}`)",
        id=copy.message_id,
        member=f"<@{copy.member_id}>",
    )
    return [f"-# {posted}"]


def _earlier(face: CardFace) -> str:
    earlier = face.earlier
    if not earlier.count:
        return _("no earlier cases")
    if not earlier.last_at:
        return ngettext("{n} earlier case", "{n} earlier cases", earlier.count)
    return ngettext(
        "{n} earlier case, {when}", "{n} earlier cases, the last {when}", earlier.count, when=at(earlier.last_at, "R")
    )


def _link(case: Case) -> str:
    evidence = case.evidence
    if case.kind in {CaseKind.AUTOMOD, CaseKind.MANUAL}:  # not about a message, or about one that was never posted
        return ""
    of_title = is_title(evidence.message_id)
    if evidence.gone:
        return _("the thread was deleted") if of_title else _("the message was deleted")
    link = jump_link(case.guild_id, evidence.channel_id, evidence.message_id)
    return _("[open the thread]({link})", link=link) if of_title else _("[open the message]({link})", link=link)


def _also(also: tuple[FurtherMessage, ...], case: Case, limits: TextLimits) -> list[str]:
    """The further messages with the same text."""
    if not also:
        return []
    places = [_place(each, case) for each in also[: limits.also]]
    left_out = len(also) - len(places)
    places += [ngettext("{n} more", "{n} more", left_out)] if left_out else []
    return [_("**Also in:** {places}", places=", ".join(places))]


def _place(also: FurtherMessage, case: Case) -> str:
    link = _("[open]({link})", link=jump_link(case.guild_id, also.channel_id, also.message_id))
    said = [_("deleted") if also.gone else link]
    said += [] if also.author_id == case.evidence.author_id else [_("by a webhook")]
    return f"<#{also.channel_id}> ({', '.join(said)})"


def quote(face: CardFace, limits: TextLimits) -> list[str]:
    """The quoted message, and in a separate part what isn't shown of it."""
    case = face.case
    text = case.evidence.text
    if not face.quotes:
        return [_(_NOT_QUOTED, number=case.number)]
    if text is None and case.kind not in _NO_MESSAGE:
        return ["-# " + _("The text was deleted: its retention time was over, or it was erased on request.")]
    if text is None or not text.strip():
        return []
    start, end = case.evidence.passage or (0, len(text))
    shown = as_quote(text[start:end], limits.quote)
    left_out = shown.left_out + start + max(0, len(text) - end)
    head = "-# " + _("From character {n} on:", n=number(start + 1)) + "\n" if start else ""
    notes = [_more(left_out, case)] if left_out else []
    if shown.marks_left_out:
        left_out = shown.marks_left_out
        notes.append(ngettext("-# {n} stacked mark left out.", "-# {n} stacked marks left out.", left_out))
    return [f"{head}{shown.text}", "\n".join(notes)] if notes else [f"{head}{shown.text}"]


def _more(left_out: int, case: Case) -> str:
    """Says where to read what a quote leaves out."""
    if case.evidence.gone:
        return ngettext(
            "-# … {n} more character: /case show {number}",
            "-# … {n} more characters: /case show {number}",
            left_out,
            number=case.number,
        )
    return ngettext(
        "-# … {n} more character: open the message, or /case show {number}",
        "-# … {n} more characters: open the message, or /case show {number}",
        left_out,
        number=case.number,
    )


def _versions(case: Case, limits: TextLimits) -> list[str]:
    """The last versions of the message between edits."""
    versions = case.evidence.versions[-limits.also :]
    left_out = len(case.evidence.versions) - len(versions)
    lines = []
    if left_out:
        more = ngettext(
            "-# {n} more version: /case show {number}",
            "-# {n} more versions: /case show {number}",
            left_out,
            number=case.number,
        )
        lines.append(more)
    for each in versions:
        head = _("After the edit on {moment} it read:", moment=f"<t:{each.edit // 1000}:f>")
        lines += [f"-# {head}", as_quote(each.text, limits.version).text]
    return lines


def edits(face: CardFace, limits: TextLimits) -> list[str]:
    """The message before and after the edit."""
    evidence = face.case.evidence
    lines: list[str] = []
    if not face.quotes:
        return lines
    if evidence.before is not None:
        lines += ["-# " + _("Before the edit it read:"), as_quote(evidence.before, limits.edit).text]
    lines += _versions(face.case, limits)
    if evidence.edited is not None:
        now = as_quote(evidence.edited.text, limits.edit)
        moment = f"<t:{evidence.edited.edit // 1000}:f>"
        head = _("**Edited since**, {moment}.", moment=moment)
        if evidence.overtaken:
            head = _("**Edited while it was being judged**, {moment}.", moment=moment)
        has_text = bool(evidence.edited.text.strip())
        lines += [f"{head} {_('It now reads:') if has_text else _('It has no text now.')}"]
        lines += [now.text] if has_text else []
        if now.left_out:
            lines.append(ngettext("-# … {n} more character", "-# … {n} more characters", now.left_out))
    return ["\n".join(lines)] if lines else []


def context(face: CardFace, limits: TextLimits) -> list[str]:
    """The context, in small print, so that nobody mistakes it for the judged message."""
    lines = face.case.evidence.context[-CONTEXT_LINES:] if face.quotes else ()
    if not lines:
        return []
    return ["\n".join(["-# " + _("Context, said before it and not judged:"), *(_said(line, limits) for line in lines)])]


def _said(line: ContextLine, limits: TextLimits) -> str:
    return f"-# <@{line.author_id}>: {on_one_line(line.text, limits.context_line) or _('(no text)')}"
