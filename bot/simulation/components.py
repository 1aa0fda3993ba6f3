"""Reads the bot's messages and forms in SimCord's format: the JSON of Discord's components."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import discord
import simcord

_CASE_BUTTON = "bylaw:case:"  #: prefix of the custom_ids of a card's buttons: bylaw:case:SERVER:NUMBER:...


def answers(result: simcord.InteractionResult) -> Iterator[str]:
    """The texts of a reply, in reading order."""
    for message in (result.response, *result.followups):
        if message is not None:
            yield from filter(None, (message.content, *texts(message.components)))


def buttons(components: list[Any]) -> list[dict[str, Any]]:
    """All buttons."""
    return [node for node in _walk(components) if node["type"] == discord.ComponentType.button.value]


def usable(components: list[Any]) -> tuple[str, ...]:
    """The labels of the buttons that can be clicked."""
    return tuple(button["label"] for button in buttons(components) if not button.get("disabled"))


def texts(components: list[Any]) -> Iterator[str]:
    """All texts."""
    return (node["content"] for node in _walk(components) if node["type"] == discord.ComponentType.text_display.value)


def text_inputs(modal: dict[str, Any]) -> list[str]:
    """The ids of a form's text fields."""
    kind = discord.ComponentType.text_input.value
    return [node["custom_id"] for node in _walk(modal["components"]) if node["type"] == kind]


def case_number(components: list[Any]) -> int | None:
    """The number of the case that a card is about; None for other messages."""
    ids = (button.get("custom_id", "") for button in buttons(components))
    found = next((each for each in ids if each.startswith(_CASE_BUTTON)), None)
    return int(found.split(":")[3]) if found else None


def _walk(components: list[Any]) -> Iterator[dict[str, Any]]:
    """Every component, in reading order."""
    for node in components:
        yield node
        inner = node.get("components") or ([node["component"]] if node.get("component") else [])
        yield from _walk(inner)
