"""Lines of a report: a state, and in one sentence what to do about it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    """The state of a check."""

    OK = "ok"
    WARN = "warn"  #: the bot works, but not as well as it could
    FAIL = "fail"  #: the bot does not work like this


# Lines state the problem and, after the first colon, what to do. A colon after a single word belongs to that word.
_WHAT_TO_DO = re.compile(r"(?P<said>\S+ .*?): (?P<fix>.+)", re.DOTALL)
_STYLES = {Status.OK: "green", Status.WARN: "yellow", Status.FAIL: "bold red"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the report."""

    name: str
    status: Status
    text: str

    @property
    def said(self) -> str:
        """The state, without what to do about it."""
        return self._parts()[0]

    @property
    def fix(self) -> str:
        """What to do about it; empty if all is well."""
        return self._parts()[1]

    def _parts(self) -> tuple[str, str]:
        found = None if self.status is Status.OK else _WHAT_TO_DO.fullmatch(self.text)
        return (found["said"], found["fix"]) if found else (self.text, "")


def ok(name: str, text: str) -> Line:
    """A line without a problem."""
    return Line(name=name, status=Status.OK, text=text)


def warn(name: str, text: str) -> Line:
    """A line about something that works, but could be better."""
    return Line(name=name, status=Status.WARN, text=text)


def fail(name: str, text: str) -> Line:
    """A line about something that doesn't work."""
    return Line(name=name, status=Status.FAIL, text=text)


def columns(line: Line) -> tuple[str, str]:
    """The columns of a line as people see it: the status, and the rest."""
    from bot.console.screen.output import terminal_text

    return f"{line.status.value:<5}", f"{line.name:<12}{terminal_text(line.text)}"


def write_report(lines: Iterable[Line], *, json: bool) -> None:
    """Print the lines: in colours for people, or as one JSON object with the list ``checks`` and whether the bot can
    work."""
    from bot.console.screen.output import print_json

    if json:
        lines = tuple(lines)
        checks = [_for_programs(line) for line in lines]
        print_json({"ok": all(line.status is not Status.FAIL for line in lines), "checks": checks})
        return
    from rich.console import Console
    from rich.text import Text

    console = Console(soft_wrap=True, highlight=False)
    for line in lines:
        status, rest = columns(line)
        console.print(Text(status, style=_STYLES[line.status]).append(rest, style="default"))


def _for_programs(line: Line) -> dict[str, str]:
    """A line as JSON. ``status`` and ``text`` are older keys that programs may read: the state, and both sentences
    joined."""
    return {
        "name": line.name,
        "state": line.status.value,
        "said": line.said,
        "fix": line.fix,
        "status": line.status.value,
        "text": line.text,
    }
