"""The figures of a cluster run say what they mean: each loss and each repetition is counted when there is one."""

from __future__ import annotations

import pytest

from benchmarks.cluster.__main__ import Result, result
from benchmarks.cluster.count import Counts, Verdict, counted
from benchmarks.cluster.run import Outcome
from benchmarks.cluster.served import Overhead
from benchmarks.loopback.payloads import Ids, guild_of
from benchmarks.loopback.world import World

VERSIONS = {guild_of(0): 7, guild_of(1): 8}


@pytest.fixture
def worlds() -> tuple[World, World]:
    """Two servers to which nobody listens, with a message in each."""
    ids = Ids()
    first, second = (World(emit=lambda _name, _data: None, guild_id=guild_of(number), ids=ids) for number in (0, 1))
    first.post(first.mods + 1, "hello")
    second.post(second.mods + 1, "hello")
    return first, second


def verdicts(worlds: tuple[World, World]) -> list[Verdict]:
    """One for each message, under the version of its server."""
    return [(message_id, edit, VERSIONS[each.guild_id]) for each in worlds for _, message_id, edit in each.of_members()]


def found(rows: list[Verdict], worlds: tuple[World, World]) -> tuple[int, int, int]:
    """Judged, lost, judged twice."""
    counts = counted(rows, worlds, VERSIONS, cards_to_come=0)
    return counts.judged, counts.lost, counts.judged_twice


def test_everything_judged_once_is_nothing_wrong(worlds: tuple[World, World]) -> None:
    """In both servers."""
    assert found(verdicts(worlds), worlds) == (2, 0, 0)


def test_a_message_without_a_verdict_is_lost(worlds: tuple[World, World]) -> None:
    """As is one that was judged under the other server's version, or before its edit."""
    rows = verdicts(worlds)
    assert found(rows[:1], worlds) == (1, 1, 0)
    assert found([rows[0], (rows[1][0], 0, 7)], worlds) == (2, 1, 0)
    worlds[0].edit(worlds[0].mods + 1, rows[0][0], "hello again")
    assert found(rows, worlds) == (2, 1, 0)


def test_a_message_that_is_gone_is_not_lost(worlds: tuple[World, World]) -> None:
    """Nothing has to be judged any more."""
    rows = verdicts(worlds)
    worlds[1].delete(worlds[1].mods + 1, rows[1][0])
    assert found(rows[:1], worlds) == (1, 0, 0)


def test_a_verdict_that_is_there_twice_is_counted(worlds: tuple[World, World]) -> None:
    """The database refuses that; the count does not rely on it."""
    rows = verdicts(worlds)
    assert found([*rows, rows[0]], worlds) == (2, 0, 1)


def test_two_cards_of_a_case_are_counted_in_each_server(worlds: tuple[World, World]) -> None:
    """The same number in two servers is two cases."""
    button = {"components": [{"custom_id": "bylaw:case:1:3:violation"}]}
    for world in worlds:
        world.post_as_bot(world.mods, button)
    assert counted([], worlds, VERSIONS, cards_to_come=0).cards_twice == 0
    worlds[1].post_as_bot(worlds[1].mods, button)
    assert counted([], worlds, VERSIONS, cards_to_come=0).cards_twice == 1


@pytest.mark.parametrize(
    ("wrong", "scale", "good"),
    [({}, 1.8, True), ({}, None, True), ({}, 1.79, False), ({"lost": 1}, 2.0, False), ({"cards_twice": 1}, 2.0, False)],
)
def test_what_is_good(wrong: dict[str, int], scale: float | None, good: bool) -> None:
    """Nothing lost, nothing doubled, and a second replica worth at least 0.8 of the first."""
    none = {"judged": 5, "lost": 0, "judged_twice": 0, "cards_twice": 0, "cards_to_come": 0}
    outcome = Outcome(posted=5, counts=Counts(**(none | wrong)), kills=4)
    assert result(outcome, scale=scale, overhead=Overhead(served=2.0, plain=1.0)).good is good


def test_the_result_has_the_promised_keys() -> None:
    """Those that the page shows, in their order."""
    keys = (
        "posted",
        "judged",
        "lost",
        "judged_twice",
        "cards_twice",
        "kills",
        "scale_2_over_1",
        "overhead_ms_p50",
        "plain_ms_p50",
    )
    assert tuple(Result.__dataclass_fields__) == keys
