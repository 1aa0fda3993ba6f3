"""The marks of the policy format: headings, keys, bullets, labels and quotes.

The reader (`lines`) and the writer (`render`) share these functions, so that whatever the reader would take for a mark,
the writer escapes. The escape is Markdown's own: a backslash in front of a line or of a heading's text makes it plain
text, and the reader removes it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum


class Key(StrEnum):
    """The word before the colon under a rule's heading. The value is how it is written."""

    SEVERITY = "Severity"
    LOOKS_AT = "Looks at"
    CONSEQUENCE = "Consequence"
    BREAKS_IT = "Breaks it"
    DOES_NOT = "Does not"
    PATTERN = "Pattern"
    EXAMPLES = "Examples"


class Section(StrEnum):
    """The sections that mean something here; every other one is guidance."""

    DEFINITIONS = "Definitions"
    RULES = "Rules"
    UNCLEAR = "When it is unclear"


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """A Markdown heading."""

    level: int
    text: str  #: without the escaping backslash
    escaped: bool  #: it had a backslash in front, so its text is not a section name, rule id or key


@dataclass(frozen=True, slots=True, kw_only=True)
class Marked:
    """A line that starts with a mark, cut in two."""

    name: str  #: of the key or label, lower case; empty for a bare bullet
    value: str
    offset: int  #: of the value in the stripped line, in characters
    bullet: bool


_SECTIONS = {
    "definition": Section.DEFINITIONS,
    "definitions": Section.DEFINITIONS,
    "rules": Section.RULES,
    "when it is unclear": Section.UNCLEAR,
    "when it's unclear": Section.UNCLEAR,
    "when unclear": Section.UNCLEAR,
}
_KEYS = {key.value.casefold(): key for key in Key} | {"patterns": Key.PATTERN, "example": Key.EXAMPLES}
_LABELS = {"violates": True, "violation": True, "allowed": False}

#: ``## Rules``; a phone's ``##Rules`` too, but not ``#general``, which is a channel.
_HEADING = re.compile(r"(?P<marks>#{1,6})(?:\s+(?P<text>.*))?|(?P<tight>#{2,6})(?P<tight_text>[^#\s].*)")
_RULE_ID = re.compile(r"[Rr](?P<number>[0-9]{1,4})(?:[\s.:：)\]–—-]+(?P<title>.*))?")
_AFTER_ID = frozenset(".:：)]–—-")
_BULLET = re.compile(r"[-*•–—]\s+(?P<value>.*)")
_LIST_MARK = re.compile(r"(?:[-*•–—]|[0-9]{1,3}[.)])\s+")


def _before_colon(names: str, bullet: str) -> re.Pattern[str]:
    """``name: value``, with or without a bullet in front and with or without bold marks around the name."""
    return re.compile(
        rf"(?P<bullet>{bullet})?(?P<bold>\*\*|__)?(?P<name>{names})\s*"
        r"(?:(?(bold)(?:(?P=bold)\s*[:：]|[:：]\s*(?P=bold))|[:：]))\s*(?P<value>.*)",
        re.IGNORECASE,
    )


_KEY = _before_colon("|".join(name.replace(" ", r"\s+") for name in _KEYS), r"[-*•–—]\s+")
_LABEL = _before_colon("|".join(_LABELS), r"[-*•–—]\s*")

_DOUBLE_QUOTES = frozenset('"“”„«»')
_SINGLE_QUOTES = frozenset("'‘’‚")


def clean(text: str) -> str:
    """The text with ``\\n`` at every line's end and without a byte order mark at its start."""
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def block(text: str) -> str:
    """Several lines in their normal form: no spaces at the ends of lines, no blank lines around them."""
    return "\n".join(line.rstrip() for line in text.split("\n")).strip()


def heading(stripped: str) -> Heading | None:
    """The heading that this line is, if it is one."""
    if not stripped.startswith("#") or (match := _HEADING.fullmatch(stripped)) is None:
        return None
    marks = match["marks"] or match["tight"]
    text = (match["text"] or match["tight_text"] or "").strip()
    return Heading(level=len(marks), text=text.removeprefix("\\"), escaped=text.startswith("\\"))


def section_name(text: str) -> Section | None:
    """The known section of this name; case, bold marks and a colon do not matter."""
    return _SECTIONS.get(_bare(text).replace("’", "'"))


def key_name(text: str) -> Key | None:
    """The key of this name, for admins who write ``#### Examples`` instead of ``Examples:``."""
    return _KEYS.get(_bare(text))


def rule_id(text: str) -> tuple[str, str] | None:
    """``R1 Title`` cut into id and title. The title may still start with an escaping backslash."""
    if (match := _RULE_ID.fullmatch(text)) is None:
        return None
    return f"R{int(match['number'])}", (match["title"] or "").strip()


def title_clings_to_id(title: str) -> bool:
    """Whether a title's first character would be read as belonging to the id before it."""
    return title[:1] in _AFTER_ID


def key(stripped: str) -> tuple[Key, Marked] | None:
    """The key that starts this line, and what follows it."""
    if (found := _marked(_KEY, stripped)) is None:
        return None
    return _KEYS[found.name], found


def label(stripped: str) -> tuple[bool, Marked] | None:
    """The example's label that starts this line (does it violate?), and what follows it."""
    if (found := _marked(_LABEL, stripped)) is None:
        return None
    return _LABELS[found.name], found


def bullet(stripped: str) -> Marked | None:
    """The list item that this line is, if it is one."""
    if (match := _BULLET.fullmatch(stripped)) is None:
        return None
    return Marked(name="", value=match["value"], offset=match.start("value"), bullet=True)


def without_list_mark(line: str) -> str:
    """The line without the bullet or number of a list."""
    return _LIST_MARK.sub("", line, count=1) if _LIST_MARK.match(line) else line


def unquoted(text: str) -> str:
    """The text without one pair of quotes around it, straight ones or those that phones and other languages use."""
    for quotes in (_DOUBLE_QUOTES, _SINGLE_QUOTES):
        if len(text) >= 2 and text[0] in quotes and text[-1] in quotes:
            return text[1:-1].strip()
    return text


def without_backticks(text: str) -> str:
    """The text without one pair of backticks around it."""
    return text[1:-1] if len(text) >= 2 and text[0] == text[-1] == "`" else text


def is_heading_here(stripped: str, *, in_rule: bool) -> bool:
    """Whether the reader takes this line for a heading with a meaning; a smaller one in running text has none."""
    found = heading(stripped)
    if found is None:
        return False
    if found.level <= 2:
        return True
    named = not found.escaped and (rule_id(found.text) is not None or (in_rule and key_name(found.text) is not None))
    return named or (in_rule and found.level == 3)


def _bare(text: str) -> str:
    return " ".join(text.strip("*_: ").casefold().split())


def _marked(pattern: re.Pattern[str], stripped: str) -> Marked | None:
    if (":" not in stripped and "：" not in stripped) or (match := pattern.fullmatch(stripped)) is None:
        return None
    return Marked(
        name=" ".join(match["name"].casefold().split()),
        value=match["value"],
        offset=match.start("value"),
        bullet=match["bullet"] is not None,
    )
