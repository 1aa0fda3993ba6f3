"""Which request is next: pure, and bounded.

A lane is served only while every more urgent lane is empty; inside a lane, first come, first served. The bound is
per lane, so that a backtest of ten thousand messages cannot keep a moderator's question out.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

from classifier.judge import Lane

T = TypeVar("T", bound=Hashable)


class LaneQueue(Generic[T]):
    """Waiting requests in their lanes. A request waits at most once."""

    def __init__(self, *, places_per_lane: int) -> None:
        self._places = places_per_lane
        self._lanes: dict[Lane, OrderedDict[T, None]] = {lane: OrderedDict() for lane in Lane}

    def __len__(self) -> int:
        """How many requests wait."""
        return sum(len(lane) for lane in self._lanes.values())

    def put(self, item: T, lane: Lane) -> bool:
        """Line up at the end of a lane; False when the lane is full."""
        if len(self._lanes[lane]) >= self._places:
            return False
        self._lanes[lane][item] = None
        return True

    def put_back(self, item: T, lane: Lane) -> None:
        """Line up at the front again, full or not: the request had its turn and lost it through no fault of its own."""
        self._lanes[lane][item] = None
        self._lanes[lane].move_to_end(item, last=False)

    def take(self) -> T | None:
        """The next request, or None when nobody waits."""
        for lane in Lane:
            if self._lanes[lane]:
                return self._lanes[lane].popitem(last=False)[0]
        return None

    def remove(self, item: T) -> bool:
        """Take a request out of its line; False when it does not wait."""
        for lane in self._lanes.values():
            if item in lane:
                del lane[item]
                return True
        return False
