"""What a view shows, and whether Discord would take it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import discord
from simcord.components import validate_components

from bot.cogs.interactions.quoting import units

V2 = 1 << 15


def parts(view: discord.ui.LayoutView) -> Iterator[dict[str, Any]]:
    """Every component of a view, as it goes to Discord."""

    def walk(components: list[Any]) -> Iterator[dict[str, Any]]:
        for component in components:
            yield component
            yield from walk(component.get("components", []))

    return walk(view.to_components())


def text_of(view: discord.ui.LayoutView) -> str:
    """What a view shows."""
    return "\n".join(part["content"] for part in parts(view) if "content" in part)


def fits(view: discord.ui.LayoutView) -> bool:
    """Would Discord take it? By our own count, and by SimCord's."""
    validate_components(view.to_components(), flags=V2)
    components = list(parts(view))
    custom_ids = [part["custom_id"] for part in components if "custom_id" in part]
    assert len(set(custom_ids)) == len(custom_ids)
    assert all(1 <= len(custom_id) <= 100 for custom_id in custom_ids)
    assert all(part["content"].strip() for part in components if "content" in part)
    return len(components) <= 40 and sum(units(part.get("content", "")) for part in components) <= 4_000
