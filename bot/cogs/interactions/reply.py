"""Replies to commands, clicks and forms: always ephemeral, always within Discord's limits."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import discord

from bot.cogs.interactions.quoting import units
from bot.languages.translation import ngettext

CONTENT_LIMIT = 2_000

_ROOM_FOR_MORE = 100  # UTF-16 units

_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A text that is sent as a file."""

    name: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureFile:
    """A picture that a member posted, always sent as a spoiler."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A reply to one person."""

    text: str = ""
    files: tuple[Document, ...] = ()
    buttons: tuple[discord.ui.Item[Any], ...] = ()
    pictures: tuple[PictureFile, ...] = ()


async def defer(interaction: discord.Interaction[Any]) -> None:
    """Tell Discord that the reply takes longer than its three seconds."""
    await interaction.response.defer(ephemeral=True, thinking=True)


async def send(interaction: discord.Interaction[Any], reply: Reply) -> None:
    """Reply, whether or not the interaction was deferred. Only the person who asked sees it.

    Raises:
        discord.HTTPException: Discord refused the reply.
    """
    options: dict[str, Any] = {"content": clipped(reply.text), "ephemeral": True}
    if reply.files or reply.pictures:
        options["files"] = files_of(reply)
    if reply.buttons:
        options["view"] = row_of(reply.buttons)
    if interaction.response.is_done():
        await interaction.followup.send(**options)
    else:
        await interaction.response.send_message(**options)


async def replace(interaction: discord.Interaction[Any], reply: Reply) -> None:
    """Replace the message whose button was clicked, after a plain defer, including its buttons."""
    await interaction.edit_original_response(
        content=clipped(reply.text),
        view=row_of(reply.buttons) if reply.buttons else None,
        attachments=files_of(reply),
    )


def row_of(buttons: tuple[discord.ui.Item[Any], ...]) -> discord.ui.View:
    """Buttons and menus below a message."""
    view = discord.ui.View(timeout=None)
    for button in buttons:
        view.add_item(button)
    view.stop()  # replies are parsed from custom_ids, so discord.py needn't keep the view
    return view


def file_name(name: str, ending: str = "md") -> str:
    """A file name with only harmless characters."""
    return f"{_NOT_IN_NAMES.sub('-', name).strip('-').lower()[:50] or 'policy'}.{ending}"


def clipped(text: str, limit: int = CONTENT_LIMIT) -> str:
    """The text, or its first lines and how many are missing."""
    if units(text) <= limit:
        return text
    kept: list[str] = []
    lines = text.split("\n")
    room = limit - _ROOM_FOR_MORE
    for line in lines:
        room -= units(line) + 1
        if room < 0:
            break
        kept.append(line)
    more = ngettext("… and {n} more line", "… and {n} more lines", len(lines) - len(kept))
    return "\n".join([*kept, more])


def files_of(reply: Reply) -> list[discord.File]:
    """The files in Discord's form."""
    return [*map(_file, reply.files), *map(_spoiler, reply.pictures)]


def listed(head: str, lines: Sequence[str], foot: str, file: str) -> Reply:
    """As many lines as fit into a message; if not all fit, all of them as a file."""
    room = CONTENT_LIMIT - units(head) - units(foot) - _ROOM_FOR_MORE
    shown: list[str] = []
    for line in lines:
        room -= units(line) + 1
        if room < 0:
            break
        shown.append(line)
    if len(shown) == len(lines):
        return Reply(text="\n".join(filter(None, [head, *lines, foot])))
    left_out = len(lines) - len(shown)
    more = ngettext("-# and {n} more: the file has them all", "-# and {n} more: the file has them all", left_out)
    document = Document(name=file_name(file, "txt"), text="\n".join([head, *lines]))
    return Reply(text="\n".join(filter(None, [head, *shown, more, foot])), files=(document,))


def _spoiler(picture: PictureFile) -> discord.File:
    return discord.File(io.BytesIO(picture.data), filename=picture.name, spoiler=True)


def _file(document: Document) -> discord.File:
    return discord.File(io.BytesIO(document.text.encode("utf-8", "replace")), filename=document.name)
