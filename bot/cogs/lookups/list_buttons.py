"""The buttons below lists of cases."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.cogs.interactions.click_button import ClickButton, Look


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
        """The click that stands in a custom_id."""
        older = ids["side"] == "older"
        return ListClick(query_id=int(ids["query"]), number=int(ids["number"]), older=older)
