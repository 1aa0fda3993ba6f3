"""Lists of cases as moderators read them: a line or two for each, with buttons to turn the page."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.cogs.interactions import action_words
from bot.cogs.interactions.click_button import ClickButton, Look
from bot.cogs.interactions.reply import Reply
from bot.cogs.interactions.wording import at, how_many, member, name, rule, state
from bot.moderation.cases.action import Action, ActionState
from bot.moderation.cases.case import CaseKind, CaseState
from bot.moderation.lookups.lists import Listed
from bot.moderation.lookups.search import CaseLine, MemberSummary

TITLE_LIMIT = 30  #: UTF-16 units for the title of a rule in a list, and for the name of a policy

_KINDS = {
    CaseKind.UNDECIDED: "could not judge",
    CaseKind.REPORT: "reported by members",
    CaseKind.AUTOMOD: "Discord's AutoMod",
    CaseKind.MANUAL: "done by hand",
    CaseKind.PICTURE_BURST: "pictures in many channels",
    CaseKind.SAME_PICTURE: "same picture as a decided case",
}
_NOT_SHOWN = frozenset({ActionState.PENDING, ActionState.PLANNED, ActionState.REHEARSED, ActionState.ALREADY})

NONE_FOUND = "No case fits."


@dataclass(frozen=True, slots=True, kw_only=True)
class ListClick:
    """A reviewer turns the page of a list. Dispatched as ``list_click`` behind the interaction."""

    query_id: int
    number: int  #: of the case from which the list goes on
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
        return Look(f"bylaw:list:{click.query_id}:{click.number}:{side}", side.capitalize())

    @staticmethod
    def read(ids: re.Match[str]) -> ListClick:
        """The click that a custom_id describes."""
        older = ids["side"] == "older"
        return ListClick(query_id=int(ids["query"]), number=int(ids["number"]), older=older)


def render_list(listed: Listed, head: str = "") -> Reply:
    """A page. Without a head, what stands above later pages."""
    lines = listed.page.lines
    head = head or "**Cases**, the newest first"
    if not lines:
        return Reply(text=f"{head}\n{NONE_FOUND}")
    shown = [_line(line, listed.actions.get(line.number, ())) for line in lines]
    return Reply(text="\n".join([head, *shown]), buttons=_buttons(listed))


def history_head(member_id: int, summary: MemberSummary) -> str:
    """What stands above a member's history: counts, and no score."""
    head = f"**Moderation history of** {member(member_id)}"
    if not summary.total or summary.last_at is None:
        return head
    counts = ", ".join(f"{count:,} {_COUNTED[each]}" for each, count in summary.states)
    return f"{head}\n{how_many(summary.total, 'case', 'cases')}: {counts}. The last one {at(summary.last_at, 'R')}."


_COUNTED = {
    CaseState.OPEN: "open",
    CaseState.VIOLATION: "decided: Violation",
    CaseState.NOT_A_VIOLATION: "decided: Not a violation",
    CaseState.MENDED: "mended",
}


def _line(line: CaseLine, actions: Sequence[Action]) -> str:
    done = [action_words.briefly(action) for action in actions if action.state not in _NOT_SHOWN]
    who = f" by <@{line.decided_by}>" if line.decided_by else ""
    about = _about(line)
    first = f"- **{line.number}** {at(line.opened_at, 'd')} <@{line.member_id}> {about}"
    return f"{first}\n  -# {'; '.join([f'{state(line.state)}{who}', *done[:3]])}"


def _about(line: CaseLine) -> str:
    if not line.rules or line.kind in (CaseKind.AUTOMOD, CaseKind.MANUAL):
        return _KINDS.get(line.kind, name(line.policy_name))
    first, *others = line.rules
    more = f" and {len(others)} more" if others else ""
    reported = ", reported by members" if line.kind is CaseKind.REPORT else ""
    return f"{rule(first.id, first.title, TITLE_LIMIT)}{more}{reported}"


def _buttons(listed: Listed) -> tuple[ListButton, ...]:
    page, query_id = listed.page, listed.query_id
    if query_id is None:
        return ()
    newer = ListClick(query_id=query_id, number=page.lines[0].number, older=False)
    older = ListClick(query_id=query_id, number=page.lines[-1].number, older=True)
    return ListButton(newer, disabled=not page.newer), ListButton(older, disabled=not page.older)
