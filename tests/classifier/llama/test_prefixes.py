"""Prefixes are found by exactly their own ids, and the least recently used ones make room."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from classifier.llama.prefixes import PrefixCache


def cache(most_bytes: int) -> PrefixCache[bytes]:
    return PrefixCache(most_bytes=most_bytes, size_of=len)


def test_a_prefix_is_found_by_its_ids_alone() -> None:
    """One id more, less or other is another prefix."""
    prefixes = cache(100)
    prefixes.put((1, 2, 3), b"abc")
    assert prefixes.get((1, 2, 3)) == b"abc"
    assert [prefixes.get(ids) for ids in ((1, 2), (1, 2, 3, 4), (1, 2, 4), ())] == [None] * 4


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
