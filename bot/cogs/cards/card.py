"""The card: one message in the moderators' channel that shows a case, edited in place for life.

Rendering is pure: the same face gives the same card. Texts are cut shorter if there is a lot to show, so that the card
stays below Discord's 4,000 characters for any input.
"""

from __future__ import annotations

from typing import Any

import discord

from bot.cogs.cards import card_texts
from bot.cogs.cards.buttons import (
    CARD_ROW,
    CaseButton,
    CaseClick,
    CaseVerb,
    ChangeClick,
    ChangeTimeoutButton,
    UndoButton,
    UndoClick,
)
from bot.cogs.cards.card_files import attached
from bot.cogs.cards.card_judgement import judgement, outcome
from bot.cogs.cards.card_texts import LIMITS, TextLimits, severest
from bot.cogs.interactions.action_words import UNDO_LABELS, can_be_undone
from bot.cogs.interactions.quoting import as_quote, units
from bot.languages.translation import _
from bot.moderation.cards.face import CardFace
from bot.moderation.cases.action import Action, ActionKind
from bot.moderation.cases.case import CaseKind, CaseState

TEXT_LIMIT = 4_000

_COLOURS = {"low": 0xF2C037, "medium": 0xF08C00, "high": 0xE03131}
_COLOUR_UNDECIDED = 0xADB5BD
_COLOUR_CLOSED = 0x4E5058  # closed cases are muted, so that open ones stand out
_DECIDES = frozenset({CaseVerb.VIOLATION, CaseVerb.NOT_A_VIOLATION})

Item = discord.ui.Item[discord.ui.LayoutView]
Row = discord.ui.ActionRow[discord.ui.LayoutView]


def render_card(face: CardFace, *extra: str, call: str = "") -> discord.ui.LayoutView:
    """The card of a case.

    Args:
        extra: further parts, which are shown after a separator; at most 1,400 units together.
        call: the mention of a role, above everything else.
    """
    limits = _limits(face, (*extra, call))
    above, below = _texts(face, limits)
    parts: list[Item] = [*map(_text, above), discord.ui.Separator(), *map(_text, below)]
    for text in extra:
        parts += [discord.ui.Separator(), _text(text)]
    view = discord.ui.LayoutView(timeout=None)
    if call:
        view.add_item(_text(call))
    view.add_item(discord.ui.Container(*parts, *_rows(face), accent_colour=_colour(face)))
    return view


def is_cut(face: CardFace, *extra: str) -> bool:
    """Does the card, with these further parts, leave out a part of the message or of its versions?"""
    evidence, limits = face.case.evidence, _limits(face, extra)
    if len(evidence.files) > limits.files:
        return True
    if evidence.passage is not None or any(as_quote(each.text, limits.version).left_out for each in evidence.versions):
        return True
    text = evidence.text
    return len(evidence.versions) > limits.also or (text is not None and as_quote(text, limits.quote).left_out > 0)


def _limits(face: CardFace, extra: tuple[str, ...]) -> TextLimits:
    """The largest limits with which the card stays within Discord's; with the last ones everything fits."""
    return next((limits for limits in LIMITS if _length(face, limits, extra) <= TEXT_LIMIT), LIMITS[-1])


def _length(face: CardFace, limits: TextLimits, extra: tuple[str, ...]) -> int:
    above, below = _texts(face, limits)
    return sum(map(units, [*above, *below, *extra]))


def _texts(face: CardFace, limits: TextLimits) -> tuple[list[str], list[str]]:
    """The texts of the card: what was said above the line; the judgement below."""
    words = [
        *card_texts.quote(face, limits),
        *attached(face, limits),
        *card_texts.edits(face, limits),
        *card_texts.context(face, limits),
    ]
    above = [card_texts.header(face), card_texts.where(face, limits)]
    above += [card_texts.words_hidden()] if face.shielded else words
    return above, [judgement(face, limits), outcome(face, limits)]


def _text(text: str) -> discord.ui.TextDisplay[Any]:
    return discord.ui.TextDisplay(text)


def _colour(face: CardFace) -> int:
    case = face.case
    if case.decision is not None:
        return _COLOUR_CLOSED
    return _COLOUR_UNDECIDED if case.kind is CaseKind.UNDECIDED else _COLOURS.get(severest(case), _COLOURS["medium"])


def _rows(face: CardFace) -> list[Row]:
    """The five buttons; below them buttons to undo or change actions, if any."""
    case = face.case
    is_closed = case.decision is not None
    first = Row()
    for verb in CARD_ROW:
        click = CaseClick(guild_id=case.guild_id, number=case.number, verb=verb)
        first.add_item(CaseButton(click, disabled=is_closed and verb in _DECIDES))
    second = Row()
    for action in _undoable(face):
        undo = UndoClick(guild_id=case.guild_id, action_id=action.id)
        second.add_item(UndoButton(undo, label=_(UNDO_LABELS[action.new.kind])))
        if action.new.kind is ActionKind.TIMEOUT:
            second.add_item(ChangeTimeoutButton(ChangeClick(guild_id=case.guild_id, action_id=action.id)))
    if is_closed:
        second.add_item(CaseButton(CaseClick(guild_id=case.guild_id, number=case.number, verb=CaseVerb.REOPEN)))
    if case.state is CaseState.VIOLATION and not case.judged.rules:
        click = CaseClick(guild_id=case.guild_id, number=case.number, verb=CaseVerb.NAME_RULE)
        second.add_item(CaseButton(click, label=_("Name the rule…") if case.ground is None else _("Change the rule…")))
    rows = [first, second] if second.children else [first]
    shows = Row()
    for verb, is_there in ((CaseVerb.WORDS, face.shielded), (CaseVerb.PICTURES, bool(face.copies))):
        if is_there:
            shows.add_item(CaseButton(CaseClick(guild_id=case.guild_id, number=case.number, verb=verb)))
    return [shows, *rows] if shows.children else rows


def _undoable(face: CardFace) -> list[Action]:
    """The newest action of each kind that can be undone: two at most."""
    newest: dict[ActionKind, Action] = {action.new.kind: action for action in face.actions if can_be_undone(action)}
    return list(newest.values())
