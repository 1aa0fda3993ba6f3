"""The queue: urgent lanes first, then in order, and no more than it has places for."""

from __future__ import annotations

from classifier.judge import Lane
from classifier.llama.scheduler import LaneQueue


def drained(queue: LaneQueue[str]) -> list[str]:
    return list(iter(queue.take, None))


def test_urgent_lanes_go_first_and_each_keeps_its_order() -> None:
    """A moderator's question passes new messages, those pass a backtest."""
    queue: LaneQueue[str] = LaneQueue(places_per_lane=10)
    for item, lane in (("b1", Lane.BACKGROUND), ("l1", Lane.LIVE), ("b2", Lane.BACKGROUND), ("l2", Lane.LIVE)):
        assert queue.put(item, lane)
    assert queue.take() == "l1"
    assert queue.put("i1", Lane.INTERACTIVE)
    assert len(queue) == 4
    assert drained(queue) == ["i1", "l2", "b1", "b2"]
    assert queue.take() is None


def test_a_full_lane_refuses_and_leaves_the_others_open() -> None:
    """A long backtest cannot keep anybody else out."""
    queue: LaneQueue[str] = LaneQueue(places_per_lane=2)
    assert [queue.put(item, Lane.BACKGROUND) for item in "abc"] == [True, True, False]
    assert queue.put("d", Lane.INTERACTIVE)
    assert drained(queue) == ["d", "a", "b"]


def test_what_lost_its_turn_comes_first_again_even_in_a_full_lane() -> None:
    """It had its place already."""
    queue: LaneQueue[str] = LaneQueue(places_per_lane=2)
    queue.put("a", Lane.LIVE)
    queue.put("b", Lane.LIVE)
    queue.put_back("first", Lane.LIVE)
    assert drained(queue) == ["first", "a", "b"]


def test_a_withdrawn_request_leaves_no_gap() -> None:
    """Removed wherever it stands; what does not wait cannot be removed."""
    queue: LaneQueue[str] = LaneQueue(places_per_lane=5)
    for item in "abc":
        queue.put(item, Lane.LIVE)
    assert queue.remove("b")
    assert not queue.remove("b")
    assert drained(queue) == ["a", "c"]
