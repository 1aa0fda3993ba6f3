"""The full history below ``/case show``: the newest page first, with buttons to older ones."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import discord

from bot.cogs.interactions.click_button import ClickButton, Look
from bot.cogs.interactions.quoting import units
from bot.languages.translation import _

ENTRIES_SHOWN = 8  #: in one page
PAGE_LIMIT = 600  #: UTF-16 units


@dataclass(frozen=True, slots=True)
class HistoryPageClick:
    """A reviewer asked for another page of a case's history. Dispatched as ``history_page_click``."""

    guild_id: int
    number: int
    page: int  #: 1 for the oldest


class HistoryPageButton(
    ClickButton[HistoryPageClick],
    template=r"bylaw:entries:(?P<guild>[0-9]{1,20}):(?P<number>[0-9]{1,19}):(?P<page>[0-9]{1,6})",
):
    """Shows another page of a history."""

    event = "history_page_click"

    @staticmethod
    def look(click: HistoryPageClick) -> Look:
        """The button for a click."""
        # Translators: a button, at most 60 characters.
        label = _("Page {page}", page=click.page)
        return Look(f"bylaw:entries:{click.guild_id}:{click.number}:{click.page}", label)

    @staticmethod
    def read(ids: re.Match[str]) -> HistoryPageClick:
        """The click that a custom_id describes."""
        return HistoryPageClick(int(ids["guild"]), int(ids["number"]), int(ids["page"]))


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """One page of a history."""

    text: str
    page: int
    pages: int

    def buttons(self, guild_id: int, number: int) -> discord.ui.ActionRow[Any] | None:
        """Buttons to the previous and next pages; None if there are none."""
        if self.pages == 1:
            return None
        older, newer = (HistoryPageClick(guild_id, number, page) for page in (self.page - 1, self.page + 1))
        row = discord.ui.ActionRow[Any]()
        row.add_item(HistoryPageButton(older, label=_("Older"), disabled=self.page == 1))
        row.add_item(HistoryPageButton(newer, label=_("Newer"), disabled=self.page == self.pages))
        return row


def history_page(lines: Sequence[str], page: int | None = None) -> HistoryPage:
    """A page of a history.

    Args:
        lines: the whole history, oldest first.
        page: counted from 1 for the oldest; the newest if missing or no longer valid.
    """
    pages = _cut(lines)
    chosen = len(pages) if page is None else min(max(page, 1), len(pages))
    head = _("**History**")
    if len(pages) > 1:
        head = _("**History**, page {page} of {pages}", page=chosen, pages=len(pages))
    return HistoryPage("\n".join([head, *pages[chosen - 1]]), chosen, len(pages))


def _cut(lines: Sequence[str]) -> list[list[str]]:
    """Split the lines into pages, oldest first. The newest page is always full; a line longer than a page gets its own
    page."""
    pages: list[list[str]] = [[]]
    room = PAGE_LIMIT
    for line in reversed(lines):
        room -= units(line) + 1
        if pages[-1] and (room < 0 or len(pages[-1]) == ENTRIES_SHOWN):
            pages.append([])
            room = PAGE_LIMIT - units(line) - 1
        pages[-1].append(line)
    return [page[::-1] for page in reversed(pages)]
