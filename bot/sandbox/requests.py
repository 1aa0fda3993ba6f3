"""Validates fields of requests, which may come from any program on this machine."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from bot.sandbox.world.errors import BadRequest

_MOST_TEXT = 100_000  #: characters


@dataclass(frozen=True, slots=True)
class Fields:
    """The fields of a request's JSON object.

    Each method raises `BadRequest` if the field is invalid.
    """

    values: dict[str, Any]

    def text(self, name: str, *, most: int = _MOST_TEXT) -> str:
        """A text."""
        value = self.values.get(name)
        if not isinstance(value, str) or len(value) > most:
            raise BadRequest(f"“{name}” has to be a text of at most {most:,} characters.")
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")

    def texts(self, name: str, *, most: int) -> list[str]:
        """A list of texts."""
        value = self.values.get(name)
        if not isinstance(value, list) or len(value) > most or not all(isinstance(each, str) for each in value):
            raise BadRequest(f"“{name}” has to be a list of at most {most} texts.")
        return [Fields({name: each}).text(name, most=4_000) for each in value]

    def number(self, name: str) -> int:
        """A whole number, or its digits: JavaScript has no numbers as large as Discord's ids."""
        value = self.values.get(name)
        if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) <= 20:
            return int(value)
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 63:
            return value
        raise BadRequest(f"“{name}” has to be a number.")


async def fields_of(request: web.Request) -> Fields:
    """The fields of a request.

    Raises:
        BadRequest: it isn't a JSON object.
    """
    if request.content_type != "application/json":
        raise BadRequest("Send JSON.")
    try:
        values = json.loads(await request.read())
    except (UnicodeDecodeError, ValueError, RecursionError):
        raise BadRequest("That is no JSON.") from None
    if not isinstance(values, dict):
        raise BadRequest("Send a JSON object.")
    return Fields(values)
