"""Describes the allowed values of settings and options: one sentence for both, whichever library rejects the value."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from types import NoneType
from typing import Any, Literal, get_args, get_origin

from bot.log import Redactor

_SHOWN = 60  # characters shown of a wrong value
_IDS_REACH = 2**62  # no count is this large: a larger number is a Discord id


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """The range of allowed numbers."""

    low: float | None = None
    high: float | None = None
    above: bool = False  #: `low` itself is not allowed


def refused(name: str, given: object, must_be: str | None) -> str:
    """One sentence that says what was given where, and what is allowed.

    Args:
        must_be: what `allowed` says; None if no words are known for it.
    """
    text = Redactor()(str(given))  # a token in the wrong place is still a secret
    shown = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
    return f'{name} is "{shown}"; it must be {must_be or "another value"}.'


def allowed(kind: Any, numbers: Range | None = None) -> str | None:
    """The allowed values of a type, such as ``a whole number from 1 to 365``; None for types without words.

    Args:
        kind: the type, as it is annotated; ``X | None`` counts as ``X``.
        numbers: the range, for numbers.
    """
    kind = next((each for each in get_args(kind) if each is not NoneType), kind) if NoneType in get_args(kind) else kind
    if isinstance(kind, type) and issubclass(kind, Enum):
        return _either(str(each.value) for each in kind)
    if get_origin(kind) is Literal:
        return _either(map(str, get_args(kind)))
    if kind is bool:
        return _either(("true", "false"))
    if kind in (int, float):
        return _numbers("a whole number" if kind is int else "a number", numbers or Range())
    if get_origin(kind) is tuple and int in get_args(kind):
        return "numbers of shards, with commas between them or as a range, such as 0-3,8"
    if get_origin(kind) is tuple:
        return "numbers with commas between them, not all of them 0, such as 3,1"
    return None


def in_figures(numbers: Range) -> str:
    """The allowed numbers, in short form for help: ``1 to 365``, ``1 or more``."""
    if numbers.low is None:
        return "" if numbers.high is None else f"up to {_shown(numbers.high)}"
    return (
        f"{_shown(numbers.low)} or more" if numbers.high is None else f"{_shown(numbers.low)} to {_shown(numbers.high)}"
    )


def _either(words: Any) -> str:
    *first, last = [f'"{word}"' for word in words]
    return f"{', '.join(first)} or {last}" if first else last


def _numbers(noun: str, numbers: Range) -> str:
    low, high = numbers.low, numbers.high
    if high is not None and high >= _IDS_REACH:
        return "an id that Discord gave, such as 123456789012345678"
    if low is None:
        return noun if high is None else f"{noun} up to {_shown(high)}"
    if numbers.above:
        return f"{noun} above {_shown(low)}" + ("" if high is None else f" and up to {_shown(high)}")
    return f"{noun} of {_shown(low)} or more" if high is None else f"{noun} from {_shown(low)} to {_shown(high)}"


def _shown(number: float) -> str:
    return str(int(number)) if number == int(number) else str(number)
