"""What the log is about: the ids of a message or a case, on every line that is written while it is dealt with.

They follow the work through every call and into every task that it starts. A task that outlives the work, or serves
others as well, is started with `contextvars.Context()`, so that its lines do not name what happened to start it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType

_IDS: ContextVar[Mapping[str, int]] = ContextVar("ids for the log", default=MappingProxyType({}))


@contextmanager
def logged_with(**ids: int) -> Iterator[None]:
    """Lines logged inside this block carry these ids, and those of the blocks around it."""
    before = _IDS.set({**_IDS.get(), **ids})
    try:
        yield
    finally:
        _IDS.reset(before)


def log_with(**ids: int) -> None:
    """Lines of the present task carry these ids from now on. For tasks of discord.py's, which are about one thing."""
    _IDS.set({**_IDS.get(), **ids})


def add_ids(record: logging.LogRecord) -> bool:
    """A filter for handlers: give the record the ids. What the log call itself says counts before them."""
    for name, value in _IDS.get().items():
        record.__dict__.setdefault(name, value)
    return True
