"""Extracts what members can read of a Discord message: its text and all its parts.

A forward has no content itself: what readers see is in its snapshots, which are read like messages.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from typing import Any

import aiohttp
import discord

from bot.moderation.cases.attached_file import AttachedFile
from bot.moderation.messages.message_seen import Fetch
from classifier import Part, PartKind

_log = logging.getLogger(__name__)

SPOILER = "SPOILER_"  #: prefix of the name of a file marked as a spoiler

_WRITTEN = ("title", "label", "content", "description", "placeholder")  # attributes with a component's visible text
_NESTED = ("components", "component", "accessory", "items", "options")

Shown = discord.Message | discord.MessageSnapshot


def is_forward(message: discord.Message) -> bool:
    """Does the message show another one?"""
    return message.reference is not None and message.reference.type is discord.MessageReferenceType.forward


def text_of(message: discord.Message) -> str:
    """What was typed, or what was typed in the message that is forwarded."""
    return "\n".join(shown.content for shown in _shown(message))


def parts_of(message: discord.Message) -> tuple[Part, ...]:
    """What members can read besides the text, except files. Link previews are made by Discord; only bots write
    embeds."""
    return tuple(_parts(message))


def attached_files(message: discord.Message) -> tuple[AttachedFile, ...]:
    """The files of a message, none of them read."""
    return tuple(
        AttachedFile(
            name=_name(attachment),
            kind=attachment.content_type or "",
            size=attachment.size,
            url=attachment.url,
            description=attachment.description or "",
        )
        for attachment in _attachments(message)
    )


def fetching(message: discord.Message) -> Fetch:
    """A function that fetches files of this message, only from the addresses that Discord gave."""
    attachments = {attachment.url: attachment for attachment in _attachments(message)}

    async def fetch(file: AttachedFile) -> bytes | None:
        try:
            return await attachments[file.url].read()
        except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
            _log.info("a file was not read", extra={"message_id": message.id, "why": type(error).__name__})
            return None

    return fetch


def _shown(message: discord.Message) -> Sequence[Shown]:
    return message.message_snapshots if is_forward(message) else [message]


def _attachments(message: discord.Message) -> list[discord.Attachment]:
    return [attachment for shown in _shown(message) for attachment in shown.attachments]


def _name(attachment: discord.Attachment) -> str:
    """The name as members see it. Discord strips letters from the file's own name and keeps them in a title without
    extension."""
    ending = attachment.filename.rpartition(".")[2]
    if not attachment.title:
        return attachment.filename
    hidden = SPOILER if attachment.is_spoiler() and not attachment.title.startswith(SPOILER) else ""
    return f"{hidden}{attachment.title}.{ending}"


def _parts(message: discord.Message) -> Iterator[Part]:
    if message.poll is not None:
        answers = (answer.text or "" for answer in message.poll.answers)
        yield Part(kind=PartKind.POLL, text="\n".join([message.poll.question, *answers]))
    for shown in _shown(message):
        for embed in shown.embeds:
            if embed.type == "rich" and (text := _embed_text(embed)):
                yield Part(kind=PartKind.EMBED, text=text)
        written = [text for component in shown.components for text in _component_texts(component.to_dict())]
        if written:
            yield Part(kind=PartKind.COMPONENT, text="\n".join(written))
        if shown.stickers:
            yield Part(kind=PartKind.STICKER, text="\n".join(sticker.name for sticker in shown.stickers))
    if isinstance(message.channel, discord.Thread) and message.channel.id == message.id:  # it opened a forum post
        yield Part(kind=PartKind.TITLE, text=message.channel.name)


def _embed_text(embed: discord.Embed) -> str:
    fields = (text for field in embed.fields for text in (field.name, field.value))
    texts = (embed.author.name, embed.title, embed.description, *fields, embed.footer.text)
    return "\n".join(text for text in texts if text)


def _component_texts(component: Any) -> Iterator[str]:
    """The texts of a component and its children, in the order shown."""
    for name in _WRITTEN:
        text = component.get(name)
        if isinstance(text, str) and text.strip():
            yield text
    for name in _NESTED:
        inner = component.get(name)
        for each in inner if isinstance(inner, list) else [inner]:
            if isinstance(each, dict):
                yield from _component_texts(each)
