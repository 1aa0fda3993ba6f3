"""Keeps Python's garbage collector from looking at what stays for as long as the process.

A full pass looks at every object: libraries, tables, servers and channels are hundreds of thousands, and it took 100 ms
and more of the event loop for them, again and again, and longer the more servers there are. None of them is garbage.
What is set aside is still freed as soon as nothing refers to it; only cycles among it stay.
"""

from __future__ import annotations

import gc


def set_aside_loaded() -> None:
    """Everything that is there now stays. Takes a full pass itself: call it before anybody waits."""
    gc.collect()
    gc.freeze()


def set_aside_connected() -> None:
    """The same at once and without a pass, while others wait."""
    gc.freeze()
