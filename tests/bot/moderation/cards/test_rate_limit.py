"""The rate limit of a channel and the count of an hour, by a clock that a test moves."""

from __future__ import annotations

from collections.abc import Callable

from bot.moderation.cards.rate_limit import BURST, HOUR, WINDOW, HourlyCount, RateLimit


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
    made = 0
    for _ in range(2_000):
        time[0] += 0.01
        if limit.is_due(1, "edit"):
            limit.take(1, "edit")
            made += 1
        assert limit.room(1, "edit") >= 0
    assert made == 20
    limit.give_back(2, "edit", time[0])
    assert limit.room(2, "edit") == BURST


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
