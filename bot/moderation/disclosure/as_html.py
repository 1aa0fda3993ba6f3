"""A record as one HTML file that opens without a server: no script runs, nothing is loaded, and all text is text.

What members wrote is in it. Every value is escaped, and invisible characters and changes of writing direction are shown
by name.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from html import escape
from typing import Any

#: No script, no picture, nothing from elsewhere.
_ALLOWED = "default-src 'none'; style-src 'unsafe-inline'"
_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem; }
dl { display: grid; grid-template-columns: minmax(8rem, 14rem) 1fr; gap: .25rem 1rem; margin: .5rem 0 1rem; }
dt { color: #6a6f78; } dd { margin: 0; overflow-wrap: anywhere; white-space: pre-wrap; unicode-bidi: isolate; }
li { margin-bottom: .75rem; } h2 { border-bottom: 1px solid #8886; font-size: 1.1rem; margin-top: 2rem; }
@media (prefers-color-scheme: dark) { body { background: #1e1f22; color: #dbdee1; } dt { color: #949ba4; } }
"""
_KEPT = frozenset("\n\t\u200c\u200d")  # allowed: line ends, and the joiners that emoji and some scripts need
_MAY_HIDE = re.compile(r"[^ -~\n\t]")


def as_html(title: str, record: Mapping[str, Any]) -> str:
    """The file.

    Args:
        title: in our own words.
        record: names and values; lists and further records inside get headings of their own.
    """
    plain = {name: value for name, value in record.items() if not isinstance(value, dict | list)}
    sections = [
        f"<section>\n<h2>{_label(name)}</h2>\n{_value(value)}\n</section>"
        for name, value in record.items()
        if isinstance(value, dict | list)
    ]
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_ALLOWED}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{_text(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<h1>{_text(title)}</h1>\n"
        + "\n".join([_value(plain), *sections])
        + "\n</body>\n</html>\n"
    )


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        rows = (f"<dt>{_label(name)}</dt><dd>{_value(each)}</dd>" for name, each in value.items())
        return f"<dl>\n{''.join(rows)}\n</dl>"
    if isinstance(value, list):
        return f"<ol>{''.join(f'<li>{_value(each)}</li>' for each in value)}</ol>" if value else "none"
    if value is None or value == "":
        return "-"
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else _text(str(value))


def _label(name: str) -> str:
    return _text(name.replace("_", " ").capitalize())


def _text(text: str) -> str:
    return escape(_MAY_HIDE.sub(_named, text), quote=True)


def _named(found: re.Match[str]) -> str:
    character = found[0]
    hidden = unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"} and character not in _KEPT
    return f"⟨U+{ord(character):04X}⟩" if hidden else character
