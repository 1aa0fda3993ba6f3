"""Log context: the ids of a message or a case, on every line logged while it is processed.

The ids are passed on through calls and to tasks that the work starts. A task that outlives the work, or serves others,
is started with `contextvars.Context()`, so that its lines don't have these ids.
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
    """Add these ids to lines logged inside this block, in addition to those of outer blocks."""
    before = _IDS.set({**_IDS.get(), **ids})
    try:
        yield
    finally:
        _IDS.reset(before)


def log_with(**ids: int) -> None:
    """Add these ids to the current task's lines from now on. For tasks started by discord.py, which are about one
    thing."""
    _IDS.set({**_IDS.get(), **ids})


def add_ids(record: logging.LogRecord) -> bool:
    """A filter for handlers that adds the ids to the record. Values in the log call take precedence."""
    for name, value in _IDS.get().items():
        record.__dict__.setdefault(name, value)
    return True
