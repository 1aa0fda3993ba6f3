"""Discord's answers are counted by kind."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from prometheus_client import CollectorRegistry

from bot.metrics.discord_responses import DiscordResponses

KINDS = ("2xx", "3xx", "4xx", "429", "5xx", "none")


@pytest.mark.parametrize(
    ("status", "kind"),
    [(200, "2xx"), (204, "2xx"), (304, "3xx"), (403, "4xx"), (404, "4xx"), (429, "429"), (502, "5xx"), (None, "none")],
)
def test_an_answer_is_counted_once(
    registry: CollectorRegistry, read: Callable[..., float | None], status: int | None, kind: str
) -> None:
    """Under its own kind; 429 is none of the 4xx, and no answer at all is a kind, too."""
    DiscordResponses(registry).count(status)
    counts = {each: read("bylaw_discord_responses_total", status=each) for each in KINDS}
    assert counts == {each: float(each == kind) for each in KINDS}
