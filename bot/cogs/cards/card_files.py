"""The files of a message on its card: name, type, size, link, and what was not read of them."""

from __future__ import annotations

from urllib.parse import quote, urlsplit

from bot.cogs.cards.card_texts import TextLimits
from bot.cogs.interactions.quoting import on_one_line
from bot.cogs.interactions.wording import FILE_NAME_LIMIT, NOT_READ, how_many
from bot.moderation.cases.attached_file import AttachedFile, NotRead
from bot.moderation.cases.case import Case

KIND_LIMIT = 40  # UTF-16 units

_UNITS = ((1_000_000, "MB"), (1_000, "KB"))


def attached(case: Case, limits: TextLimits) -> list[str]:
    """One part of the card, or none where the message has no files."""
    files = case.evidence.files
    if not files:
        return []
    lines = [f"- {_line(file, case, limits)}" for file in files[: limits.files]]
    if len(files) > len(lines):
        left = files[len(lines) :]
        unread = sum(file.not_read not in (None, NotRead.NO_TEXT) for file in left)
        more = how_many(len(left), "more file", "more files")
        lines.append(f"-# and {more}{f', {unread:,} of them not read whole' if unread else ''}")
    return ["\n".join(["**Attached:**", *lines])]


def _line(file: AttachedFile, case: Case, limits: TextLimits) -> str:
    said = [
        on_one_line(file.name, min(FILE_NAME_LIMIT, limits.rationale)) or "(no name)",
        on_one_line(file.kind.split(";")[0], KIND_LIMIT) or "unknown type",
        _size(file.size),
    ]
    link = "" if case.evidence.gone else _link(file.url)
    if link and len(link) <= limits.link:
        said.append(f"[open]({link})")
    if file.not_read is not None:
        said.append(NOT_READ[file.not_read])
    return ", ".join(said)


def _link(url: str) -> str:
    """The address, with nothing in it that could end a link of Discord's markup."""
    if urlsplit(url).scheme != "https":
        return ""
    return quote(url, safe=":/?&=%#+,;@!$~._-")


def _size(size: int) -> str:
    for unit, name in _UNITS:
        if size >= unit:
            return f"{size / unit:.1f} {name}"
    return how_many(size, "byte", "bytes")
