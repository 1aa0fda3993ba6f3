"""Excludes long-lived objects from Python's garbage collection.

A full collection visits every object: libraries, tables, servers and channels are hundreds of thousands, which
repeatedly blocked the event loop for 100 ms or more, and longer with more servers. None of them is garbage. Excluded
objects are still freed when nothing refers to them; only cycles among them stay.
"""

from __future__ import annotations

import gc


def set_aside_loaded() -> None:
    """Exclude all current objects. Does a full collection itself: call it before anybody waits."""
    gc.collect()
    gc.freeze()


def set_aside_connected() -> None:
    """The same without a collection, while others wait."""
    gc.freeze()
