"""Prefixes are found by exactly their own ids, and the least recently used ones make room."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile

from hypothesis import given
from hypothesis import strategies as st

from classifier.llama.engine.prefix_cache import PrefixCache


def common(ids: Sequence[int], others: Sequence[int]) -> list[tuple[int, int]]:
    return list(takewhile(lambda pair: pair[0] == pair[1], zip(ids, others, strict=False)))


def cache(most_bytes: int) -> PrefixCache[bytes]:
    return PrefixCache(most_bytes=most_bytes, size_of=len)


def test_a_prefix_is_found_by_its_ids_alone() -> None:
    """One id more, less or other is another prefix."""
    prefixes = cache(100)
    prefixes.put((1, 2, 3), b"abc")
    assert prefixes.get((1, 2, 3)) == b"abc"
    assert [prefixes.get(ids) for ids in ((1, 2), (1, 2, 3, 4), (1, 2, 4), ())] == [None] * 4


def test_the_longest_that_ids_go_on_behind() -> None:
    """Not one that goes on otherwise, and not the ids themselves. Being found is being used."""
    prefixes = cache(40)
    for ids in ((1,), (1, 2, 3), (1, 2, 9), (1, 2, 3, 4, 5)):
        prefixes.put(ids, bytes(ids).ljust(10, b"x"))
    assert prefixes.longest_within((1, 2, 3, 4)) == (3, b"\1\2\3xxxxxxx")
    assert prefixes.longest_within((1, 2, 3)) == (1, b"\1xxxxxxxxx")
    assert prefixes.longest_within((2, 1)) is None
    prefixes.put((7,), b"x" * 10)
    assert [ids in prefixes for ids in ((1,), (1, 2, 3), (1, 2, 9))] == [True, True, False]


@given(st.lists(st.lists(st.integers(0, 2), max_size=12).map(tuple), max_size=6), st.lists(st.integers(0, 2)))
def test_what_is_shared(kept: list[tuple[int, ...]], asked: list[int]) -> None:
    """As compared id by id."""
    prefixes = cache(10_000)
    for ids in kept:
        prefixes.put(ids, b"x")
    assert prefixes.shared(tuple(asked)) == max((len(common(ids, asked)) for ids in kept), default=0)


def test_the_least_recently_used_one_goes_first() -> None:
    """Being used counts, being asked for by name does not."""
    prefixes = cache(30)
    for number in (1, 2, 3):
        prefixes.put((number,), b"x" * 10)
    assert prefixes.get((1,))
    assert (2,) in prefixes
    prefixes.put((4,), b"x" * 10)
    assert [(number,) in prefixes for number in (1, 2, 3, 4)] == [True, False, True, True]


def test_one_that_is_larger_than_all_the_room_drops_nothing() -> None:
    """It is computed each time instead; its own old copy does not stay."""
    prefixes = cache(30)
    prefixes.put((1,), b"x" * 10)
    prefixes.put((2,), b"x" * 31)
    assert ((1,) in prefixes, (2,) in prefixes, prefixes.bytes) == (True, False, 10)


@given(st.lists(st.tuples(st.integers(0, 8), st.integers(0, 40)), max_size=60), st.integers(0, 100))
def test_the_room_is_never_exceeded(puts: list[tuple[int, int]], most: int) -> None:
    """Whatever is put: the bytes are those that are kept, within the room, and nobody gets another's."""
    prefixes = cache(most)
    for number, size in puts:
        prefixes.put((number,), bytes([number]) * size)
        kept = [prefixes.get((each,)) for each in range(9)]
        assert prefixes.bytes == sum(len(snapshot or b"") for snapshot in kept) <= most
        assert len(prefixes) == sum(snapshot is not None for snapshot in kept)
        assert all(set(snapshot) <= {each} for each, snapshot in enumerate(kept) if snapshot)
