"""A cache of policies that were already read: the model's state after the part of a prompt that does not change.

A prefix is computed once and kept as bytes outside the cache. Every message under the policy gets a copy of its own, so
no message can read another policy's cells, a prefix may be dropped while it is in use, and only ordinary memory limits
how many are kept. Least recently used ones go first.

Every policy's part begins with the same words of ours, and a new version of a policy with most of the old one's. So
what two prefixes have in common is kept as well, for the third to go on from.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

import psutil
from cachetools import LRUCache

Ids = tuple[int, ...]
T = TypeVar("T")

_SHARE = 0.2  # of the memory that is free when the model is loaded


def room_for_prefixes() -> int:
    """How many bytes the kept prefixes may take together on this machine, once the model is loaded."""
    return int(psutil.virtual_memory().available * _SHARE)


class PrefixCache(Generic[T]):
    """Snapshots by the token ids that they were computed from: other ids, even by one token, are another prefix."""

    def __init__(self, *, most_bytes: int, size_of: Callable[[T], int]) -> None:
        self._kept: LRUCache[Ids, T] = LRUCache(most_bytes, getsizeof=size_of)

    @property
    def most_bytes(self) -> int:
        """What the snapshots may take together."""
        return int(self._kept.maxsize)

    @property
    def bytes(self) -> int:
        """What the snapshots take together."""
        return int(self._kept.currsize)

    def __len__(self) -> int:
        """How many prefixes are kept."""
        return len(self._kept)

    def __contains__(self, ids: Ids) -> bool:
        """Whether this prefix is kept. Asking does not count as use."""
        return ids in self._kept

    def get(self, ids: Ids) -> T | None:
        """The snapshot of this prefix, which counts as used now; None when it is not kept."""
        return self._kept.get(ids)

    def longest_within(self, ids: Ids) -> tuple[int, T] | None:
        """The longest kept prefix that these ids begin with, if they continue after it: its length and its snapshot."""
        length = max((len(kept) for kept in self._kept if len(kept) < len(ids) and ids[: len(kept)] == kept), default=0)
        snapshot = self.get(ids[:length])
        return None if snapshot is None else (length, snapshot)

    def shared(self, ids: Ids) -> int:
        """The length of the longest beginning that these ids share with a kept prefix that then differs."""
        most = 0
        for kept in self._kept:
            if kept[:most] == ids[:most]:
                most = max(most, _shared(kept, ids))
        return most

    def put(self, ids: Ids, snapshot: T) -> None:
        """Keep a snapshot, and drop the least recently used ones to make room.

        A snapshot larger than the whole cache is not kept.
        """
        self._kept.pop(ids, None)  # or its old bytes would count in addition to the new ones, and evict others
        if self._kept.getsizeof(snapshot) <= self._kept.maxsize:
            self._kept[ids] = snapshot


def _shared(one: Ids, other: Ids) -> int:
    """How many ids both have in common at the beginning; found by bisection, because comparing tuples is far faster
    than a loop."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[:middle] == other[:middle]:
            low = middle
        else:
            high = middle - 1
    return low
