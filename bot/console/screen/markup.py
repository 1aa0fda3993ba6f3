"""Renders Discord's markup on a terminal, so that bot messages look as they do in Discord.

Supports what the bot's own messages use: headings, small print, quotes, bold, code, links, mentions, times, and
backslash escapes. So content that a card quotes is plain text here, as in Discord.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from bot.console.screen.output import terminal_text

if TYPE_CHECKING:
    from rich.text import Text

Names = Callable[[int], str | None]  #: the name of a member, channel or role with this id

_TOKEN = re.compile(
    r"\\(?P<escaped>[!-/:-@\[-`{-~])"
    r"|(?P<mark>\*\*|~~)"
    r"|`(?P<code>[^`\n]+)`"
    r"|\[(?P<link>[^\]\n]+)\]\((?P<url>[^)\s]+)\)"
    r"|<(?P<sigil>@&|@!?|#)(?P<id>[0-9]{1,20})>"
    r"|<t:(?P<time>-?[0-9]{1,12})(?::[a-zA-Z])?>"
)
_FENCE = "```"
_STYLES = {"**": "bold", "~~": "strike"}
_SIGNS = {"@": "@", "@!": "@", "@&": "@", "#": "#"}


def rendered(source: str, names: Names) -> Text:
    """Render the text of a message, in styles that also work without colour."""
    from rich.text import Text

    lines, in_fence = list[Text](), False
    for line in source.split("\n"):
        if line.startswith(_FENCE):
            in_fence = not in_fence
        else:
            lines.append(Text(terminal_text(line)) if in_fence else _line(line, names))
    return Text("\n").join(lines)


def plain(source: str, names: Names) -> str:
    """Render without styles, for programs."""
    return rendered(source, names).plain


def _line(line: str, names: Names) -> Text:
    from rich.text import Text

    for mark, prefix, style in (("### ", "", "bold"), ("-# ", "", "dim"), ("> ", "│ ", "italic"), ("- ", "• ", "")):
        if line.startswith(mark):
            return Text(prefix, style=style).append_text(_inline(line.removeprefix(mark), names, style))
    return _inline(line, names, "")


def _inline(source: str, names: Names, style: str) -> Text:
    from rich.text import Text

    text, at, styles = Text(style=style), 0, set[str]()
    for match in _TOKEN.finditer(source):
        _add(text, source[at : match.start()], styles)
        at = match.end()
        if match["mark"]:
            styles ^= {_STYLES[match["mark"]]}
        else:
            _add(text, _shown(match, names), styles)
    _add(text, source[at:], styles)
    return text


def _add(text: Text, piece: str, styles: set[str]) -> None:
    text.append(terminal_text(piece), style=" ".join(sorted(styles)) or None)


def _shown(match: re.Match[str], names: Names) -> str:
    """Render one piece of markup."""
    if match["sigil"]:
        return _SIGNS[match["sigil"]] + (names(int(match["id"])) or "unknown")
    if match["time"]:
        return _moment(int(match["time"]))
    return match["escaped"] or match["code"] or match["link"]


def _moment(seconds: int) -> str:
    try:
        moment = datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return "some time"
    return f"{moment.day} {moment:%b %Y %H:%M}"
