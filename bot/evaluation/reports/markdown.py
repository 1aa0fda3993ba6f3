"""Writes a report as Markdown. Texts by members and judges are hostile, so they are written as code."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from bot.evaluation.reports.blocks import Block, Heading, Paragraph, Picture, Quote, Table
from bot.log import escaped

_SPECIAL = re.compile(r"([\\`*_\[\]|~])")
_TICKS = re.compile("`+")


def markdown(blocks: Iterable[Block]) -> str:
    """The report."""
    return "\n\n".join(_block(block) for block in blocks) + "\n"


def plain(text: str) -> str:
    """The text on one line, escaped for Markdown."""
    line = escaped(" ".join(text.split()))
    return _quoted(line) if isinstance(text, Quote) else _SPECIAL.sub(r"\\\1", _without_tags(line))


def _quoted(line: str) -> str:
    """The line as code. Escapes pipes, which would end a table cell even there, and uses a fence longer than any in the
    line."""
    fence = "`" * (1 + max(map(len, _TICKS.findall(line)), default=0))
    return f"{fence} {line.replace('|', chr(92) + '|')} {fence}" if line else ""


def _without_tags(line: str) -> str:
    return line.replace("&", "&amp;").replace("<", "&lt;")


def _block(block: Block) -> str:
    match block:
        case Heading(level, text):
            return f"{'#' * level} {plain(text)}"
        case Paragraph(text):
            return plain(text)
        case Table(head, rows):
            return "\n".join(_lines(head, rows))
        case Picture(name, shows):
            return f"![{plain(shows)}](plots/{name}.png)"


def _lines(head: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    names = list(head)
    yield _line(names)
    yield "|" + "---|" * len(names)
    yield from map(_line, rows)


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(map(plain, cells)) + " |"
