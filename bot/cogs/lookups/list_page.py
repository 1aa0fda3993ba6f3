"""Renders lists of cases: a line or two for each, with buttons to turn the page."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.cogs.interactions import action_words
from bot.cogs.interactions.click_button import ClickButton, Look
from bot.cogs.interactions.reply import Reply
from bot.cogs.interactions.wording import at, member, name, rule, state
from bot.languages.translation import _, marked, ngettext, number
from bot.moderation.cases.action import Action, ActionState
from bot.moderation.cases.case import CaseKind
from bot.moderation.lookups.lists import Listed
from bot.moderation.lookups.search import CaseLine, MemberSummary

TITLE_LIMIT = 30  #: UTF-16 units for the title of a rule in a list, and for the name of a policy

_KINDS = {
    CaseKind.UNDECIDED: marked("could not judge"),
    CaseKind.REPORT: marked("reported by members"),
    CaseKind.AUTOMOD: marked("Discord's AutoMod"),
    CaseKind.MANUAL: marked("done by hand"),
    CaseKind.PICTURE_BURST: marked("pictures in many channels"),
    CaseKind.SAME_PICTURE: marked("same picture as a decided case"),
}
_NOT_SHOWN = frozenset({ActionState.PENDING, ActionState.PLANNED, ActionState.REHEARSED, ActionState.ALREADY})

NONE_FOUND = marked("No case fits.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ListClick:
    """A reviewer turned the page of a list. Dispatched as ``list_click``, after the interaction."""

    query_id: int
    number: int  #: number of the case to continue from
    older: bool  #: to the older side of it, or to the newer


class ListButton(
    ClickButton[ListClick],
    template=r"bylaw:list:(?P<query>[0-9]{1,19}):(?P<number>[0-9]{1,19}):(?P<side>older|newer)",
):
    """Turns the page."""

    event = "list_click"

    @staticmethod
    def look(click: ListClick) -> Look:
        """The button for a click."""
        side = "older" if click.older else "newer"
        # Translators: a button, at most 80 characters.
        label = _("Older") if click.older else _("Newer")
        return Look(f"bylaw:list:{click.query_id}:{click.number}:{side}", label)

    @staticmethod
    def read(ids: re.Match[str]) -> ListClick:
        """The click that a custom_id describes."""
        older = ids["side"] == "older"
        return ListClick(query_id=int(ids["query"]), number=int(ids["number"]), older=older)


def render_list(listed: Listed, head: str = "") -> Reply:
    """Render a page. Without a head, uses the heading of later pages."""
    lines = listed.page.lines
    head = head or _("**Cases**, the newest first")
    if not lines:
        return Reply(text=f"{head}\n{_(NONE_FOUND)}")
    shown = [_line(line, listed.actions.get(line.number, ())) for line in lines]
    return Reply(text="\n".join([head, *shown]), buttons=_buttons(listed))


def history_head(member_id: int, summary: MemberSummary) -> str:
    """The heading of a member's history: counts, no score."""
    head = _("**Moderation history of** {member}", member=member(member_id))
    if not summary.total or summary.last_at is None:
        return head
    counts = [f"{state(each)}: {number(count)}" for each, count in summary.states]
    total = ngettext("{n} case", "{n} cases", summary.total)
    last = _("the last one {when}", when=at(summary.last_at, "R"))
    return f"{head}\n{' · '.join([total, *counts, last])}"


def _line(line: CaseLine, actions: Sequence[Action]) -> str:
    done = [action_words.briefly(action) for action in actions if action.state not in _NOT_SHOWN]
    who = [_("by {member}", member=f"<@{line.decided_by}>")] if line.decided_by else []
    first = f"- **{line.number}** {at(line.opened_at, 'd')} <@{line.member_id}> {_about(line)}"
    return f"{first}\n  -# {' · '.join([state(line.state), *who, *done[:3]])}"


def _about(line: CaseLine) -> str:
    if not line.rules or line.kind in (CaseKind.AUTOMOD, CaseKind.MANUAL):
        return _(_KINDS[line.kind]) if line.kind in _KINDS else name(line.policy_name)
    first, *others = line.rules
    parts = [rule(first.id, first.title, TITLE_LIMIT)]
    if others:
        parts.append(ngettext("{n} more rule", "{n} more rules", len(others)))
    if line.kind is CaseKind.REPORT:
        parts.append(_(_KINDS[line.kind]))
    return " · ".join(parts)


def _buttons(listed: Listed) -> tuple[ListButton, ...]:
    page, query_id = listed.page, listed.query_id
    if query_id is None:
        return ()
    newer = ListClick(query_id=query_id, number=page.lines[0].number, older=False)
    older = ListClick(query_id=query_id, number=page.lines[-1].number, older=True)
    return ListButton(newer, disabled=not page.newer), ListButton(older, disabled=not page.older)
