"""Lines of a report: how a thing is, and in one sentence what to do about it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    """How a thing is."""

    OK = "ok"
    WARN = "warn"  #: the bot works, but not as well as it could
    FAIL = "fail"  #: the bot does not work like this


_STYLES = {Status.OK: "green", Status.WARN: "yellow", Status.FAIL: "bold red"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the report."""

    name: str
    status: Status
    text: str


def ok(name: str, text: str) -> Line:
    """All is well."""
    return Line(name=name, status=Status.OK, text=text)


def warn(name: str, text: str) -> Line:
    """It works, and could be better."""
    return Line(name=name, status=Status.WARN, text=text)


def fail(name: str, text: str) -> Line:
    """It does not work."""
    return Line(name=name, status=Status.FAIL, text=text)


def columns(line: Line) -> tuple[str, str]:
    """A line as people see it: how it is, and the rest."""
    from bot.console.screen.output import terminal_text

    return f"{line.status.value:<5}", f"{line.name:<12}{terminal_text(line.text)}"


def write_report(lines: Iterable[Line], *, json: bool) -> None:
    """Print them: in colours for people, or as one object with the list ``checks``."""
    from bot.console.screen.output import print_json

    if json:
        checks = [{"name": line.name, "status": line.status.value, "text": line.text} for line in lines]
        print_json({"checks": checks})
        return
    from rich.console import Console
    from rich.text import Text

    console = Console(soft_wrap=True, highlight=False)
    for line in lines:
        status, rest = columns(line)
        console.print(Text(status, style=_STYLES[line.status]).append(rest, style="default"))
