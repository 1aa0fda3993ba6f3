"""Values of columns as JSON, and back. Texts travel decrypted inside the file, which is encrypted as a whole."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Boolean, Column, Date, Float, LargeBinary, String
from sqlalchemy.types import TypeEngine

from bot.keys import Cipher
from bot.storage.cases.case_rows import NO_TEXT
from guild_policies.store.tables import UtcDateTime

_LARGEST = 2**63


class UnreadableText(ValueError):
    """None of the current keys decrypts a text."""


def to_json(column: Column[Any], value: Any, cipher: Cipher) -> Any:
    """A value for the file.

    Raises:
        UnreadableText: it is encrypted, and none of the current keys decrypts it.
    """
    if value is None:
        return None
    if isinstance(column.type, LargeBinary):
        if value in NO_TEXT:
            return {"no_text": value.decode("ascii")}
        text = cipher.decrypt(value)
        if text is None:
            raise UnreadableText(column.table.name)
        return text
    return value.isoformat() if isinstance(value, date | datetime) else value


def from_json(column: Column[Any], value: Any, cipher: Cipher) -> Any:
    """A value for the database.

    Raises:
        ValueError: it isn't a valid value of this column.
    """
    if value is None:
        if not column.nullable:
            raise ValueError(f"{column} has a value")
        return None
    kind = column.type
    if isinstance(kind, JSON):
        return value
    if isinstance(kind, LargeBinary):
        return _encrypted(value, cipher)
    if isinstance(kind, UtcDateTime | Date):
        return _moment(kind, value)
    return _plain(kind, value)


def _plain(kind: TypeEngine[Any], value: Any) -> Any:
    """Plain values: texts, numbers and booleans."""
    if isinstance(kind, Float):
        return float(_kind_of(value, int, float))
    if isinstance(kind, Boolean):
        return _kind_of(value, bool)
    if isinstance(kind, String):
        return _kind_of(value, str)
    number = _kind_of(value, int)
    if not -_LARGEST <= number < _LARGEST:
        raise ValueError("a number of more than 64 bits")
    return number


def _encrypted(value: Any, cipher: Cipher) -> bytes:
    if isinstance(value, dict):
        token = str(value.get("no_text")).encode("ascii", "replace")
        if token not in NO_TEXT:
            raise ValueError("no such mark")
        return token
    return cipher.encrypt(_kind_of(value, str))


def _moment(kind: UtcDateTime | Date, value: Any) -> date | datetime:
    text = _kind_of(value, str)
    if isinstance(kind, Date):
        return date.fromisoformat(text)
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a moment has a time zone")
    return moment


def _kind_of(value: Any, *kinds: type) -> Any:
    if type(value) in kinds:  # not isinstance: booleans are numbers, too
        return value
    raise ValueError("a value of another kind")
