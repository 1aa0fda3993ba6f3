"""Splits a long policy into sections, each of which fits into a form.

The first section is everything before the first heading; then each heading of a section or rule begins one. Joined with
line breaks, the sections are exactly the text.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import discord

from bot.cogs.interactions.forms import TEXT_LIMIT
from bot.cogs.interactions.quoting import units
from bot.languages.translation import _, marked, ngettext
from guild_policies.text import grammar
from guild_policies.text.lines import Line, Role, read_lines

OPTIONS_PER_MENU = 25
MENUS = 4  #: of five rows; a policy with more sections is edited as a file
SECTIONS_SHOWN = OPTIONS_PER_MENU * MENUS
KEPT = 32  #: texts whose sections are cached

MENU = r"bylaw:parts:(?P<policy>[0-9]{1,19}):[0-9]{1,3}"
_LABEL_LIMIT = 100
# Translators: an option of a menu, at most 100 characters.
_UNNAMED = marked("A section without a name")
# Translators: an option of a menu, at most 100 characters.
_BEGINNING = marked("Title and purpose")


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A piece of a policy's text."""

    key: str  #: its position and a digest of its heading: finds it again unless it was moved or renamed
    title: str  #: empty if it has none
    text: str  #: as written in the policy, line ends included
    has_heading: bool = True

    @property
    def shown_title(self) -> str:
        """Its title for the current reader, in their language."""
        return self.title or _(_UNNAMED if self.has_heading else _BEGINNING)

    @property
    def fits(self) -> bool:
        """Does it fit into a form?"""
        return units(self.text.rstrip("\n")) <= TEXT_LIMIT


@lru_cache(maxsize=KEPT)
def sections_of(text: str) -> tuple[Section, ...]:
    """The sections of a policy's text, in order. Cached, because an edit needs them several times."""
    return tuple(
        Section(
            key=_key(index, lines),
            title=_title(lines),
            text="\n".join(line.raw for line in lines),
            has_heading=_has_heading(lines),
        )
        for index, lines in enumerate(_cut(grammar.clean(text)))
    )


def find_section(text: str, key: str) -> Section | None:
    """The section with this key: in its old position, or in its new one if others were added or removed before it."""
    digest = key.partition("-")[2]
    there = [section for section in sections_of(text) if section.key.partition("-")[2] == digest]
    return next((section for section in there if section.key == key), there[0] if len(there) == 1 else None)


def with_section(text: str, section: Section, new: str) -> str:
    """The text with one section replaced, or removed if empty. Blank lines after it stay."""
    body = grammar.clean(new).rstrip("\n")
    behind = section.text[len(section.text.rstrip("\n")) :]
    pieces = [body + behind if each.key == section.key else each.text for each in sections_of(text)]
    if not body.strip():
        pieces = [each.text for each in sections_of(text) if each.key != section.key]
    return "\n".join(pieces)


def section_menus(policy_id: int, text: str) -> tuple[discord.ui.Item[Any], ...]:
    """Menus to choose a section."""
    sections = sections_of(text)[:SECTIONS_SHOWN]
    return tuple(
        discord.ui.Select[Any](
            custom_id=f"bylaw:parts:{policy_id}:{start}",
            placeholder=_("Choose what to change")  # Translators: in an empty menu, at most 100 characters.
            if start == 0
            else _short(_("More, from {section}", section=sections[start].shown_title)),
            options=[_option(section) for section in sections[start : start + OPTIONS_PER_MENU]],
        )
        for start in range(0, len(sections), OPTIONS_PER_MENU)
    )


def _cut(text: str) -> Iterator[list[Line]]:
    """The lines from one heading of a section or a rule to the next."""
    piece: list[Line] = []
    for line in read_lines(text):
        if line.role in {Role.SECTION, Role.RULE} and piece:
            yield piece
            piece = []
        piece.append(line)
    yield piece


def _has_heading(lines: list[Line]) -> bool:
    return lines[0].role in {Role.SECTION, Role.RULE}


def _title(lines: list[Line]) -> str:
    first = lines[0]
    return " ".join(filter(None, (first.rule_id, first.content))) if _has_heading(lines) else ""


def _key(index: int, lines: list[Line]) -> str:
    heading = lines[0].raw.strip() if _has_heading(lines) else ""
    return f"{index}-{hashlib.blake2s(heading.encode('utf-8', 'surrogatepass'), digest_size=6).hexdigest()}"


def _option(section: Section) -> discord.SelectOption:
    size = len(section.text)
    # Translators: an option of a menu, at most 90 characters.
    described = ngettext("{n} character", "{n} characters", size)
    if not section.fits:
        # Translators: an option of a menu, at most 90 characters.
        described = ngettext("{n} character: by file only", "{n} characters: by file only", size)
    return discord.SelectOption(label=_short(section.shown_title), value=section.key, description=described)


def _short(text: str) -> str:
    """A text shortened to fit a label."""
    return text if units(text) <= _LABEL_LIMIT else f"{text[: _LABEL_LIMIT // 2 - 1]}…"
