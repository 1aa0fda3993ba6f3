"""Which request is next: bounded, and fair to every server. Pure, without I/O.

The lanes share the model by weight: in every round each lane with work gets tokens as its weight says, the most urgent
lane first. So a moderator's question overtakes everything that waits, while a stream of questions still leaves new
messages their third. Inside a lane the servers take turns by the tokens that their requests take (deficit round robin):
a server in whose channels a raid is on gets its share and no more, and a server with one message waits for a part of a
round, not for the raid. A server's own requests are served in the order in which they came.

The bounds are per lane, so that a backtest of ten thousand messages cannot keep a moderator's question out, and per
server in a lane, so that one server cannot take up the room of all.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass, field
from enum import Enum
from typing import Generic, TypeVar

from classifier.judge import Lane

T = TypeVar("T", bound=Hashable)

QUANTUM = 512  #: tokens that a server is given when its turn comes; about one request
WEIGHTS = {Lane.INTERACTIVE: 8, Lane.LIVE: 4, Lane.AGAIN: 2, Lane.BACKGROUND: 1}  #: quanta of each lane in a round
_LANES = tuple(Lane)  # most urgent first


class Full(Enum):
    """Which limit keeps a request out."""

    SERVER = "of this server"
    LANE = "in all"


@dataclass(slots=True)
class _Line(Generic[T]):
    """What waits of one server in one lane, oldest first. Credit may be below zero: what was taken in advance."""

    costs: OrderedDict[T, float] = field(default_factory=OrderedDict)
    credit: float = 0.0
    in_turn: bool = False  # it has its quantum for this turn


class _Lane(Generic[T]):
    """The servers with waiting requests; it is the first one's turn.

    `credit` is what the lane may still take in this round. Below zero it was taken from the rounds to come.
    """

    def __init__(self, quantum: float, weight: int) -> None:
        self._quantum = quantum
        self._share = weight * quantum
        self._lines: OrderedDict[int, _Line[T]] = OrderedDict()
        self.size = 0
        self.credit = self._share

    def begin_round(self) -> None:
        """Unused credit of the last round expires; debt does not."""
        self.credit = min(self.credit, 0) + self._share

    def waiting_of(self, server: int) -> int:
        line = self._lines.get(server)
        return len(line.costs) if line else 0

    def put(self, item: T, server: int, cost: float) -> None:
        self._lines.setdefault(server, _Line()).costs[item] = cost
        self.size += 1

    def take(self) -> T:
        while True:
            server, line = next(iter(self._lines.items()))
            item, cost = next(iter(line.costs.items()))
            if line.credit >= cost:
                line.credit -= cost
                self.credit -= cost
                self.remove(item, server)
                return item
            if line.in_turn:
                self._lines.move_to_end(server)
            else:
                line.credit += self._quantum
            line.in_turn = not line.in_turn

    def remove(self, item: T, server: int) -> None:
        line = self._lines[server]
        del line.costs[item]
        self.size -= 1
        if not line.costs:
            del self._lines[server]  # its credit and its debt go with it

    def charge(self, server: int, tokens: float) -> None:
        line = self._lines.get(server)
        if line is not None:
            line.credit -= tokens
        if self.size:
            self.credit -= tokens


class FairQueue(Generic[T]):
    """Waiting requests, by lane and server. A request waits at most once."""

    def __init__(self, *, per_server: int, in_all: int, quantum: float = QUANTUM) -> None:
        """Bounds count requests in one lane: of one server, and of all servers together."""
        self._per_server = per_server
        self._in_all = in_all
        self._lanes: dict[Lane, _Lane[T]] = {lane: _Lane(quantum, WEIGHTS[lane]) for lane in _LANES}
        self._places: dict[T, tuple[Lane, int]] = {}

    def __len__(self) -> int:
        """How many requests wait."""
        return len(self._places)

    def put(self, item: T, *, lane: Lane, server: int, cost: float) -> Full | None:
        """Queue behind the server's other requests. If a limit is reached, nothing changes and the limit is returned.

        Args:
            cost: tokens, more than 0; an estimate that `charge` corrects later.
        """
        if self._lanes[lane].waiting_of(server) >= self._per_server:
            return Full.SERVER
        if self._lanes[lane].size >= self._in_all:
            return Full.LANE
        self._lanes[lane].put(item, server, cost)
        self._places[item] = (lane, server)
        return None

    def take(self, *, least: Lane = Lane.BACKGROUND) -> T | None:
        """The next request of `least` and the lanes above it; None when none waits there.

        If lanes below `least` were due first, this is charged against their next rounds.
        """
        allowed = [lane for lane in _LANES[: _LANES.index(least) + 1] if self._lanes[lane].size]
        if not allowed:
            return None
        item = self._lanes[self._turn_of(allowed)].take()
        del self._places[item]
        return item

    def _turn_of(self, allowed: list[Lane]) -> Lane:
        """The most urgent of these lanes that has something left of its share; a new round when no lane has."""
        busy = [lane for lane in self._lanes.values() if lane.size]
        while all(lane.credit <= 0 for lane in busy):
            for lane in self._lanes.values():
                lane.begin_round()
        return next((lane for lane in allowed if self._lanes[lane].credit > 0), allowed[0])

    def remove(self, item: T) -> bool:
        """Take a request out of the queue; False when it is not in it."""
        place = self._places.pop(item, None)
        if place is None:
            return False
        lane, server = place
        self._lanes[lane].remove(item, server)
        return True

    def charge(self, tokens: float, *, lane: Lane, server: int) -> None:
        """A request of this server took `tokens` more than was estimated (fewer if negative).

        This has no effect on a server or lane with an empty queue: it takes nothing from others.
        """
        self._lanes[lane].charge(server, tokens)
