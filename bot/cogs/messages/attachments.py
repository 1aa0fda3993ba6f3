"""What the files of a message say: short text files, and the descriptions that members write for the others."""

from __future__ import annotations

import logging

import aiohttp
import discord

from classifier import Part, PartKind

_log = logging.getLogger(__name__)

MOST_FILES = 3  #: text files read of one message
LONGEST_FILE = 20_000  #: bytes; a longer one is not read at all
LONGEST_TEXT = 4_000  #: characters that are judged of a file


async def attached_texts(message: discord.Message) -> tuple[Part, ...]:
    """The text files of a message with their names, and the descriptions of the other files.

    Every description is read; a file that Discord does not hand out is left out, its name stays.
    """
    parts = []
    readable = [each for each in message.attachments if _is_short_text(each)][:MOST_FILES]
    for attachment in message.attachments:
        text = attachment.description or ""
        if attachment in readable:
            text = "\n".join(filter(None, (attachment.filename, text, await _text_of(attachment))))
        if text.strip():
            parts.append(Part(kind=PartKind.FILE, text=text))
    return tuple(parts)


def _is_short_text(attachment: discord.Attachment) -> bool:
    kind = (attachment.content_type or "").split(";")[0]
    return kind.startswith("text/") and attachment.size <= LONGEST_FILE


async def _text_of(attachment: discord.Attachment) -> str:
    try:
        data = await attachment.read()
    except (discord.HTTPException, aiohttp.ClientError, TimeoutError) as error:
        _log.info("a text file was not read why=%s", type(error).__name__)
        return ""
    return data.decode("utf-8", "replace")[:LONGEST_TEXT]
