"""The shared card of many cases: counts, members, and bulk choices. Pure.

It quotes no messages; cards of single cases do.
"""

from __future__ import annotations

from collections import defaultdict

import discord

from bot.cogs.cards.shared.raid_controls import (
    NOTHING_TO_OFFER,
    RaidButton,
    RaidClick,
    RaidVerb,
    RaidView,
    detected_line,
    in_force,
)
from bot.cogs.cards.shared.shared_card_buttons import SharedCardButton, SharedCardClick, SharedCardVerb
from bot.cogs.interactions.quoting import units
from bot.cogs.interactions.wording import rule, severity
from bot.languages.translation import _, marked, ngettext
from bot.moderation.cards.route import severest
from bot.moderation.cards.shared_card import GroupFace, GroupKind, GroupLine
from bot.moderation.cases.case import CardState

LINES_LIMIT = 3_000  #: UTF-16 units for the cases; the rest of the card takes a few hundred
_OPEN, _CLOSED = 0xE03131, 0x4E5058

_TITLES = {
    GroupKind.RAID: marked("Many members at once"),
    GroupKind.BATCH: marked("Many cases at once"),
    GroupKind.HELD: marked("Cards held back"),
}
_SIGNS = {GroupKind.RAID: "🚨", GroupKind.BATCH: "📚", GroupKind.HELD: "🔕"}
_WHY = {
    GroupKind.RAID: marked(
        "One text, one rule or one picture, within a minute. Each member has their own cases; a choice here decides "
        "each case that is still open."
    ),
    GroupKind.BATCH: marked("More at once than Discord lets Bylaw post one by one. Nothing was left out."),
}
_NUMBERS = marked("The numbers behind members are their cases. Decided cases are struck through.")
_CHOICES = (SharedCardVerb.DELETE, SharedCardVerb.TIMEOUT, SharedCardVerb.NOT_A_VIOLATION)

Row = discord.ui.ActionRow[discord.ui.LayoutView]


def render_shared_card(face: GroupFace, *, call: str = "", raid: RaidView = NOTHING_TO_OFFER) -> discord.ui.LayoutView:
    """The shared card.

    Args:
        call: the mention of a role, above everything else.
        raid: Discord's facts, for the card of a raid.
    """
    open_cases = sum(line.is_open for line in face.lines)
    view = discord.ui.LayoutView(timeout=None)
    if call:
        view.add_item(discord.ui.TextDisplay(call))
    is_raid = face.group.kind is GroupKind.RAID
    about_raid = "\n".join(filter(None, (detected_line(raid.detected), in_force(face.controls)))) if is_raid else ""
    parts = filter(None, (head(face), about_raid, listing(face, room=LINES_LIMIT - units(about_raid))))
    texts = [discord.ui.TextDisplay[discord.ui.LayoutView](text) for text in parts]
    row = _row(face, open_cases)
    if is_raid and raid.offers_controls:
        click = RaidClick(guild_id=face.group.guild_id, group_id=face.group.id, verb=RaidVerb.CONTROLS)
        row.add_item(RaidButton(click))
    view.add_item(discord.ui.Container(*texts, row, accent_colour=_OPEN if open_cases else _CLOSED))
    return view


def head(face: GroupFace) -> str:
    """The heading with counts."""
    kind, lines = face.group.kind, face.lines
    open_cases = sum(line.is_open for line in lines)
    counts = [
        f"**{ngettext('{n} message', '{n} messages', face.messages)}**",
        f"**{ngettext('{n} member', '{n} members', face.members)}**",
        ngettext("{n} case", "{n} cases", len(lines)),
        ngettext("{n} open", "{n} open", open_cases),
    ]
    why = _held(face) if kind is GroupKind.HELD else f"-# {_(_WHY[kind])}"
    return "\n".join([f"### {_SIGNS[kind]} {_(_TITLES[kind])}", " · ".join(counts), why])


def listing(face: GroupFace, *, room: int = LINES_LIMIT) -> str:
    """The cases by rule and member, as many as there is room for; decided ones are struck through.

    Args:
        room: UTF-16 units.
    """
    legend = f"-# {_(_NUMBERS)}"
    room -= units(legend) + 1
    by_rule: dict[str, list[GroupLine]] = defaultdict(list)
    for line in face.lines:
        by_rule[_rule(line)].append(line)
    parts = [legend]
    named = 0
    for title, lines in sorted(by_rule.items(), key=lambda item: -len(item[1])):
        room -= units(title) + 1
        members: list[str] = []
        for text, count in _by_member(lines):
            room -= units(text) + 3
            if room < 0:
                break
            members.append(text)
            named += count
        if members:
            parts.append(f"{title}\n{' · '.join(members)}")
    left = len(face.lines) - named
    if left:
        parts.append(ngettext("-# and {n} more case: /case list", "-# and {n} more cases: /case list", left))
    return "\n".join(parts)


def _by_member(lines: list[GroupLine]) -> list[tuple[str, int]]:
    """(a member with the numbers of their cases, how many there are)."""
    numbers: dict[int, list[str]] = defaultdict(list)
    for line in lines:
        numbers[line.author_id].append(f"{line.number}" if line.is_open else f"~~{line.number}~~")
    return [(f"<@{member}> {', '.join(found)}", len(found)) for member, found in numbers.items()]


def _rule(line: GroupLine) -> str:
    first = next(iter(line.rules), None)
    name = rule(first.id, first.title, 60) if first else _("No rule named by the judge")
    return f"**{severity(severest(line.rules))}: {name}**" if first else f"**{name}**"


def _held(face: GroupFace) -> str:
    held = sum(line.is_open and line.card_state is not CardState.POSTED for line in face.lines)
    lines = [ngettext("**{n} card is held back.**", "**{n} cards are held back.**", held)]
    if face.cards_per_hour:
        limit = face.cards_per_hour
        lines[0] += " " + ngettext("The limit is {n} card an hour.", "The limit is {n} cards an hour.", limit)
    lines[0] += " " + _("High-severity cases are never held back.")
    return "\n".join([*lines, "-# " + _("/case list shows all open cases. /settings cards changes the limit.")])


def _row(face: GroupFace, open_cases: int) -> Row:
    verbs = (*_CHOICES, SharedCardVerb.SHOW) if face.group.kind is GroupKind.RAID else (SharedCardVerb.SHOW,)
    hidden = any(line.is_open and line.card_state is not CardState.POSTED for line in face.lines)
    row = Row()
    for verb in verbs:
        click = SharedCardClick(guild_id=face.group.guild_id, group_id=face.group.id, verb=verb)
        row.add_item(SharedCardButton(click, disabled=not (hidden if verb is SharedCardVerb.SHOW else open_cases)))
    return row


def plain_title(face: GroupFace) -> str:
    """A short name without markup, for a post in a forum."""
    return f"{_(_TITLES[face.group.kind])} · {face.group.opened_at:%Y-%m-%d %H:%M} UTC"
