"""Database errors, each explained in one line that says what to do. Imports no driver."""

from __future__ import annotations

import re

from classifier.errors import OperatorError, OutageError


class StorageError(OperatorError):
    """The database couldn't do what was asked, and nothing was changed. The text is one line for operators."""


class DatabaseAway(StorageError, OutageError):
    """The database can't be used or changed at all: it is stopped, full, locked or damaged."""


class NewerSchema(StorageError):
    """The database was made by a newer version of Bylaw."""


_FULL = "The disk that holds {place} is full: free some space. Nothing was changed."
_NOT_REACHED = "{place} cannot be reached: check that it runs and that BYLAW_DATABASE_URL is right."
_NOT_SET_UP = "{place} lacks a table: run `bylaw db upgrade`."

# By SQLite's primary result code (https://sqlite.org/rescode.html).
_SQLITE = {
    "AUTH": "{place} may not be used by this user: change its owner or its rights.",
    "BUSY": "{place} is in use by another process: stop that one, or wait and try again.",
    "CANTOPEN": "{place} cannot be opened: its folder must exist and this user must be able to write to it.",
    "CORRUPT": "{place} is damaged: put a copy of it back, or move it away to start with an empty one.",
    "FULL": _FULL,
    "IOERR": "The disk that holds {place} fails ({code}): check it and its free space.",
    "LOCKED": "{place} is in use by another process: stop that one, or wait and try again.",
    "NOTADB": "{place} is no SQLite database: move it away, or set BYLAW_DATABASE_URL to another file.",
    "PERM": "{place} may not be used by this user: change its owner or its rights.",
    "READONLY": "{place} cannot be written: give this user the right to write to it and to its folder.",
}
_BUSY = "{place} is busy: try again."
_SIGN_IN = "{place} refuses the user or the password: check BYLAW_DATABASE_URL."
_NO_RIGHT = "{place} does not let this user do that: give it the rights to the database's tables."
_STOPPING = "{place} is being stopped or started: wait and try again."
# By the first characters of a SQLSTATE (https://www.postgresql.org/docs/current/errcodes-appendix.html).
_POSTGRES = {
    "08": _NOT_REACHED,
    "28": _SIGN_IN,
    "3D": "{place} has no database of that name: make it, or check BYLAW_DATABASE_URL.",
    "40": _BUSY,
    "42501": _NO_RIGHT,
    "42P01": _NOT_SET_UP,
    "53100": _FULL,
    "53300": "{place} has too many connections: raise its limit, or stop another program that uses it.",
    "55P03": _BUSY,
    "57P": _STOPPING,
}
_POSTGRES_AWAY = ("08", "28", "3D", "53100", "53300", "57P")  #: of these, those that affect every statement


def explain(error: BaseException, place: str) -> str:
    """Explain a driver's error in one line: what is wrong with `place` and what to do. Includes no values or
    passwords."""
    for cause in _chain(error):
        text = _of_sqlite(cause) or _of_postgres(cause)
        if text:
            return text.format(place=place, code=getattr(cause, "sqlite_errorname", ""))
    if any(isinstance(cause, OSError) for cause in _chain(error)):
        return _NOT_REACHED.format(place=place)
    return f"{place} reports an error of a kind that Bylaw does not know ({_kind(error)})."


def away(error: BaseException, place: str, *, disconnected: bool = False) -> DatabaseAway | None:
    """Explain a driver's error if it means that the database can't be used at all; None for any other error.

    Args:
        disconnected: the driver lost its connection, whatever its error says.
    """
    chain = _chain(error)
    states = [state for each in chain if isinstance(state := getattr(each, "sqlstate", None), str)]
    if any(state.startswith(_POSTGRES_AWAY) for state in states) or any(map(_of_sqlite, chain)):
        said = explain(error, place)
        return None if said == _NOT_SET_UP.format(place=place) else DatabaseAway(said)
    lost = not states and any(isinstance(each, OSError) for each in chain)
    return DatabaseAway(_NOT_REACHED.format(place=place)) if lost or disconnected else None


def silent(error: BaseException) -> bool:
    """Did nothing answer in time? So it is with a machine that is gone: one that only stopped the server says so."""
    return any(isinstance(cause, TimeoutError) for cause in _chain(error))


def _chain(error: BaseException) -> list[BaseException]:
    found: list[BaseException] = []
    current: BaseException | None = error
    while current is not None and current not in found:
        found.append(current)
        current = getattr(current, "orig", None) or current.__cause__ or current.__context__
    return found


def _of_sqlite(error: BaseException) -> str | None:
    name = getattr(error, "sqlite_errorname", None)
    if not isinstance(name, str):
        return None
    if name == "SQLITE_ERROR" and str(error).startswith("no such table"):
        return _NOT_SET_UP
    return _SQLITE.get(name.removeprefix("SQLITE_").partition("_")[0])


def _of_postgres(error: BaseException) -> str | None:
    state = getattr(error, "sqlstate", None)
    if not isinstance(state, str):
        return None
    return next((text for start, text in _POSTGRES.items() if state.startswith(start)), None)


def _kind(error: BaseException) -> str:
    innermost = _chain(error)[-1]
    code = getattr(innermost, "sqlite_errorname", None) or getattr(innermost, "sqlstate", None)
    return re.sub(r"[^\w. -]", "", str(code or type(innermost).__name__))
