"""The measurement of intake: every message is judged, and the peer counts them all."""

from __future__ import annotations

import pytest

from benchmarks.intake import measure, start


async def test_a_small_run_has_all_figures() -> None:
    """The bot judges what comes, singly and in a flood, and the ratio is that of the two rates."""
    figures = await measure(40, singly=10)
    assert figures["messages"] == 40
    assert 0 < figures["p50_ms"] <= figures["p95_ms"]
    assert figures["ratio"] == pytest.approx(figures["messages_per_s"] / figures["bare_messages_per_s"], abs=0.01)


async def test_a_start_asks_for_no_history() -> None:
    """Where nothing was posted meanwhile."""
    figures = await start(servers=20, channels=3)
    assert (figures["servers"], figures["channels"], figures["history_asked"]) == (20, 60, 0)
