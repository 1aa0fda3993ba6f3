"""The checks that every other test here relies on find what they are there to find."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import simcord

Problems = Callable[[simcord.HttpLogEntry], list[str]]


def message(**body: Any) -> simcord.HttpLogEntry:
    """A request that posts a message; without arguments a good one."""
    good = {"content": "hello", "allowed_mentions": {"parse": []}}
    return simcord.HttpLogEntry(
        method="POST", path="/channels/1/messages", params={}, json={**good, **body}, reason=None
    )


def button(label: str = "Go", custom_id: str = "go") -> dict[str, Any]:
    """A button."""
    return {"type": 2, "style": 1, "label": label, "custom_id": custom_id}


def test_a_good_message_passes(problems_of: Problems) -> None:
    """There is nothing to say about it."""
    assert problems_of(message(components=[{"type": 1, "components": [button()]}])) == []


@pytest.mark.parametrize(
    "body",
    [
        {"content": "x" * 2_001},
        {"content": "😀" * 1_001},
        {"content": ""},
        {"allowed_mentions": None},
        {"allowed_mentions": {"parse": ["everyone"]}},
        {"components": [{"type": 10, "content": "x"}]},
        {"content": "", "flags": 32_768, "components": [{"type": 10, "content": "x" * 2_100}] * 2},
        {"components": [{"type": 1, "components": [button(), button()]}]},
        {"components": [{"type": 1, "components": [button(custom_id="x" * 101)]}]},
        {"nonce": "x" * 26},
    ],
)
def test_a_message_beyond_a_limit_is_found(problems_of: Problems, body: dict[str, Any]) -> None:
    """Each of Discord's limits is looked at."""
    assert problems_of(message(**body)) != []


def test_the_official_description_is_looked_at(problems_of: Problems, request_schemas: list[Any]) -> None:
    """What only the description of Discord's API knows is found, too."""
    if not request_schemas:
        pytest.skip("Discord's OpenAPI description is missing: put discord_openapi.json into ../shared/data")
    assert problems_of(message(components=[{"type": 1, "components": [button(label="x" * 81)]}])) != []
