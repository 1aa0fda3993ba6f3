"""What a driver reports becomes one line that says what to do."""

from __future__ import annotations

import socket

import pytest

from bot.storage.database.errors import StorageError, explain

PLACE = "The database file x.sqlite3"


class DriverError(Exception):
    """An error as drivers raise it, with the code under the name that they use."""

    def __init__(self, text: str = "secret value 42", **codes: str) -> None:
        super().__init__(text)
        for name, code in codes.items():
            setattr(self, name, code)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (DriverError(sqlite_errorname="SQLITE_FULL"), "free some space"),
        (DriverError(sqlite_errorname="SQLITE_BUSY"), "in use by another process"),
        (DriverError(sqlite_errorname="SQLITE_BUSY_SNAPSHOT"), "in use by another process"),
        (DriverError(sqlite_errorname="SQLITE_LOCKED_SHAREDCACHE"), "in use by another process"),
        (DriverError(sqlite_errorname="SQLITE_READONLY_DIRECTORY"), "cannot be written"),
        (DriverError(sqlite_errorname="SQLITE_CANTOPEN_ISDIR"), "cannot be opened"),
        (DriverError(sqlite_errorname="SQLITE_CORRUPT_VTAB"), "is damaged"),
        (DriverError(sqlite_errorname="SQLITE_NOTADB"), "no SQLite database"),
        (DriverError(sqlite_errorname="SQLITE_IOERR_WRITE"), "fails (SQLITE_IOERR_WRITE)"),
        (DriverError("no such table: cases", sqlite_errorname="SQLITE_ERROR"), "bylaw db upgrade"),
        (DriverError(sqlite_errorname="SQLITE_ERROR"), "does not know (SQLITE_ERROR)"),
        (DriverError(sqlstate="28P01"), "refuses the user or the password"),
        (DriverError(sqlstate="3D000"), "no database of that name"),
        (DriverError(sqlstate="42501"), "does not let this user"),
        (DriverError(sqlstate="42P01"), "bylaw db upgrade"),
        (DriverError(sqlstate="53100"), "free some space"),
        (DriverError(sqlstate="53300"), "too many connections"),
        (DriverError(sqlstate="40P01"), "try again"),
        (DriverError(sqlstate="57P03"), "stopped or started"),
        (DriverError(sqlstate="08006"), "cannot be reached"),
        (DriverError(sqlstate="22003"), "does not know (22003)"),
        (ConnectionRefusedError(111, "secret value 42"), "cannot be reached"),
        (socket.gaierror(-2, "secret value 42"), "cannot be reached"),
        (DriverError(), "does not know (DriverError)"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_code_becomes_advice(error: Exception, said: str) -> None:
    """One line, with the place in it and without the driver's own words, which may hold values."""
    text = explain(error, PLACE)
    assert said in text
    assert PLACE in text
    assert "\n" not in text
    assert "secret" not in text


def test_the_cause_is_what_counts() -> None:
    """Wrapped errors are explained by the error inside, however deep it sits."""
    outer, middle = RuntimeError("outer"), RuntimeError("middle")
    outer.__cause__ = middle
    middle.orig = DriverError(sqlite_errorname="SQLITE_FULL")  # type: ignore[attr-defined]
    assert "free some space" in explain(outer, PLACE)


def test_errors_that_cause_each_other_are_no_endless_loop() -> None:
    """A ring of causes ends."""
    first, second = RuntimeError("first"), RuntimeError("second")
    first.__cause__, second.__cause__ = second, first
    assert "RuntimeError" in explain(first, PLACE)


def test_a_storage_error_is_no_surprise_class() -> None:
    """Callers catch one class and show its text."""
    assert str(StorageError("The disk is full.")) == "The disk is full."
