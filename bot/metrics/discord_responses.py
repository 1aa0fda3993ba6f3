"""Counts Discord's responses to the bot's requests by kind."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter

_TOO_MANY = 429
_KINDS = ("2xx", "3xx", "4xx", "429", "5xx", "none")


class DiscordResponses:
    """Counts responses."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._responses = Counter(
            "bylaw_discord_responses",
            "Discord's answers by status: 2xx, 3xx, 4xx (but for 429), 429, 5xx, or none at all.",
            ("status",),
            registry=registry,
        )
        for kind in _KINDS:  # start at zero, because rate() misses the first event of a new series
            self._responses.labels(kind)

    def count(self, status: int | None) -> None:
        """Count one response by its HTTP status; None if there was none."""
        self._responses.labels(_kind(status)).inc()


def _kind(status: int | None) -> str:
    if status is None:
        return "none"
    return "429" if status == _TOO_MANY else f"{status // 100}xx"
