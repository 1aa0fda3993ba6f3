"""Errors with a text for operators, and what a log may say about any error."""

from __future__ import annotations

import os


class OperatorError(Exception):
    """Something that the operator can fix: a disk, a key, a file, a setting.

    The text is one line that says what is wrong and what to do. It never holds a secret or what a member wrote, so it
    may be logged. The text of any other error may quote a message, so it is not.
    """


class OutageError(OperatorError):
    """Something that all work needs, such as the database, is unavailable. It has been logged already; retry the call
    later.
    """


def is_outage(error: BaseException) -> bool:
    """Whether this error, or its cause, is an outage."""
    seen: list[BaseException] = []
    link: BaseException | None = error
    while link is not None and link not in seen:
        if isinstance(link, OutageError):
            return True
        seen.append(link)
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)
    return False


def described(error: BaseException) -> str:
    """An error for the log: its kind, with its text where that is for operators, or the system's own words for it."""
    kind = type(error).__qualname__
    if isinstance(error, OperatorError):
        return f"{kind}: {' '.join(str(error).split())}"
    if isinstance(error, OSError) and isinstance(error.errno, int) and error.errno > 0:
        return f"{kind}: {os.strerror(error.errno)}"
    return kind
