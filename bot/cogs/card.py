"""The card: one message in the moderators' channel that shows a case, edited in place for life.

Rendering is pure: the same case gives the same card. Every part has a length of its own, and the lengths together
stay below Discord's 4,000 characters whatever anybody wrote.
"""

from __future__ import annotations

import discord

from bot.cogs.buttons import CaseButton, CaseClick, CaseVerb
from bot.cogs.quoting import as_quote, on_one_line
from bot.cogs.wording import at, how_many, likelihood, member, name, rule, severity, state
from bot.moderation.cases import Case, CaseKind, CaseState
from bot.moderation.seen import jump_link

QUOTE_LIMIT = 700
RATIONALE_LIMIT = 600
RULES_SHOWN = 3

_UNDECIDED = "⚪ Could not judge"
_COLOURS = {"low": 0xF2C037, "medium": 0xF08C00, "high": 0xE03131}
_COLOUR_UNDECIDED = 0xADB5BD
_COLOUR_CLOSED = 0x4E5058  # a closed case steps back, so that the open ones are seen
_HOW_JUDGED = {
    "probed": "The model answered at once, without thinking it over.",
    "lite": "Lite judge: no model was asked, so expect more mistakes.",
    "scripted": "This verdict comes from a script, for a test or a demonstration.",
}
_SEVERITY_ORDER = ("low", "medium", "high")


def render_card(case: Case, *extra: str, quote_limit: int = QUOTE_LIMIT) -> discord.ui.LayoutView:
    """The card of a case.

    Args:
        extra: further parts, which are shown behind a line of their own; the caller answers for their length.
        quote_limit: how much of the message is quoted, in UTF-16 units.
    """
    parts: list[discord.ui.Item[discord.ui.LayoutView]] = [
        discord.ui.TextDisplay(_header(case)),
        discord.ui.TextDisplay(_where(case)),
        *(discord.ui.TextDisplay(text) for text in _quote(case, quote_limit)),
        discord.ui.Separator(),
        discord.ui.TextDisplay(_judgement(case)),
        discord.ui.TextDisplay(_state(case)),
    ]
    for text in extra:
        parts += [discord.ui.Separator(), discord.ui.TextDisplay(text)]
    view = discord.ui.LayoutView(timeout=None)
    view.add_item(discord.ui.Container(*parts, _buttons(case), accent_colour=_colour(case)))
    return view


def is_cut(case: Case, quote_limit: int = QUOTE_LIMIT) -> bool:
    """Does the card leave out a part of the message?"""
    text = case.evidence.text
    return text is not None and as_quote(text, quote_limit).left_out > 0


def _header(case: Case) -> str:
    judged = case.judged
    if case.kind is CaseKind.UNDECIDED:
        titles = [f"### {_UNDECIDED}"]
    else:
        first, *others = judged.rules
        titles = [f"### {severity(_severest(case))}: {rule(first.id, first.title)}"]
        titles += [f"**and {rule(other.id, other.title)}**" for other in others[: RULES_SHOWN - 1]]
        if len(others) >= RULES_SHOWN:
            titles.append(f"**and {how_many(len(others) - RULES_SHOWN + 1, 'more rule', 'more rules')}**")
    return "\n".join([*titles, f"-# Case {case.number} · {name(judged.policy_name)} v{judged.version_number}"])


def _severest(case: Case) -> str:
    return max((broken.severity for broken in case.judged.rules), key=_rank, default="medium")


def _rank(value: str) -> int:
    return _SEVERITY_ORDER.index(value) if value in _SEVERITY_ORDER else 1


def _where(case: Case) -> str:
    evidence = case.evidence
    link = jump_link(case.guild_id, evidence.channel_id, evidence.message_id)
    place = "the message was deleted" if evidence.gone else f"[open the message]({link})"
    lines = [
        f"**Member:** {member(evidence.author_id)}",
        f"**Where:** <#{evidence.channel_id}>, {at(evidence.posted_at)}, {place}",
    ]
    if evidence.edit:
        lines.append(f"-# As it read after the edit of <t:{evidence.edit // 1000}:f>.")
    if evidence.forwarded:
        lines.append("-# Forwarded by the member; somebody else may have written it.")
    return "\n".join(lines)


def _quote(case: Case, limit: int) -> list[str]:
    """The message, and in a part of its own what is not shown of it."""
    text = case.evidence.text
    if text is None:
        return ["-# The text was deleted when its retention time was over."]
    shown = as_quote(text, limit)
    notes = []
    if shown.left_out:
        notes.append(
            f"-# … {how_many(shown.left_out, 'more character', 'more characters')}: "
            + ("" if case.evidence.gone else "open the message, or ")
            + f"/case show {case.number}"
        )
    if shown.marks_left_out:
        notes.append(f"-# {how_many(shown.marks_left_out, 'stacked mark', 'stacked marks')} left out.")
    return [shown.text, "\n".join(notes)] if notes else [shown.text]


def _judgement(case: Case) -> str:
    judged = case.judged
    lines = [f"**Why:** {on_one_line(judged.rationale, RATIONALE_LIMIT) or 'The judge gave no reason.'}"]
    if judged.score is not None:
        lines.append(f"**How sure:** {likelihood(judged.score)}")
    if judged.method in _HOW_JUDGED:
        lines.append(f"-# {_HOW_JUDGED[judged.method]}")
    lines.append("**What Bylaw did:** nothing, report only")
    return "\n".join(lines)


def _state(case: Case) -> str:
    decision = case.decision
    if decision is None:
        return f"**State:** {state(CaseState.OPEN)}"
    return f"**State:** {state(decision.state)}, decided by <@{decision.moderator_id}> {at(decision.at)}"


def _colour(case: Case) -> int:
    if case.decision is not None:
        return _COLOUR_CLOSED
    return _COLOUR_UNDECIDED if case.kind is CaseKind.UNDECIDED else _COLOURS.get(_severest(case), _COLOURS["medium"])


def _buttons(case: Case) -> discord.ui.ActionRow[discord.ui.LayoutView]:
    row = discord.ui.ActionRow[discord.ui.LayoutView]()
    for verb in CaseVerb:
        click = CaseClick(guild_id=case.guild_id, number=case.number, verb=verb)
        row.add_item(CaseButton(click, disabled=case.decision is not None and verb is not CaseVerb.REASONING))
    return row
