"""Who may ask the judge, and how much. Keys are known by their digests only, which is all that Ray gets to see."""

from __future__ import annotations

import hashlib
import hmac
import math
import time
from collections.abc import Callable
from dataclasses import dataclass

from bot.serving.http_edge import Refusal

_BEARER = "bearer "
_UNKNOWN = "give a key of this judge, as `Authorization: Bearer KEY`"


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Whose keys are accepted."""

    bots: bytes  #: digest of the key that bots give
    tools: tuple[bytes, ...] = ()  #: digests of the keys of other tools; without any, only bots are answered
    rows_per_minute: int = 600  #: of each tool


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks."""

    tool: int = 0  #: which tool, from 1 on; 0 for a bot

    @property
    def server(self) -> int:
        """As whom it takes its turn in the judge's queue: Discord's servers have numbers above zero."""
        return -self.tool


def digest_of(key: str) -> bytes:
    """What stands for a key. Keys are long and random, so a plain hash gives nothing away."""
    return hashlib.sha256(key.encode()).digest()


class Doorkeeper:
    """Lets callers in and counts what tools ask."""

    def __init__(self, access: Access, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._access = access
        self._clock = clock
        self._allowances = [_Allowance(access.rows_per_minute, clock()) for _ in access.tools]

    def caller(self, authorization: str) -> Caller:
        """Who gave this header.

        Raises:
            Refusal: nobody that is known.
        """
        known = authorization[: len(_BEARER)].lower() == _BEARER
        digest = digest_of(authorization[len(_BEARER) :].strip()) if known else b""
        found = [hmac.compare_digest(digest, each) for each in (self._access.bots, *self._access.tools)]
        if True not in found:
            raise Refusal(401, _UNKNOWN, www_authenticate="Bearer")
        return Caller(found.index(True))

    def spend(self, caller: Caller, rows: int) -> None:
        """Count the rows of a tool.

        Raises:
            Refusal: it asks faster than it may.
        """
        if not caller.tool:
            return
        wait = self._allowances[caller.tool - 1].wait_for(rows, self._clock())
        if wait:
            raise Refusal(
                429,
                f"this key may send {self._access.rows_per_minute:,} rows a minute: try again in {wait} s",
                retry_after=str(wait),
            )


class _Allowance:
    """A token bucket: a minute's rows at once, filled again steadily."""

    def __init__(self, per_minute: int, now: float) -> None:
        self._most = float(per_minute)
        self._left, self._since = self._most, now

    def wait_for(self, rows: int, now: float) -> int:
        """Spend the rows and return 0; or leave them and return the seconds until there are as many."""
        self._left = min(self._most, self._left + (now - self._since) * self._most / 60)
        self._since = now
        needed = min(float(rows), self._most)  # more than a minute's rows at once are paid with a full bucket
        if needed <= self._left:
            self._left -= needed
            return 0
        return max(1, math.ceil((needed - self._left) * 60 / self._most))
