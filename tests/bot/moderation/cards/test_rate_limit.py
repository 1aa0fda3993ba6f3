"""The rate limit of a channel and the count of an hour, by a clock that a test moves."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

from bot.moderation.cards.rate_limit import BURST, EVENLY, HOUR, SOONEST, WINDOW, HourlyCount, RateLimit


def clock() -> tuple[list[float], Callable[[], float]]:
    """A time to move, and the clock that shows it."""
    time = [0.0]
    return time, lambda: time[0]


def test_a_channel_takes_a_burst_and_then_nothing_until_the_window_is_over() -> None:
    """Posts and edits apart, and each channel by itself."""
    time, now = clock()
    limit = RateLimit(now)
    for _ in range(BURST):
        limit.take(1, "post")
    assert (limit.room(1, "post"), limit.room(1, "edit"), limit.room(2, "post")) == (0, BURST, BURST)
    time[0] += WINDOW - 0.1
    limit.give_back(1, "post", 0.0)
    assert limit.room(1, "post") == 1
    time[0] += 0.1
    assert limit.room(1, "post") == BURST


def test_many_requests_come_evenly() -> None:
    """So that none of them waits for a window to end; never more than the window takes."""
    time, now = clock()
    limit = RateLimit(now)
    made: list[float] = []
    for _ in range(2_000):
        time[0] += 0.01
        if limit.is_due(1, "edit"):
            made.append(limit.take(1, "edit"))
        assert limit.room(1, "edit") >= 0
    assert 19 <= len(made) <= 20
    pauses = [after - before for before, after in pairwise(made)]
    assert min(pauses) >= SOONEST
    assert max(pauses) < 1.5 * EVENLY
    limit.give_back(2, "edit", time[0])
    assert limit.room(2, "edit") == BURST


def test_a_request_that_came_late_is_made_up_for_by_the_next() -> None:
    """The average stays: two of them take as long as two that come evenly, and the third waits for its own time."""
    time, now = clock()
    limit = RateLimit(now)
    limit.take(1, "post")
    time[0] += 1.5 * EVENLY
    limit.take(1, "post")
    time[0] += SOONEST + 0.01
    assert limit.is_due(1, "post")
    limit.take(1, "post")
    time[0] += SOONEST + 0.01
    assert not limit.is_due(1, "post")


def test_what_is_made_later_than_taken_counts_from_when_it_is_made() -> None:
    """Also where several are taken in advance: each gives back its own place, and not the last one's."""
    time, now = clock()
    limit = RateLimit(now)
    in_advance = [limit.take(1, "post") for _ in range(BURST)]
    time[0] = 1.0
    for taken_at in in_advance:
        limit.give_back(1, "post", taken_at)
        limit.take(1, "post")
    time[0] = WINDOW + 0.5
    assert limit.room(1, "post") == 0
    time[0] = WINDOW + 1.0
    assert limit.room(1, "post") == BURST


def test_the_hour_slides() -> None:
    """A card counts for an hour, in its own server."""
    time, now = clock()
    hourly = HourlyCount(now)
    hourly.add(1)
    time[0] += HOUR / 2
    hourly.add(1)
    assert (hourly.of(1), hourly.of(2)) == (2, 0)
    time[0] += HOUR / 2
    assert hourly.of(1) == 1
