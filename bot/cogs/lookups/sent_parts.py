"""Sends an export file by file as it is created, and reports progress.

One file at a time is in memory, and no file is written to this machine's disk: exports hold what members wrote.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from enum import Enum
from typing import Any

import discord

from bot.cogs.interactions.reply import Document, Reply, replace, send
from bot.languages.translation import _, marked, ngettext, number
from bot.moderation.lookups.export import ExportedFile

LONGEST = 13 * 60.0  #: seconds: Discord accepts replies for fifteen minutes
EVERY = 5.0  #: seconds between progress reports
THERE_IS_MORE = marked(
    "**There are more.** Discord gives an export 15 minutes: for the older ones, run it again with until."
)


class Row(Enum):
    """The kind of rows in an export."""

    CASE = "case"
    ENTRY = "entry"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What was sent."""

    rows: int
    files: int
    stopped: bool  #: there is more, but no time left


class PartSender:
    """Sends files to one person, whose interaction was deferred."""

    def __init__(self, interaction: discord.Interaction[Any], *, name: str, ending: str, row: Row) -> None:
        self._interaction = interaction
        self._name = name
        self._ending = ending
        self._row = row
        self._only: ExportedFile | None = None  # held for the last line, so that a short export is one message
        self._has_head = False  # the reply shows progress

    async def send(self, parts: AsyncGenerator[ExportedFile | int, None]) -> Sent:
        """Send the files, unless there is only one: `finish` sends that with the last line."""
        clock = asyncio.get_running_loop().time
        began = told = clock()
        rows = files = 0
        async with aclosing(parts):
            async for part in parts:
                if isinstance(part, ExportedFile):
                    rows, files, told = rows + part.rows, files + 1, clock()
                    await self._send(part)
                elif clock() - told >= EVERY:
                    await self._tell(_read_so_far(self._row, part))
                    told = clock()
                if clock() - began > LONGEST:
                    return Sent(rows=rows, files=files, stopped=True)
        return Sent(rows=rows, files=files, stopped=False)

    async def _send(self, part: ExportedFile) -> None:
        if part.is_only:
            self._only = part
            return
        if not self._has_head:
            await self._tell(_("The export is large, so it comes in several files…"))
        said = _of_part(self._row, part)
        await send(self._interaction, Reply(text=said, files=(self._document(part),)))

    async def finish(self, said: str) -> None:
        """Send the last line."""
        files = (self._document(self._only),) if self._only is not None else ()
        reply = Reply(text=said, files=files)
        await (replace if self._has_head else send)(self._interaction, reply)

    async def _tell(self, said: str) -> None:
        await replace(self._interaction, Reply(text=said))
        self._has_head = True

    def _document(self, part: ExportedFile) -> Document:
        place = "" if part.is_only else f"-{part.place}"
        return Document(name=f"{self._name}{place}.{self._ending}", text=part.text)


def all_sent(row: Row, sent: Sent) -> str:
    """Says how much was sent."""
    rows, files = sent.rows, number(sent.files)
    if row is Row.CASE:
        if sent.files > 1:
            return ngettext(
                "{n} case in {files} files, the newest first.",
                "{n} cases in {files} files, the newest first.",
                rows,
                files=files,
            )
        return ngettext("{n} case, the newest first.", "{n} cases, the newest first.", rows)
    if sent.files > 1:
        return ngettext(
            "{n} entry in {files} files, the newest first.",
            "{n} entries in {files} files, the newest first.",
            rows,
            files=files,
        )
    return ngettext("{n} entry, the newest first.", "{n} entries, the newest first.", rows)


def _read_so_far(row: Row, count: int) -> str:
    if row is Row.CASE:
        return ngettext("{n} case read so far…", "{n} cases read so far…", count)
    return ngettext("{n} entry read so far…", "{n} entries read so far…", count)


def _of_part(row: Row, part: ExportedFile) -> str:
    if row is Row.CASE:
        return ngettext("Part {place}: {n} case.", "Part {place}: {n} cases.", part.rows, place=part.place)
    return ngettext("Part {place}: {n} entry.", "Part {place}: {n} entries.", part.rows, place=part.place)
