"""The bot's replies to a person in the server, as text for the page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import discord
import simcord


def texts_of(result: simcord.InteractionResult) -> list[str]:
    """All texts of the replies, in reading order."""
    messages = [message for message in (result.response, *result.followups) if message is not None]
    return [text for message in messages for text in (message.content, *_texts(message.components)) if text]


def has_button(message: simcord.ResponseMessage | None, label: str) -> bool:
    """Is there an enabled button with this label?"""
    kind = discord.ComponentType.button.value
    components = _walk(message.components) if message is not None else ()
    return any(node["type"] == kind and node.get("label") == label and not node.get("disabled") for node in components)


def _texts(components: list[Any]) -> Iterator[str]:
    kind = discord.ComponentType.text_display.value
    return (node["content"] for node in _walk(components) if node["type"] == kind)


def _walk(components: list[Any]) -> Iterator[dict[str, Any]]:
    for node in components:
        yield node
        yield from _walk(node.get("components") or [])
        yield from _walk([node[key] for key in ("component", "accessory") if node.get(key)])
