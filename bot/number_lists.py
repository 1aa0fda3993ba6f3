"""Settings that are lists of numbers: parses the text of the environment to tuples."""

from __future__ import annotations

import math
import re

MOST_SHARDS = 16_384  #: Discord's limit per bot

_SHARDS = re.compile(r"(\d{1,5})(?:\s*-\s*(\d{1,5}))?", re.ASCII)


def read_shares(value: object) -> object:
    """Shares of a whole, from a text such as ``3,1``. Other values are returned unchanged.

    Raises:
        ValueError: a part isn't a number, or their sum is zero.
    """
    if not isinstance(value, str):
        return value
    numbers = tuple(float(part) for part in value.split(","))
    if not all(math.isfinite(number) and number >= 0 for number in numbers) or not any(numbers):
        raise ValueError("no shares of a whole")
    return numbers


def read_shard_ids(value: object) -> object:
    """Numbers of shards in order, from a text such as ``0-3,8``. Other values are returned unchanged.

    Raises:
        ValueError: a part is neither a number nor a range, or there are more shards than Discord allows.
    """
    if not isinstance(value, str):
        return value
    found: set[int] = set()
    for part in value.split(","):
        match = _SHARDS.fullmatch(part.strip())
        if match is None:
            raise ValueError("no shard and no range of shards")
        first, last = int(match[1]), int(match[2] or match[1])
        if not first <= last < MOST_SHARDS:
            raise ValueError("no range of shards")
        found.update(range(first, last + 1))
    return tuple(sorted(found))
