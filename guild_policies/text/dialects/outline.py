"""A policy text cut at its headings, whatever they are written with: ``##``, bold lines, capitals, ``Definitions:``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from guild_policies.text import grammar
from guild_policies.text.dialects.kinds import Kind, Name, is_pure, name_of

_TOP = 2  #: the level of a bold or plain heading where no heading has ``#``
_NESTED = 8  #: and where others have

_BOLD = re.compile(r"(?:\*\*|__)(?P<text>[^*_][^*\n]{0,120}?)(?:\*\*|__)\s*[:：]?\s*")
_BOLD_LEAD = re.compile(
    r"(?:\*\*|__)(?P<text>[^*:\n]{1,40})(?:[:：]\s*(?:\*\*|__)|(?:\*\*|__)\s*[:：])\s*(?P<rest>\S.*)"
)
_NUMBER = re.compile(r"^(?:\d{1,2}(?:\.\d{1,2})*[.)]?|[IVX]{1,4}\.)\s+")
_PICTURES = re.compile(r"^[^\w(\[#]+|[^\w)\].!?%#]+$")
_RULER = re.compile(r"(?:[-*_=]\s*){3,}|</?[A-Za-z][\w-]{1,30}>")  # or a tag around the whole
_CODE_AND_NAME = re.compile(r"[A-Z]{1,4}\d{1,2}[:.]\s+\w[^.!?:]{1,60}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A heading with the lines below it, up to the next one."""

    name: Name
    level: int
    place: int  #: index of the heading's line; -1 for what precedes all headings
    lines: tuple[int, ...]  #: indexes of the lines below it
    parent: int | None = None  #: index of the passage that it is under
    inline: str = ""  #: text behind the heading on its own line


def outline(lines: Sequence[str]) -> tuple[Passage, ...]:
    """Cut the lines of a policy. The first passage is what precedes all headings; it may be empty."""
    marked = any(grammar.heading(line.strip()) for line in lines)
    passages = [Passage(name=Name(text="", kind=Kind.OTHER), level=0, place=-1, lines=())]
    above: list[int] = []
    fenced = False
    for index, line in enumerate(lines):
        fenced ^= line.strip().startswith("```")
        found = None if fenced else _heading(line, _Around.of(lines, index, marked=marked))
        if found is None:
            last = passages[-1]
            passages[-1] = replace(last, lines=(*last.lines, index))
            continue
        level, name, inline = found
        above = [each for each in above if passages[each].level < level]
        parent = above[-1] if above else None
        passages.append(Passage(name=name, level=level, place=index, lines=(), parent=parent, inline=inline))
        above.append(len(passages) - 1)
    return tuple(passages)


def is_ruler(line: str) -> bool:
    """Whether a line only draws a line or is a tag."""
    return _RULER.fullmatch(line.strip()) is not None


def bare(text: str) -> str:
    """A heading's text without bold marks, numbers, pictures and a colon."""
    text = text.strip().strip("*_").strip()
    text = _PICTURES.sub("", text).strip()
    return _PICTURES.sub("", _NUMBER.sub("", text)).strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Around:
    """What surrounds a line."""

    marked: bool  #: some heading of the text has ``#``
    first: bool  #: nothing but blank lines is before it
    alone: bool  #: a blank line or nothing is before it
    underline: int  #: the level that a line of ``===`` or ``---`` below makes it; 0 without one

    @classmethod
    def of(cls, lines: Sequence[str], index: int, *, marked: bool) -> _Around:
        before = lines[index - 1].strip() if index else ""
        below = lines[index + 1].strip() if index + 1 < len(lines) else ""
        underline = {"=": 1, "-": _TOP}.get(below[:1], 0) if len(below) > 2 and not below.strip(below[:1]) else 0
        first = not any(each.strip() for each in lines[:index])
        return cls(marked=marked, first=first, alone=not before or is_ruler(before), underline=underline)


def _heading(line: str, around: _Around) -> tuple[int, Name, str] | None:
    """The level and the name of a heading, and the text behind it."""
    stripped = line.strip()
    if (found := grammar.heading(stripped)) is not None:
        return found.level, name_of(bare(found.text)), ""
    level = _NESTED if around.marked else _TOP
    if (bold := _BOLD.fullmatch(stripped)) is not None:
        name = name_of(bare(bold["text"]))
        nested = name.kind is Kind.EXAMPLES and name.text.istitle() and stripped.endswith((":", ":**"))
        return (1 if around.first else _NESTED if nested else level), name, ""
    if (lead := _BOLD_LEAD.fullmatch(stripped)) is not None:
        name = name_of(bare(lead["text"]))
        return (level, name, lead["rest"]) if name.kind in (Kind.PURPOSE, Kind.UNCLEAR) else None
    if around.underline and stripped and grammar.bullet(stripped) is None and "|" not in stripped:
        return around.underline, name_of(bare(stripped)), ""
    return _plain(stripped, level, around)


def _plain(stripped: str, level: int, around: _Around) -> tuple[int, Name, str] | None:
    """A heading without marks: capitals, a known name with a colon behind it or alone, or a code with a name."""
    text = stripped.rstrip(":：").rstrip()
    if not text or len(text) > 90 or text[:1] in '-*•>|"“`':
        return None
    name = name_of(bare(text))
    if around.alone and not around.marked and _CODE_AND_NAME.fullmatch(text):
        return level, name, ""
    capitals = text.isupper() and len(text) > 3
    colon = text != stripped
    if name.kind is Kind.OTHER or name.numbered:
        return (level, name, "") if capitals and name.kind is Kind.OTHER and " " not in text else None
    if not capitals and not colon and not ((around.alone or not around.marked) and is_pure(name)):
        return None
    nested = not capitals and (name.kind is Kind.EXAMPLES or (not colon and not around.alone))
    return (_NESTED if nested else level), name, ""


def under(passages: Sequence[Passage], index: int) -> Iterator[int]:
    """The passages that a passage is under, the nearest first."""
    parent = passages[index].parent
    while parent is not None:
        yield parent
        parent = passages[parent].parent
