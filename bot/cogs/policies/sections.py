"""A long policy in parts, each of which fits into a form: what stands before the first section, then every section, and
every rule by itself. Put together again the parts are the text, to the letter.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import discord

from bot.cogs.interactions.forms import TEXT_LIMIT
from bot.cogs.interactions.quoting import units
from guild_policies.text import grammar
from guild_policies.text.lines import Line, Role, read_lines

OPTIONS_PER_MENU = 25
MENUS = 4  #: of five rows; a policy of more parts goes by file
PARTS_SHOWN = OPTIONS_PER_MENU * MENUS

MENU = r"bylaw:parts:(?P<policy>[0-9]{1,19}):[0-9]{1,3}"
_LABEL_LIMIT = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A piece of a policy's text."""

    key: str  #: its place and a digest of its heading: finds it again unless it was moved or renamed
    title: str
    text: str  #: as it stands in the policy, line ends included

    @property
    def fits(self) -> bool:
        """Can a form hold it?"""
        return units(self.text.rstrip("\n")) <= TEXT_LIMIT


def parts_of(text: str) -> tuple[Part, ...]:
    """The parts of a policy's text, in order."""
    return tuple(
        Part(key=_key(index, lines), title=_title(lines), text="\n".join(line.raw for line in lines))
        for index, lines in enumerate(_cut(grammar.clean(text)))
    )


def find_part(text: str, key: str) -> Part | None:
    """The part of this key: in its old place or, where others came or went before it, in its new one."""
    parts = parts_of(text)
    digest = key.partition("-")[2]
    there = [part for part in parts if part.key.partition("-")[2] == digest]
    return next((part for part in there if part.key == key), there[0] if len(there) == 1 else None)


def with_part(text: str, part: Part, new: str) -> str:
    """The text with one part replaced; an empty one goes. Blank lines behind the part stay."""
    body = grammar.clean(new).rstrip("\n")
    behind = part.text[len(part.text.rstrip("\n")) :]
    pieces = [body + behind if each.key == part.key else each.text for each in parts_of(text)]
    if not body.strip():
        pieces = [each.text for each in parts_of(text) if each.key != part.key]
    return "\n".join(pieces)


def parts_menus(policy_id: int, text: str) -> tuple[discord.ui.Item[Any], ...]:
    """Menus in which a part can be chosen."""
    parts = parts_of(text)[:PARTS_SHOWN]
    return tuple(
        discord.ui.Select[Any](
            custom_id=f"bylaw:parts:{policy_id}:{start}",
            placeholder="Choose what to change" if start == 0 else _short(f"More, from {parts[start].title}"),
            options=[_option(part) for part in parts[start : start + OPTIONS_PER_MENU]],
        )
        for start in range(0, len(parts), OPTIONS_PER_MENU)
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


def _title(lines: list[Line]) -> str:
    first = lines[0]
    if first.role in {Role.SECTION, Role.RULE}:
        return " ".join(filter(None, (first.rule_id, first.content))) or "A section without a name"
    return "Title and purpose"


def _key(index: int, lines: list[Line]) -> str:
    heading = lines[0].raw.strip() if lines[0].role in {Role.SECTION, Role.RULE} else ""
    return f"{index}-{hashlib.blake2s(heading.encode('utf-8', 'surrogatepass'), digest_size=6).hexdigest()}"


def _option(part: Part) -> discord.SelectOption:
    size = f"{len(part.text):,} characters"
    return discord.SelectOption(
        label=_short(part.title), value=part.key, description=size if part.fits else f"{size}: by file only"
    )


def _short(text: str) -> str:
    """As much of a text as a label holds."""
    return text if units(text) <= _LABEL_LIMIT else f"{text[: _LABEL_LIMIT // 2 - 1]}…"
