"""Policies that were read already: what the model's cache held behind the part of a prompt that does not change.

A prefix is computed once and kept as bytes outside the cache. Every message under the policy gets a copy of its own,
so no message can read another policy's cells, a prefix may be dropped while it is in use, and how many are kept is a
question of ordinary memory. Least recently used ones go first.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

import psutil

Ids = tuple[int, ...]
T = TypeVar("T")

_SHARE = 0.2  # of the memory that is free when the model is loaded


def room_for_prefixes() -> int:
    """How many bytes the kept prefixes may take together on this machine, once the model is loaded."""
    return int(psutil.virtual_memory().available * _SHARE)


class PrefixCache(Generic[T]):
    """Snapshots by the token ids that they were computed from: other ids, even by one token, are another prefix."""

    def __init__(self, *, most_bytes: int, size_of: Callable[[T], int]) -> None:
        self._most_bytes = most_bytes
        self._size_of = size_of
        self._kept: OrderedDict[Ids, T] = OrderedDict()
        self.bytes = 0  #: what the snapshots take together

    def __len__(self) -> int:
        """How many prefixes are kept."""
        return len(self._kept)

    def __contains__(self, ids: Ids) -> bool:
        """Whether this prefix is kept. Asking is no use of it."""
        return ids in self._kept

    def get(self, ids: Ids) -> T | None:
        """The snapshot of this prefix, which counts as used now; None when it is not kept."""
        if ids not in self._kept:
            return None
        self._kept.move_to_end(ids)
        return self._kept[ids]

    def put(self, ids: Ids, snapshot: T) -> None:
        """Keep a snapshot, and drop the least recently used ones that there is no room for beside it.

        One that is larger than all the room is not kept.
        """
        self._drop(ids)
        size = self._size_of(snapshot)
        if size > self._most_bytes:
            return
        while self.bytes + size > self._most_bytes:
            self._drop(next(iter(self._kept)))
        self._kept[ids] = snapshot
        self.bytes += size

    def _drop(self, ids: Ids) -> None:
        snapshot = self._kept.pop(ids, None)
        if snapshot is not None:
            self.bytes -= self._size_of(snapshot)
