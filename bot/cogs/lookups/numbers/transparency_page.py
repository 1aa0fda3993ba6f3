"""Renders the transparency report that a server may publish: as HTML and as Markdown."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence

from bot.cogs.lookups.numbers.stats_page import span
from bot.languages.translation import _, marked, number, spoken
from bot.moderation.appeals.appeal import AppealState
from bot.moderation.cases.action import ActionKind
from bot.moderation.cases.case import CaseKind, CaseState
from bot.moderation.cases.external_actions import AUTOMOD
from bot.moderation.lookups.numbers.transparency import LEAST, OTHERS, TransparencyReport

_FOUND: dict[str, str] = {
    CaseKind.VIOLATION: marked("Flagged by the judge"),
    CaseKind.UNDECIDED: marked("The judge could not say"),
    CaseKind.REPORT: marked("Reported by a member"),
    CaseKind.AUTOMOD: marked("Found by Discord's AutoMod"),
    CaseKind.MANUAL: marked("Acted on by a moderator"),
    CaseKind.PICTURE_BURST: marked("Found by counting pictures"),
    CaseKind.SAME_PICTURE: marked("Found by comparing pictures"),
}
_DECIDED: dict[str, str] = {
    CaseState.VIOLATION: marked("A rule was broken"),
    CaseState.NOT_A_VIOLATION: marked("No rule was broken"),
    CaseState.OPEN: marked("Not decided yet"),
}
_DONE: dict[str, str] = {
    ActionKind.WARN: marked("Warnings"),
    ActionKind.DELETE: marked("Messages deleted"),
    ActionKind.TIMEOUT: marked("Timeouts"),
    ActionKind.KICK: marked("Kicks"),
    ActionKind.BAN: marked("Bans"),
    ActionKind.REMOVE_TIMEOUT: marked("Timeouts lifted"),
    ActionKind.UNBAN: marked("Bans lifted"),
}
_APPEALED: dict[str, str] = {
    AppealState.OPEN: marked("Waiting for a reviewer"),
    AppealState.ASKED: marked("Waiting for the member"),
    AppealState.UPHELD: marked("Decision kept"),
    AppealState.OVERTURNED: marked("Decision reversed"),
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
        f'<!doctype html><html lang="{spoken().value}"><head><meta charset="utf-8">',
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
    """The text of the reply above the files."""
    return _(
        "**{month}** · judgements: {judgements} · cases: {cases}\n"
        "You can publish these files: they name nobody, and they hide numbers below {least}. Read them once before you "
        "do, above all the names of your rules.",
        month=report.month.name,
        judgements=number(report.judgements),
        cases=_number(report.cases),
        least=LEAST,
    )


def _title(report: TransparencyReport, server: str) -> str:
    return _("Moderation in {server}, {month}", server=server, month=report.month.name)


def _sections(report: TransparencyReport) -> tuple[Section, ...]:
    median = report.median_to_decide
    overview: Rows = (
        (_("Judgements of messages"), number(report.judgements)),
        (_("Cases"), _number(report.cases)),
        (
            _("Half of the cases were decided within"),
            span(median) if median is not None else _("not enough cases to say"),
        ),
        (_("Automatic actions"), _number(report.automatic)),
    )
    listed = (
        (_("Cases by rule"), _named(report.rules, {AUTOMOD: AUTOMOD})),
        (_("How cases were found"), _named(report.kinds, _FOUND)),
        (_("What was decided"), _named(report.states, _DECIDED)),
        (_("What was done"), _named(report.actions, _DONE)),
        (_("Appeals"), _named(report.appeals, _APPEALED)),
    )
    return ((_("Overview"), overview), *((title, rows or ((_("None"), ""),)) for title, rows in listed))


def _notes(report: TransparencyReport) -> tuple[str, ...]:
    made = _("Made with Bylaw {version}.", version=report.bylaw_version)
    if report.judges:
        judges = ", ".join(report.judges)
        made = _("Judged by {judges}, with Bylaw {version}.", judges=judges, version=report.bylaw_version)
    return (
        _(
            "A message under several policies is judged once for each. Cases count in the month in which they were "
            "opened, with their actions and appeals."
        ),
        _(
            "So that nobody can be recognised, numbers below {least} are not shown and small ones are put together.",
            least=LEAST,
        ),
        made,
    )


def _named(counts: Sequence[tuple[str, int | None]], words: Mapping[str, str]) -> Rows:
    return tuple(
        (_("All others together") if name == OTHERS else _(words[name]) if name in words else name, _number(count))
        for name, count in counts
    )


def _number(count: int | None) -> str:
    return _("fewer than {least}", least=LEAST) if count is None else number(count)


def _plain(text: str) -> str:
    """On one line, without Markdown characters."""
    return re.sub(r"([\\`*_{}\[\]<>#|~@])", r"\\\1", " ".join(text.split()))


def file_stem(report: TransparencyReport) -> str:
    """The base name of the files."""
    return f"moderation-{report.month.name}"
