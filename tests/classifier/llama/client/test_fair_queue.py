"""The queue: lanes by weight, servers in turn by tokens, bounds that hold, and nothing lost or served twice."""

from __future__ import annotations

import math
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from classifier.judge import Lane
from classifier.llama.client.fair_queue import WEIGHTS, FairQueue, Full

QUANTUM = 100


def new_queue(*, per_server: int = 1000, in_all: int = 1000) -> FairQueue[str]:
    return FairQueue(per_server=per_server, in_all=in_all, quantum=QUANTUM)


def put(queue: FairQueue[str], *items: str, lane: Lane = Lane.LIVE, server: int = 1, cost: float = 100) -> None:
    for item in items:
        assert queue.put(item, lane=lane, server=server, cost=cost) is None


def drained(queue: FairQueue[str]) -> list[str]:
    return list(iter(queue.take, None))


def test_urgent_lanes_go_first_and_each_server_keeps_its_order() -> None:
    """A moderator's question passes new messages, those pass what is judged again, and that passes a backtest."""
    queue = new_queue()
    for item, lane in (("b1", Lane.BACKGROUND), ("l1", Lane.LIVE), ("a1", Lane.AGAIN), ("l2", Lane.LIVE)):
        put(queue, item, lane=lane)
    assert queue.take() == "l1"
    put(queue, "i1", lane=Lane.INTERACTIVE)
    assert len(queue) == 4
    assert drained(queue) == ["i1", "l2", "a1", "b1"]
    assert queue.take() is None


TURNS = 2_000


def in_lanes(costs: dict[Lane, list[float]]) -> FairQueue[tuple[Lane, int]]:
    """A queue in which these lanes have work for all the turns."""
    queue: FairQueue[tuple[Lane, int]] = FairQueue(per_server=TURNS, in_all=TURNS, quantum=QUANTUM)
    for lane, costs_of_lane in costs.items():
        for number in range(TURNS):
            cost = costs_of_lane[number % len(costs_of_lane)]
            assert queue.put((lane, number), lane=lane, server=number % 3, cost=cost) is None
    return queue


@settings(deadline=None, max_examples=20)
@given(st.dictionaries(st.sampled_from(Lane), st.lists(st.floats(1, 900), min_size=1, max_size=5), min_size=2))
def test_every_lane_with_work_gets_its_share(costs: dict[Lane, list[float]]) -> None:
    """2,000 turns, lanes that are never empty: each has its part of the tokens at any time, but for one round."""
    queue = in_lanes(costs)
    given_out = dict.fromkeys(costs, 0.0)
    weights = sum(WEIGHTS[lane] for lane in costs)
    round_and_debts = weights * QUANTUM + 900 * len(costs)
    for _ in range(TURNS):
        taken = queue.take()
        assert taken is not None
        lane, number = taken
        given_out[lane] += costs[lane][number % len(costs[lane])]
        for each, tokens in given_out.items():
            assert tokens >= WEIGHTS[each] / weights * sum(given_out.values()) - round_and_debts


def test_questions_without_end_leave_new_messages_their_third() -> None:
    """One server asks and asks: of 2,000 turns others get as many as their lane's weight says, and not 0."""
    queue = in_lanes({Lane.INTERACTIVE: [100], Lane.LIVE: [100]})
    lanes = Counter(taken[0] for _ in range(TURNS) if (taken := queue.take()))
    assert lanes[Lane.LIVE] == pytest.approx(TURNS * 4 / 12, abs=8)


def test_what_went_first_out_of_turn_waits_later() -> None:
    """Questions that were let in where nothing else could go count as much as all others do."""
    queue = in_lanes({Lane.INTERACTIVE: [100], Lane.LIVE: [100]})
    for _ in range(80):
        assert (queue.take(least=Lane.INTERACTIVE) or (None,))[0] is Lane.INTERACTIVE
    lanes = Counter(taken[0] for _ in range(60) if (taken := queue.take()))
    assert lanes[Lane.LIVE] >= 40


def test_a_question_goes_before_whatever_waits() -> None:
    """A thousand new messages wait and have waited for long: the first question is next, and so are some more."""
    queue = new_queue()
    put(queue, *(f"m{number}" for number in range(500)))
    for _ in range(123):
        queue.take()
    put(queue, "a", "b", "c", lane=Lane.INTERACTIVE)
    assert [queue.take(), queue.take(), queue.take()] == ["a", "b", "c"]


def test_a_place_can_be_kept_for_urgent_requests() -> None:
    """Where only urgent ones may go in, the others stay where they are."""
    queue = new_queue()
    put(queue, "live")
    assert queue.take(least=Lane.INTERACTIVE) is None
    put(queue, "asked", lane=Lane.INTERACTIVE)
    assert queue.take(least=Lane.INTERACTIVE) == "asked"
    assert queue.take() == "live"


def test_a_raid_does_not_hold_up_another_server() -> None:
    """A hundred messages of one server, then one of another: that one is next but one."""
    queue = new_queue()
    put(queue, *(f"raid {number}" for number in range(100)), server=1)
    assert queue.take() == "raid 0"
    put(queue, "quiet", server=2)
    assert [queue.take(), queue.take()].count("quiet") == 1


def test_turns_are_counted_in_tokens() -> None:
    """A server with long requests gets fewer of them than one with short requests, and as many tokens."""
    queue = new_queue()
    put(queue, *(f"long {number}" for number in range(40)), server=1, cost=200)
    put(queue, *(f"short {number}" for number in range(40)), server=2, cost=50)
    served = Counter((queue.take() or "").split()[0] for _ in range(25))
    assert served == {"long": 5, "short": 20}


def test_what_took_more_than_was_estimated_is_charged_later() -> None:
    """Who took too much waits until the others have caught up; who took less gets the rest."""
    queue = new_queue()
    put(queue, *(f"a{number}" for number in range(10)), server=1)
    put(queue, *(f"b{number}" for number in range(10)), server=2)
    queue.charge(300, lane=Lane.LIVE, server=1)
    assert [queue.take() for _ in range(5)] == ["b0", "b1", "b2", "a0", "b3"]
    queue.charge(-200, lane=Lane.LIVE, server=1)
    assert [queue.take() for _ in range(4)] == ["a1", "a2", "a3", "b4"]


def test_debts_of_a_server_that_waits_for_nothing_are_forgotten() -> None:
    """Nobody was kept waiting for its sake."""
    queue = new_queue()
    queue.charge(10_000, lane=Lane.LIVE, server=1)
    put(queue, "a", server=1)
    put(queue, "b", server=2)
    assert drained(queue) == ["a", "b"]


def test_a_full_line_says_which_bound_it_is_and_leaves_the_others_open() -> None:
    """One server's messages keep no other server out, and a backtest keeps no moderator out."""
    queue = new_queue(per_server=2, in_all=3)
    put(queue, "a", "b", server=1)
    assert queue.put("c", lane=Lane.LIVE, server=1, cost=1) is Full.SERVER
    put(queue, "d", server=2)
    assert queue.put("e", lane=Lane.LIVE, server=2, cost=1) is Full.LANE
    put(queue, "f", server=1, lane=Lane.INTERACTIVE)
    assert sorted(drained(queue)) == ["a", "b", "d", "f"]


def test_a_withdrawn_request_leaves_no_gap() -> None:
    """Removed wherever it stands; what does not wait cannot be removed."""
    queue = new_queue()
    put(queue, "a", "b", "c")
    assert queue.remove("b")
    assert not queue.remove("b")
    assert drained(queue) == ["a", "c"]
    assert not queue.remove("a")


COSTS = st.floats(1, 400)


@settings(deadline=None)
@given(
    lines=st.dictionaries(st.integers(1, 6), st.lists(COSTS, min_size=1, max_size=30), min_size=2),
    watched=st.data(),
)
def test_every_server_with_something_waiting_is_served_in_time(
    lines: dict[int, list[float]], watched: st.DataObject
) -> None:
    """From one of its requests to the next, the others get no more than a share for each round that its cost takes."""
    queue: FairQueue[tuple[int, int]] = FairQueue(per_server=1000, in_all=1000, quantum=QUANTUM)
    for server, costs in lines.items():
        for number, cost in enumerate(costs):
            assert queue.put((server, number), lane=Lane.LIVE, server=server, cost=cost) is None
    me = watched.draw(st.sampled_from(sorted(lines)))
    others = 0.0
    for server, number in iter(queue.take, None):
        cost = lines[server][number]
        if server != me:
            others += cost
            continue
        rounds = math.ceil(cost / QUANTUM) + 1
        assert others <= rounds * (len(lines) - 1) * (QUANTUM + 400)
        others = 0.0


class Arrivals(RuleBasedStateMachine):
    """Random arrivals, turns, withdrawals and corrections, against a plain list of what waits."""

    def __init__(self) -> None:
        super().__init__()
        self.queue: FairQueue[int] = FairQueue(per_server=4, in_all=8, quantum=QUANTUM)
        self.waiting: dict[int, tuple[Lane, int, float]] = {}
        self.next = 0

    @rule(lane=st.sampled_from(Lane), server=st.integers(1, 3), cost=COSTS)
    def arrive(self, lane: Lane, server: int, cost: float) -> None:
        """Let in unless a bound is reached, and then the right one is named."""
        of_lane = [place for place in self.waiting.values() if place[0] is lane]
        of_server = [place for place in of_lane if place[1] == server]
        expected = Full.SERVER if len(of_server) >= 4 else Full.LANE if len(of_lane) >= 8 else None
        assert self.queue.put(self.next, lane=lane, server=server, cost=cost) is expected
        if expected is None:
            self.waiting[self.next] = (lane, server, cost)
        self.next += 1

    @rule(least=st.sampled_from(Lane))
    def take(self, least: Lane) -> None:
        """Something of these lanes as long as they have anything, and nothing that was taken or withdrawn before."""
        lanes = list(Lane)
        allowed = lanes[: lanes.index(least) + 1]
        item = self.queue.take(least=least)
        if item is None:
            assert not [place for place in self.waiting.values() if place[0] in allowed]
            return
        assert self.waiting.pop(item)[0] in allowed

    @rule(data=st.data())
    def withdraw(self, data: st.DataObject) -> None:
        """Only what waits can be withdrawn."""
        item = data.draw(st.integers(0, max(self.next, 1)))
        assert self.queue.remove(item) is (item in self.waiting)
        self.waiting.pop(item, None)

    @rule(lane=st.sampled_from(Lane), server=st.integers(1, 3), tokens=st.floats(-500, 500))
    def correct(self, lane: Lane, server: int, tokens: float) -> None:
        """Corrections change the order only."""
        self.queue.charge(tokens, lane=lane, server=server)

    @invariant()
    def nothing_is_lost(self) -> None:
        """As many wait as came and did not go."""
        assert len(self.queue) == len(self.waiting)

    def teardown(self) -> None:
        """In the end everything comes out, once."""
        assert Counter(iter(self.queue.take, None)) == Counter(list(self.waiting))


TestArrivals = Arrivals.TestCase
TestArrivals.settings = settings(deadline=None, max_examples=40, stateful_step_count=40)


@pytest.mark.parametrize("servers", [1, 50])
def test_shares_are_equal_over_time(servers: int) -> None:
    """Whoever waits all the time gets the same number of tokens as everybody else who does, within two requests."""
    queue: FairQueue[tuple[int, int]] = FairQueue(per_server=1000, in_all=100_000, quantum=QUANTUM)
    for server in range(servers):
        for number in range(100):
            queue.put((server, number), lane=Lane.LIVE, server=server, cost=20 + server)
    served: Counter[int] = Counter()
    for _ in range(20 * servers):
        taken = queue.take()
        assert taken is not None
        served[taken[0]] += 20 + taken[0]
    assert max(served.values()) - min(served[server] for server in range(servers)) <= QUANTUM + 2 * (20 + servers)
