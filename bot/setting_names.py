"""Finds unknown names of settings, and suggests the setting that each may have meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from pathlib import Path

from dotenv import dotenv_values

PREFIX = "BYLAW_"


def not_among(known: Iterable[str], names: Iterable[str]) -> tuple[str, ...]:
    """A remark about each name that looks like a setting but is unknown."""
    settings = {name.upper() for name in known}
    remarks = []
    for name in sorted(names):
        own = name.upper().removeprefix(PREFIX)
        if own != name.upper() and own not in settings:
            remarks.append(f"{name} is no setting{meant(own, settings)}")
    return tuple(remarks)


def meant(own: str, known: Iterable[str]) -> str:
    """The setting that a wrong name may have meant, as the end of a sentence."""
    close = difflib.get_close_matches(own.upper(), [name.upper() for name in known], n=1)
    return f"; did you mean {PREFIX}{close[0]}?" if close else ": `bylaw settings` lists all that there are."


def names_in_file(file: Path) -> tuple[str, ...]:
    """The names in a file like ``.env``; empty if it can't be read, which `load_settings` reports."""
    try:
        return tuple(dotenv_values(file, encoding="utf-8", interpolate=False)) if file.is_file() else ()
    except (OSError, UnicodeDecodeError):
        return ()
