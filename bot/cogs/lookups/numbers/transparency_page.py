"""A month of moderation as a page that a server may publish: as HTML and as Markdown."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence

from bot.cogs.lookups.numbers.stats_page import span
from bot.moderation.appeals.appeal import AppealState
from bot.moderation.cases.action import ActionKind
from bot.moderation.cases.case import CaseKind, CaseState
from bot.moderation.lookups.numbers.transparency import LEAST, OTHERS, TransparencyReport

FEW = f"fewer than {LEAST}"

_FOUND: dict[str, str] = {
    CaseKind.VIOLATION: "Flagged by the judge",
    CaseKind.UNDECIDED: "The judge could not say",
    CaseKind.REPORT: "Reported by a member",
    CaseKind.AUTOMOD: "Found by Discord's AutoMod",
    CaseKind.MANUAL: "Acted on by a moderator",
    CaseKind.PICTURE_BURST: "Found by counting pictures",
    CaseKind.SAME_PICTURE: "Found by comparing pictures",
}
_DECIDED: dict[str, str] = {
    CaseState.VIOLATION: "A rule was broken",
    CaseState.NOT_A_VIOLATION: "No rule was broken",
    CaseState.OPEN: "Not decided yet",
}
_DONE: dict[str, str] = {
    ActionKind.WARN: "Warnings",
    ActionKind.DELETE: "Messages deleted",
    ActionKind.TIMEOUT: "Timeouts",
    ActionKind.KICK: "Kicks",
    ActionKind.BAN: "Bans",
    ActionKind.REMOVE_TIMEOUT: "Timeouts lifted",
    ActionKind.UNBAN: "Bans lifted",
}
_APPEALED: dict[str, str] = {
    AppealState.OPEN: "Waiting for a reviewer",
    AppealState.ASKED: "Waiting for the member",
    AppealState.UPHELD: "Decision kept",
    AppealState.OVERTURNED: "Decision reversed",
}

Rows = tuple[tuple[str, str], ...]
Section = tuple[str, Rows]

_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:44rem;margin:2rem auto;padding:0 1rem;"
    "color:#1d1f23;background:#fff}table{border-collapse:collapse;width:100%}"
    "td{border-bottom:1px solid #ccc;padding:.3rem 0;overflow-wrap:anywhere}td+td{text-align:right;white-space:nowrap}"
    "@media(prefers-color-scheme:dark){body{color:#e6e6e6;background:#1d1f23}td{border-color:#444}}"
)


def as_html(report: TransparencyReport, server: str) -> str:
    """One file without scripts, pictures or links."""
    parts = [
        '<!doctype html><html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{html.escape(_title(report, server))}</title><style>{_STYLE}</style></head><body>",
        f"<h1>{html.escape(_title(report, server))}</h1>",
    ]
    for title, rows in _sections(report):
        parts.append(f"<h2>{html.escape(title)}</h2><table>")
        parts += [f"<tr><td>{html.escape(name)}</td><td>{html.escape(value)}</td></tr>" for name, value in rows]
        parts.append("</table>")
    parts += [f"<p>{html.escape(line)}</p>" for line in _notes(report)]
    return "\n".join([*parts, "</body></html>", ""])


def as_markdown(report: TransparencyReport, server: str) -> str:
    """The same for a channel, a forum or a repository."""
    lines = [f"# {_plain(_title(report, server))}"]
    for title, rows in _sections(report):
        lines += ["", f"## {title}", "", "| | |", "|---|---:|"]
        lines += [f"| {_plain(name)} | {_plain(value)} |" for name, value in rows]
    lines += ["", *(f"{_plain(line)}  " for line in _notes(report))]
    return "\n".join(lines) + "\n"


def summary(report: TransparencyReport) -> str:
    """What the answer says above the files."""
    cases = FEW if report.cases is None else f"{report.cases:,}"
    return (
        f"**{report.month.name}**: {report.judgements:,} judgements, cases: {cases}. The files are fit to publish: "
        f"they name nobody, and numbers below {LEAST} are not shown. Read them once before you do, above all the names "
        "of your rules."
    )


def _title(report: TransparencyReport, server: str) -> str:
    return f"Moderation in {server}, {report.month.name}"


def _sections(report: TransparencyReport) -> tuple[Section, ...]:
    median = report.median_to_decide
    overview: Rows = (
        ("Judgements of messages", f"{report.judgements:,}"),
        ("Cases", _number(report.cases)),
        ("Half of the cases were decided within", span(median) if median is not None else "not enough cases to say"),
        ("Actions that were automatic", _number(report.automatic)),
    )
    listed = (
        ("Cases by rule", _named(report.rules, {})),
        ("How cases were found", _named(report.kinds, _FOUND)),
        ("What was decided", _named(report.states, _DECIDED)),
        ("What was done", _named(report.actions, _DONE)),
        ("Appeals", _named(report.appeals, _APPEALED)),
    )
    return (("Overview", overview), *((title, rows or (("None", ""),)) for title, rows in listed))


def _notes(report: TransparencyReport) -> tuple[str, ...]:
    judges = f"Judged by {', '.join(report.judges)}, with " if report.judges else "Made with "
    how = (
        "A message under several policies is judged once for each. Cases count in the month in which they were opened, "
        "with their actions and appeals."
    )
    return (
        how,
        f"So that nobody can be recognised, numbers below {LEAST} are not shown and small ones are put together.",
        f"{judges}Bylaw {report.bylaw_version}.",
    )


def _named(counts: Sequence[tuple[str, int | None]], words: Mapping[str, str]) -> Rows:
    return tuple(
        ("All others together" if name == OTHERS else words.get(name, name), _number(count)) for name, count in counts
    )


def _number(count: int | None) -> str:
    return FEW if count is None else f"{count:,}"


def _plain(text: str) -> str:
    """Without signs that mean something in Markdown, and on one line."""
    return re.sub(r"([\\`*_{}\[\]<>#|~@])", r"\\\1", " ".join(text.split()))


def file_stem(report: TransparencyReport) -> str:
    """What the files are called."""
    return f"moderation-{report.month.name}"
