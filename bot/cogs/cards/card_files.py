"""Renders the files of a message on cards and in text files: name, type, size, link, description, and what wasn't read.

Names and descriptions (the alt text of pictures) are the member's own words, so they are escaped and cut. A file marked
as a spoiler stays one here.
"""

from __future__ import annotations

from urllib.parse import quote, urlsplit

from babel.numbers import format_decimal

from bot.cogs.cards.card_texts import TextLimits
from bot.cogs.interactions.quoting import on_one_line
from bot.cogs.interactions.shown_parts import SPOILER
from bot.cogs.interactions.wording import FILE_NAME_LIMIT, NOT_READ
from bot.languages.translation import _, ngettext, spoken
from bot.moderation.cards.face import CardFace
from bot.moderation.cases.attached_file import AttachedFile, NotRead
from bot.moderation.cases.case import Case, Evidence

KIND_LIMIT = 40  # UTF-16 units

_UNITS = ((1_000_000, "MB"), (1_000, "KB"))


def attached(face: CardFace, limits: TextLimits) -> list[str]:
    """One part of the card, or none if the message has no files."""
    case = face.case
    files = case.evidence.files
    if not files:
        return []
    lines = [line for file in files[: limits.files] for line in _lines(file, face, limits)]
    left = files[limits.files :]
    if left:
        unread = sum(file.not_read not in (None, NotRead.NO_TEXT) for file in left)
        more = ngettext("and {n} more file", "and {n} more files", len(left))
        if unread:
            more += f" ({ngettext('{n} not read whole', '{n} not read whole', unread)})"
        lines.append(f"-# {more}: /case show {case.number}")
    return ["\n".join([_("**Attached:**"), *lines])]


def named(file: AttachedFile, limit: int, *, description: int) -> list[str]:
    """A file by its name, with its alt text on a separate line.

    Args:
        limit: UTF-16 units for the name.
        description: the same for the description.
    """
    name = on_one_line(file.name, limit) or _("(no name)")
    said = on_one_line(file.description, description)
    if said and file.name.startswith(SPOILER):
        said = f"||{said}||"
    return [name, "-# " + _("Described as: {text}", text=said)] if said else [name]


def written_files(evidence: Evidence) -> str:
    """All files of a message for a text file, without escaping; empty if there are none."""
    lines = [
        ", ".join(
            part
            for part in (
                _plain(file.name) or _("(no name)"),
                _plain(file.kind) or _("unknown type"),
                ngettext("{n} byte", "{n} bytes", file.size),
                _plain(file.url),
                _("described as: {text}", text=_plain(file.description)) if file.description.strip() else "",
            )
            if part
        )
        for file in evidence.files
    ]
    return "\n".join([_("Attached:"), *(f"- {line}" for line in lines)]) if lines else ""


def _plain(text: str) -> str:
    return " ".join(text.split())


def _lines(file: AttachedFile, face: CardFace, limits: TextLimits) -> list[str]:
    case = face.case
    name, *described = (
        named(file, min(FILE_NAME_LIMIT, limits.rationale), description=limits.description)
        if face.quotes
        else [_("a file")]
    )
    said = [name, on_one_line(file.kind.split(";")[0], KIND_LIMIT) or _("unknown type"), _size(file.size)]
    link = _shown_link(file, case, limits) if face.quotes else ""
    if link:
        said.append(link)
    if file.not_read is not None:
        said.append(_(NOT_READ[file.not_read]))
    return [f"- {', '.join(said)}", *described]


def _shown_link(file: AttachedFile, case: Case, limits: TextLimits) -> str:
    link = "" if case.evidence.gone else _link(file.url)
    return _("[open]({link})", link=link) if link and len(link) <= limits.link else ""


def _link(url: str) -> str:
    """The address, without anything that could end a link in Discord's markup."""
    try:
        if urlsplit(url).scheme != "https":
            return ""
    except ValueError:  # not an address
        return ""
    return quote(url, safe=":/?&=%#+,;@!$~._-")


def _size(size: int) -> str:
    for unit, name in _UNITS:
        if size >= unit:
            return f"{format_decimal(size / unit, format='0.0', locale=spoken().babel)} {name}"
    return ngettext("{n} byte", "{n} bytes", size)
