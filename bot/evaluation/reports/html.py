"""Writes a report as one HTML file that opens without a server: plots are embedded, and nothing is loaded or run."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from html import escape

from bot.evaluation.reports.blocks import Block, Heading, Paragraph, Picture, Table
from bot.log import escaped

#: No script, nothing from elsewhere; pictures are part of the file.
_ALLOWED = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem; }
table { border-collapse: collapse; display: block; overflow-x: auto; }
td, th { border: 1px solid #8886; padding: .25rem .6rem; text-align: left; vertical-align: top; }
img { max-width: 100%; }
@media (prefers-color-scheme: dark) { body { background: #1e1f22; color: #dbdee1; } img { background: #fff; } }
"""


def html(blocks: Iterable[Block], pictures: Mapping[str, bytes]) -> str:
    """The report.

    Args:
        blocks: its content.
        pictures: the PNG of each picture that the blocks name.
    """
    parts = [_block(block, pictures) for block in blocks]
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_ALLOWED}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>How well the judge judges</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        + "\n".join(parts)
        + "\n</body>\n</html>\n"
    )


def _block(block: Block, pictures: Mapping[str, bytes]) -> str:
    match block:
        case Heading(level, text):
            return f"<h{level}>{_plain(text)}</h{level}>"
        case Paragraph(text):
            return f"<p>{_plain(text)}</p>"
        case Table(head, rows):
            return f"<table>\n<tr>{_cells(head, 'th')}</tr>\n{_rows(rows)}\n</table>"
        case Picture(name, shows):
            data = base64.b64encode(pictures[name]).decode("ascii")
            return f'<p><img src="data:image/png;base64,{data}" alt="{_plain(shows)}"></p>'


def _rows(rows: Iterable[Iterable[str]]) -> str:
    return "\n".join(f"<tr>{_cells(cells, 'td')}</tr>" for cells in rows)


def _cells(cells: Iterable[str], tag: str) -> str:
    return "".join(f"<{tag}>{_plain(cell)}</{tag}>" for cell in cells)


def _plain(text: str) -> str:
    return escape(escaped(text), quote=True)
