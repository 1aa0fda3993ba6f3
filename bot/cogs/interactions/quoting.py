"""Quotes untrusted text inside our own messages, as plain text only.

Texts by members, admins and the model may contain Markdown, mentions, links, control characters and invisible letters.
In Discord, a backslash escapes any ASCII punctuation mark, and all its markup, including mentions and links, needs at
least one such mark: so all of them are escaped without exception. Invisible characters and those that change the
writing direction are named instead of shown.

Lengths are counted in UTF-16 code units, the strictest way in which Discord's limits can be read.
"""

from __future__ import annotations

import functools
import itertools
import operator
import re
import string
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from bot.keys import UNREADABLE
from bot.languages.translation import _, ngettext
from guild_policies.text.hidden import is_hidden

MARKS_SHOWN = 4  #: combining marks per letter; more is zalgo, which would cover neighbouring lines
LINES_SHOWN = 24
SCANNED = 20  #: units of a line read for each one shown: enough unless nearly all are hidden
SPACES_SHOWN = 8  #: a longer run of spaces is named, so that it cannot push what follows out of sight

_LINE_ENDS = re.compile("\r\n|[\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_BLANK_LINES = re.compile(r"\n\s*\n")
_FENCE = re.compile("`{3,}")
_NOT_PLAIN = re.compile("[^ -~\n]")
# Markers of headings, lists or small print at the start of a line. They need a plain space, so it is replaced by
# another kind: clients treat escapes differently here.
_LINE_MARK = re.compile(r"^((?:\\[^\w\s]|[0-9])+) ")
_ESCAPED = frozenset(string.punctuation)
_JOINERS = frozenset("\u200c\u200d")  # needed inside emoji, and inside words in Persian, Hindi and others
_BLACK_FLAG, _TAGS = "\U0001f3f4", range(0xE0020, 0xE0080)  # regional flags: a black flag, then tags


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """Untrusted text, made safe for our messages."""

    text: str
    left_out: int  #: how many characters of the source are missing, from the end
    marks_left_out: int = 0  #: how many combining marks are missing, anywhere


def units(text: str) -> int:
    """The length of a text in UTF-16 code units."""
    return len(text) + sum(character > "\uffff" for character in text)


def on_one_line(text: str, limit: int) -> str:
    """The text escaped on a single line of at most `limit` units, with an ellipsis where it was cut.

    Right-to-left text is isolated, so that it doesn't reorder our words around it.
    """
    text, most = _known(text).strip(), SCANNED * max(limit, 0)
    line = " ".join(_LINE_ENDS.sub(" ", text[:most]).split())
    isolate = any(unicodedata.bidirectional(character) in {"R", "AL"} for character in line)
    shown = _clip(line, limit - 1 - 2 * isolate)
    safe = shown.text + "…" * (shown.left_out > 0 or len(text) > most)
    return f"\u2068{safe}\u2069" if isolate else safe


def as_quote(text: str, limit: int) -> Shown:
    """The text escaped as a block quote of at most `limit` units and `LINES_SHOWN` lines.

    Several blank lines become one. Leading spaces stay, without effect.
    """
    lines = _BLANK_LINES.sub("\n\n", _LINE_ENDS.sub("\n", _known(text)).strip()).split("\n")
    quoted: list[str] = []
    missing = marks = taken = 0
    for line in lines[:LINES_SHOWN]:
        room = limit - len("> ")
        if missing or room < 1:
            break
        shown = _clip(line, room)
        quoted.append(f"> {_LINE_MARK.sub(_with_no_break_space, shown.text) or _NO_BREAK_SPACE}")
        limit -= units(quoted[-1]) + 1
        taken += 1
        missing += shown.left_out
        marks += shown.marks_left_out
    missing += sum(len(line) + 1 for line in lines[taken:])
    return Shown(text="\n".join(quoted), left_out=missing, marks_left_out=marks)


def _known(text: str) -> str:
    """The text; our sentence that replaces an unreadable one is translated to the current language."""
    return _(UNREADABLE) if text == UNREADABLE else text


def fenced(text: str, language: str = "") -> str:
    """The text in a code block that it can't break out of. For admins' own texts, where lines matter."""
    safe = _NOT_PLAIN.sub(lambda found: _name_hidden(found[0]), _LINE_ENDS.sub("\n", text))
    return f"```{language}\n{_FENCE.sub(_broken_fence, safe)}\n```"


def _broken_fence(fence: re.Match[str]) -> str:
    """The backticks, separated so that no three of them are adjacent."""
    return "\u200b".join(fence[0])


def _with_no_break_space(mark: re.Match[str]) -> str:
    return f"{mark[1]}{_NO_BREAK_SPACE}"


_NO_BREAK_SPACE = "\u00a0"


def _clip(line: str, limit: int) -> Shown:
    """As much of a line as fits."""
    pieces: list[str] = []
    used = taken = marks = 0
    for piece, characters, dropped in _pieces(line):
        if used + units(piece) > limit:
            break
        pieces.append(piece)
        used += units(piece)
        taken += characters
        marks += dropped
    return Shown(text="".join(pieces).rstrip("".join(_JOINERS)), left_out=len(line) - taken, marks_left_out=marks)


def _pieces(line: str) -> Iterator[tuple[str, int, int]]:
    """(what is shown, characters of the source it stands for, combining marks left out), from left to right."""
    is_first = True
    for kind, group in itertools.groupby(_kinds(line), key=operator.itemgetter(0)):
        if kind == "letter":
            yield from ((f"\\{character}" if character in _ESCAPED else character, 1, 0) for _, character in group)
        else:
            yield from _run(kind, "".join(character for _, character in group), is_first=is_first)
        is_first = False


def _run(kind: str, run: str, *, is_first: bool) -> Iterator[tuple[str, int, int]]:
    """The pieces of a run of hidden characters, spaces or marks; the spaces before a line's first word stay."""
    if kind == "hidden":
        yield _named(run), len(run), 0
    elif kind == "mark":
        yield run[:MARKS_SHOWN], len(run), max(0, len(run) - MARKS_SHOWN)
    elif len(run) > SPACES_SHOWN:
        yield ngettext("⟨{n} space⟩", "⟨{n} spaces⟩", len(run)), len(run), 0
    else:
        yield from ((_NO_BREAK_SPACE if is_first else " ", 1, 0) for _ in run)


def _kinds(line: str) -> Iterator[tuple[str, str]]:
    """Each character with its kind: hidden, space, mark, or letter for everything else."""
    before, in_flag = "space", False
    for character in line:
        in_flag = character == _BLACK_FLAG or (in_flag and ord(character) in _TAGS)
        kind = "letter" if in_flag else _kind(character, before)
        yield kind, character
        before = kind


@functools.lru_cache(maxsize=1 << 14)
def _kind(character: str, before: str) -> str:
    if character in _JOINERS:
        return "hidden" if before in {"space", "hidden"} else "mark"
    if is_hidden(character):
        return "hidden"
    category = unicodedata.category(character)
    if category == "Zs" or character == "\t":
        return "space"
    return "mark" if category in {"Mn", "Me"} else "letter"


def _named(run: str) -> str:
    if len(run) == 1:
        return f"⟨U+{ord(run):04X}⟩"
    return ngettext("⟨{n} hidden character⟩", "⟨{n} hidden characters⟩", len(run))


@functools.lru_cache(maxsize=1 << 14)
def _name_hidden(character: str) -> str:
    return _named(character) if is_hidden(character) and character not in {"\n", *_JOINERS} else character
